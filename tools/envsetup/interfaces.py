# SPDX-License-Identifier: Apache-2.0
"""Builds ROS 2 message packages against the wheels, with the venv as their prefix."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.envsetup import zig
from tools.envsetup.checks import cxx_compiler
from tools.envsetup.packages import site_packages
from tools.envsetup.report import clean_environment, run, say


def manifest(build: Path) -> list[Path]:
    """Files that the last build installed; empty before the first one."""
    try:
        lines = (build / "install_manifest.txt").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [Path(line) for line in lines if line and not _given_up(Path(line))]


def _given_up(file: Path) -> bool:
    """Whether the file is one that `_leave_code_to_checkout` removes."""
    folder = file.parent.name
    if folder == "kinest_ros":
        return file.name == "__init__.py"
    return folder.startswith("kinest_ros-") and folder.endswith(".egg-info")


def sources(root: Path) -> dict[str, Path]:
    """Folder by name of the message packages: ours, what the wheels lack, what the tests need."""
    places = (root / "interfaces", root / "tests" / "interfaces")
    bundled = sorted(file.parent for place in places for file in place.glob("*/package.xml"))
    return {"kinest_ros": root, **{folder.name: folder for folder in bundled}}


def build(root: Path, venv: Path, builds: Path, log: Path, options: str) -> None:
    """Builds the message packages, side by side, but for those that some wheel has brought.

    Raises:
        SetupError: When CMake or the compiler fails.
    """
    compiler = [] if cxx_compiler() else zig.compiler_options(root, venv, builds, log, options)
    site = site_packages(venv)
    wanted = {
        name: folder
        for name, folder in sources(root).items()
        if not list(site.glob(f"ros_{name}-*.dist-info"))
    }
    say(f"building the interfaces of {', '.join(wanted)}")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(_build_one, name, folder, root, venv, builds, log, compiler)
            for name, folder in wanted.items()
        ]
    for job in jobs:
        job.result()
    _leave_code_to_checkout(venv)


def _build_one(
    name: str, source: Path, root: Path, venv: Path, builds: Path, log: Path, compiler: list[str]
) -> None:
    """Configures from nothing, builds and installs one package (10 to 20 s)."""
    folder = builds / name
    if folder.exists():
        shutil.rmtree(folder)
    tools = venv / "bin"
    environment = clean_environment(
        AMENT_PREFIX_PATH=str(venv),
        CMAKE_PREFIX_PATH=str(venv),
        PATH=f"{tools}:{clean_environment().get('PATH', '')}",
    )
    configure: list[str | Path] = [
        *(tools / "cmake", "-G", "Ninja", "-S", source, "-B", folder),
        f"-DCMAKE_INSTALL_PREFIX={venv}",
        f"-DCMAKE_MAKE_PROGRAM={tools / 'ninja'}",
        f"-DCMAKE_PROJECT_INCLUDE={root / 'cmake' / 'ros_wheels.cmake'}",
        "-DCMAKE_BUILD_TYPE=Release",
        "-DBUILD_TESTING=OFF",
        "-DKINEST_INTERFACES_ONLY=ON",
        f"-DPython3_EXECUTABLE={tools / 'python'}",
        *compiler,
    ]
    failure = f"the {name} interfaces could not be built"
    run(configure, log, f"{failure}: CMake stopped", environment)
    run([tools / "cmake", "--build", folder], log, f"{failure}: compiler error", environment)
    run([tools / "cmake", "--install", folder], log, f"{failure}: not installed", environment)


def _leave_code_to_checkout(venv: Path) -> None:
    """Turns the generated kinest_ros into a mere part of the checkout's package.

    rosidl installs an empty __init__.py, which would hide the code that is installed in place,
    and metadata that pip would take for an older kinest_ros.
    """
    site = site_packages(venv)
    (site / "kinest_ros" / "__init__.py").unlink(missing_ok=True)
    for metadata in site.glob("kinest_ros-*.egg-info"):
        shutil.rmtree(metadata)
