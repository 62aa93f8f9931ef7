# SPDX-License-Identifier: Apache-2.0
"""The steps of `make setup`: check the machine, make .venv, install, build, try.

Each step is skipped when a stamp says that it was finished from the same inputs and its files are
still there, so a second run takes a fraction of a second and an interrupted one goes on.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.envsetup import checks, interfaces, native, packages, share
from tools.envsetup.report import SetupError, clean_environment, fail, run, say
from tools.envsetup.stamp import Stamps, digest

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
BUILDS = ROOT / "build" / "setup"
LOG = BUILDS / "setup.log"

_PACKAGE_INPUTS = ("pyproject.toml", "setup.py", "constraints.txt", "tools/envsetup/packages.py")
_INTERFACE_INPUTS = (
    *("CMakeLists.txt", "package.xml", "cmake/*", "msg/*", "srv/*", "interfaces/**/*"),
    "tests/interfaces/**/*",
    *("tools/envsetup/interfaces.py", "tools/envsetup/zig.py"),
)
_TRIAL = "import rclpy, tf2_msgs.srv, kinest_ros.msg, torch; kinest_ros.msg.FullBodyState()"


def main(arguments: list[str] | None = None) -> int:
    """Runs all steps; returns the exit status."""
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__)
    parser.add_argument(
        "--exact-python", action="store_true", help="rebuild .venv if it has another Python"
    )
    parser.add_argument("--pip-args", default="", help="extra options for pip install")
    options = parser.parse_args(arguments)
    started = time.monotonic()
    try:
        checks.check_platform()
        with _only_one():
            worked = _all_steps(options.exact_python, options.pip_args)
    except SetupError as error:
        return fail(error)
    except OSError as error:
        return fail(SetupError(f"{error}. If it stays: remove .venv and run make setup again"))
    except KeyboardInterrupt:
        return fail(SetupError("interrupted; run make setup again to go on"))
    if worked:
        say(f"done in {time.monotonic() - started:.0f} s; everything is in .venv")
    return 0


@contextmanager
def _only_one() -> Iterator[None]:
    """Waits for another `make setup` in this folder to end."""
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say("waiting for another make setup in this folder")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _all_steps(exact_python: bool, pip_options: str) -> bool:
    """Does what is not done yet; returns whether anything was."""
    worked = _environment(exact_python)
    stamps = Stamps(VENV / "kinest_setup.json")
    installed = digest(ROOT, _PACKAGE_INPUTS)
    if not stamps.holds("packages", installed):
        stamps.begin("packages")
        packages.install(VENV, ROOT, LOG, pip_options)
        worked = True
    # Wheels share folders: a repair can uncover that another package lost a file too.
    for _ in range(3):
        broken = packages.damaged(VENV)
        if not broken:
            break
        stamps.begin("packages")
        packages.repair(VENV, ROOT, LOG, broken, pip_options)
        worked = True
    stamps.finish("packages", installed)

    # Interfaces are bound to the very wheels they were compiled against.
    wheels = sorted(info.name for info in packages.site_packages(VENV).glob("ros_*.dist-info"))
    built = digest(ROOT, _INTERFACE_INPUTS, *wheels)
    files = [
        file for name in interfaces.sources(ROOT) for file in interfaces.manifest(BUILDS / name)
    ]
    complete = (BUILDS / "kinest_ros" / "install_manifest.txt").exists() and all(
        file.exists() for file in files
    )
    if not (complete and stamps.holds("interfaces", built)):
        stamps.begin("interfaces")
        interfaces.build(ROOT, VENV, BUILDS, LOG, pip_options)
        worked = True
    worked |= _compiled_step(stamps)
    worked |= share.link(ROOT, VENV)
    if worked:
        say("trying: " + _TRIAL.split(";")[0])
        # From another folder, so that only what is installed counts.
        run(
            [VENV / "bin" / "python", "-c", f"import os; os.chdir('/'); {_TRIAL}"],
            LOG,
            "the finished environment does not work",
        )
    stamps.finish("interfaces", built)
    return worked


def _compiled_step(stamps: Stamps) -> bool:
    """Compiles the network's step where its sources or the compiler changed, or it is gone."""
    compiler = native.compiler(BUILDS)
    inputs = digest(ROOT, native.INPUTS, compiler or "")
    if stamps.holds("step", inputs) and (compiler is None or native.built(ROOT)):
        return False
    stamps.begin("step")
    native.build(ROOT, VENV, BUILDS, LOG)
    stamps.finish("step", inputs)
    return True


def _environment(exact_python: bool) -> bool:
    """Makes .venv where there is none that can be used; returns whether it did."""
    base = Path(getattr(sys, "_base_executable", "") or sys.executable)
    reason = _unusable(exact_python)
    if reason is None:
        return False
    checks.check_python()
    if VENV.exists() or VENV.is_symlink():
        say(f"removing .venv: {reason}")
        VENV.unlink() if VENV.is_symlink() else shutil.rmtree(VENV)
    shutil.rmtree(BUILDS, ignore_errors=True)
    if os.environ.get("ROS_DISTRO"):
        say(
            f"ROS 2 {os.environ['ROS_DISTRO']} is sourced here; .venv does not use it (colcon does)"
        )
    say(f"making .venv with Python {sys.version.split()[0]} ({base})")
    run([base, "-m", "venv", VENV], LOG, "the virtual environment could not be made")
    (VENV / "kinest_root.txt").write_text(f"{ROOT}\n", encoding="utf-8")
    return True


def _unusable(exact_python: bool) -> str | None:
    """Why the present .venv cannot be used, or None when it can."""
    python = VENV / "bin" / "python"
    if not VENV.exists():
        return "there is none"
    root = VENV / "kinest_root.txt"
    if not root.exists() or root.read_text(encoding="utf-8").strip() != str(ROOT):
        return "it was not made here"
    # Without site (-S) the wheels do not restart the interpreter, which makes this quick.
    probe = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run(
            [python, "-S", "-c", probe],
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "its Python is missing"
    version = result.stdout.strip()
    if result.returncode != 0:
        return "its Python does not run"
    if not (packages.site_packages(VENV) / "pip").exists():
        return "it has no pip"
    wanted = "{}.{}".format(*sys.version_info)
    if exact_python and version != wanted:
        return f"it has Python {version}, and {wanted} is asked for"
    return None
