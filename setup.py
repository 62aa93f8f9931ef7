# SPDX-License-Identifier: Apache-2.0
"""Copies the message definitions into the wheel and compiles the step; the rest: pyproject.toml."""

import os
import shutil
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
NATIVE = Path("kinest_ros/runtime/native")


class BuildWithMessages(build_py):
    """build_py that adds msg/*.msg as kinest_ros/msg_definitions (bags are read with them)."""

    def run(self):
        super().run()
        if self.editable_mode:  # the checkout's own msg/ is used then
            return
        target = Path(self.build_lib) / "kinest_ros" / "msg_definitions"
        target.mkdir(parents=True, exist_ok=True)
        for definition in sorted((ROOT / "msg").glob("*.msg")):
            shutil.copyfile(definition, target / definition.name)


def choose_compiler():
    """Take another C compiler where this Python was built with one that is not here."""
    built_with = (sysconfig.get_config_var("CC") or "cc").split()[0]
    others = [name for name in ("cc", "gcc", "clang") if shutil.which(name)]
    if "CC" not in os.environ and not shutil.which(built_with) and others:
        os.environ["CC"] = others[0]


choose_compiler()
setup(
    cmdclass={"build_py": BuildWithMessages},
    # Called through ctypes: nothing of Python's headers is needed. Optional: without a compiler
    # everything is installed but this, and the network runs in ONNX Runtime.
    ext_modules=[
        Extension(
            "kinest_ros.runtime.native._step",
            sources=[
                str(NATIVE / f"{name}.c")
                for name in ("native", "step_any", "step_v3", "features", "pose", "limb")
            ],
            depends=[str(file.relative_to(ROOT)) for file in (ROOT / NATIVE).glob("*.h")],
            # No -march: the step is compiled for several processors, and chosen when it is loaded.
            extra_compile_args=["-std=gnu11", "-O3", "-Wall", "-Wextra", "-Wno-psabi"],
            libraries=["m"],
            optional=True,
        )
    ],
)
