# SPDX-License-Identifier: Apache-2.0
"""Copies the message definitions into the wheel; everything else is in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent


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


setup(cmdclass={"build_py": BuildWithMessages})
