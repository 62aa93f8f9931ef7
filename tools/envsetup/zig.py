# SPDX-License-Identifier: Apache-2.0
"""A C++ compiler from PyPI, for machines without one (slower to start than a system compiler)."""

from __future__ import annotations

from pathlib import Path

from tools.envsetup.packages import pip
from tools.envsetup.report import say


def compiler_options(root: Path, venv: Path, builds: Path, log: Path, options: str) -> list[str]:
    """Installs ziglang and returns the CMake options that make CMake compile with it.

    Raises:
        SetupError: When ziglang cannot be installed.
    """
    say("no C++ compiler found: using ziglang's (2 min; quicker with: sudo apt install g++)")
    failure = "no C++ compiler was found. On Debian or Ubuntu: sudo apt install g++"
    pip(venv, root, log, failure, "ziglang", options=options)
    builds.mkdir(parents=True, exist_ok=True)
    result = []
    for language, mode in (("C", "cc"), ("CXX", "c++")):
        wrapper = builds / f"zig-{mode}"
        wrapper.write_text(
            f'#!/bin/sh\nexec "{venv}/bin/python" -m ziglang {mode} "$@"\n', encoding="utf-8"
        )
        wrapper.chmod(0o755)
        result.append(f"-DCMAKE_{language}_COMPILER={wrapper}")
    archiver = builds / "zig-ar"
    archiver.write_text(
        f'#!/bin/sh\nexec "{venv}/bin/python" -m ziglang ar "$@"\n', encoding="utf-8"
    )
    archiver.chmod(0o755)
    result.append(f"-DCMAKE_AR={archiver}")
    return result
