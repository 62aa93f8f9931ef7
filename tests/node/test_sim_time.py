# SPDX-License-Identifier: Apache-2.0
"""`kinest play` moves the clock of a node with use_sim_time, and of no other."""

import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from kinest_ros.bags.writer import BodyBagWriter
from tests.commands import Command
from tests.node.live import Client, NodeProcess, stamp_of, wait_for
from tests.node.performances import START_NS, sway

pytestmark = pytest.mark.ros

SECOND = 1_000_000_000


@pytest.mark.parametrize("use_sim_time", [True, False])
def test_diagnostics_are_stamped_with_the_nodes_clock(
    client: Client, tmp_path: Path, use_sim_time: bool
) -> None:
    bag = tmp_path / "bag"
    with BodyBagWriter(bag) as out:
        for frame in sway(2.0):
            out.write_frame(frame)
    clock = f"use_sim_time:={str(use_sim_time).lower()}"
    with NodeProcess("autostart:=true", "device:=cpu", "stature:=1.7", clock) as node:
        node.wait_for_log("active")
        player = Command("play", bag, "--loop")
        try:
            client.clear()
            wait_for(lambda: len(client.bodies) > 60, 60.0)
            client.clear()
            # Beyond the end of the recording, so that its clock has gone back at least once.
            wait_for(lambda: len(client.diagnostics) >= 4, 30.0)
        finally:
            player.kill()
            player.wait()
        assert client.bodies
        assert "Traceback" not in node.log
        assert node.stop() == 0
    stamps = [stamp_of(message) for message in client.diagnostics]
    if use_sim_time:
        assert all(START_NS <= stamp <= START_NS + 2 * SECOND for stamp in stamps), stamps
    else:
        assert all(abs(stamp - time.time_ns()) < 60 * SECOND for stamp in stamps), stamps
