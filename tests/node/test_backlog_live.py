# SPDX-License-Identifier: Apache-2.0
"""A node that was stopped for a while goes on with the newest poses, and says what it left out."""

import os
import signal
import time

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.live import Client, NodeProcess, stamp_of, wait_for

pytestmark = [pytest.mark.ros, pytest.mark.slow]


def test_of_what_waited_for_more_than_half_a_second_the_newest_is_used(ros_domain):
    def send(client, seconds):
        for _ in range(round(60 * seconds)):
            x = 0.01 * (time.monotonic() % 1.0)
            poses = {"head": TrackerPose((x, 0.0, 1.6), (0.0, 0.0, 0.0, 1.0))}
            client._send_poses(TrackerFrame(time.time_ns(), poses))
            time.sleep(1.0 / 60.0)

    # Reliable, since middleware may drop what a stopped reader does not take for a second.
    arguments = ("autostart:=true", "device:=cpu", "stature:=1.7", "qos_reliability:=reliable")
    with NodeProcess(*arguments) as node:
        node.wait_for_log("active")
        client = Client(ros_domain)
        try:
            client.wait_matched()
            send(client, 1.0)
            wait_for(lambda: client.bodies, 30.0)
            os.kill(node.process.pid, signal.SIGSTOP)
            try:
                stopped = time.time_ns()
                send(client, 1.5)
            finally:
                os.kill(node.process.pid, signal.SIGCONT)
            send(client, 0.5)
            node.wait_for_log("poses were left out that had waited for up to")
            newest = time.time_ns()
            send(client, 0.5)
            wait_for(lambda: stamp_of(client.bodies[-1]) > newest, 30.0)
            stamps = [stamp_of(body) for body in client.bodies]
        finally:
            client.close()
    assert stamps == sorted(set(stamps))
    # Nothing of the second after it was stopped is left to be published late.
    assert not [s for s in stamps if stopped + 0.3e9 < s < stopped + 1.0e9]
