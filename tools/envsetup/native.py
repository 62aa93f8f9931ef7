# SPDX-License-Identifier: Apache-2.0
"""The network's step, compiled in place; without it the network runs in ONNX Runtime, slower."""

from __future__ import annotations

import shutil
from pathlib import Path

from tools.envsetup.checks import c_compiler
from tools.envsetup.report import clean_environment, run, say

#: What it is made of.
INPUTS = ("setup.py", "kinest_ros/runtime/native/*.c", "kinest_ros/runtime/native/*.h")


def compiler(builds: Path) -> str | None:
    """The C compiler to use: the system's, or else the one that compiled the interfaces."""
    wrapper = builds / "zig-cc"
    return c_compiler() or (str(wrapper) if wrapper.exists() else None)


def built(root: Path) -> bool:
    """Whether there is a compiled step."""
    return any((root / "kinest_ros" / "runtime" / "native").glob("_step*.so"))


def build(root: Path, venv: Path, builds: Path, log: Path) -> None:
    """Compiles the step (some seconds). Where that cannot be done it says so, and goes on.

    Raises:
        SetupError: When setup.py itself fails.
    """
    say("compiling the network's step")
    for old in (root / "kinest_ros" / "runtime" / "native").glob("_step*.so"):
        old.unlink()
    chosen = compiler(builds)
    command = ("build_ext", "--inplace", "--force", "--build-temp", str(builds / "native"))
    run(
        [venv / "bin" / "python", root / "setup.py", "-q", *command],
        log,
        "the network's step could not be compiled",
        clean_environment(**({"CC": chosen} if chosen and not shutil.which("cc") else {})),
        folder=root,
    )
    if not built(root):
        say(f"the step was not compiled, and the network runs in ONNX Runtime (why: {log})")
