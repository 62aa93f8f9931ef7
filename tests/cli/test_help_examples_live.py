# SPDX-License-Identifier: Apache-2.0
"""The examples of the commands' help that start nodes; beside test_help_examples.py."""

from __future__ import annotations

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from tests.cli.help_examples import ALL, LEFT_OUT, live
from tests.cli.help_world import a_world, try_out


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What the examples read, and an environment for them."""
    with a_world(tmp_path_factory.mktemp("world")) as folder:
        yield folder


@pytest.mark.slow
@pytest.mark.ros
@pytest.mark.parametrize("line", [line for line in ALL if line not in LEFT_OUT and live(line)])
def test_they_run(line, world, tmp_path, monkeypatch):
    try_out(line, world, tmp_path / "there", monkeypatch)
