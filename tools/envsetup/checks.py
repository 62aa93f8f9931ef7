# SPDX-License-Identifier: Apache-2.0
"""What the machine must have before anything is installed, checked in a few milliseconds."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
from pathlib import Path

from tools.envsetup.report import SetupError

_OTHER_ROUTES = (
    "Where ROS 2 is installed, build with colcon instead; without ROS, `pip install .` gives the "
    "model and the bag tools (see README.md)."
)


def check_platform() -> None:
    """Raises SetupError where the ROS 2 wheels do not exist."""
    system, machine = platform.system(), platform.machine()
    if (system, machine) != ("Linux", "x86_64"):
        raise SetupError(
            f"this is {system} on {machine}; the ROS 2 wheels exist for Linux on x86_64 only. "
            + _OTHER_ROUTES
        )
    library, version = platform.libc_ver()
    if library != "glibc" or tuple(map(int, version.split(".")[:2])) < (2, 28):
        raise SetupError(
            f"the ROS 2 wheels need glibc 2.28 or newer, and this system has "
            f"{library or 'another C library'} {version}. " + _OTHER_ROUTES
        )


def check_python() -> None:
    """Raises SetupError when this Python lacks venv or its C headers."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    missing = []
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        missing.append(("venv", f"{name}-venv"))
    if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
        missing.append(("its C headers (Python.h)", f"{name}-dev"))
    if missing:
        parts = " and ".join(part for part, _ in missing)
        packages = " ".join(package for _, package in missing)
        raise SetupError(
            f"{sys.executable} comes without {parts}. "
            f"On Debian or Ubuntu: sudo apt install {packages}"
        )


def cxx_compiler() -> str | None:
    """The C++ compiler that CMake would use, or None where there is none."""
    return _first(os.environ.get("CXX"), "c++", "g++", "clang++")


def c_compiler() -> str | None:
    """The C compiler that setup.py would use, or None where there is none."""
    return _first(os.environ.get("CC"), "cc", "gcc", "clang")


def _first(*names: str | None) -> str | None:
    return next((name for name in names if name and shutil.which(name.split()[0])), None)
