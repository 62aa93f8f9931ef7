# SPDX-License-Identifier: Apache-2.0
"""A hand whose clock is behind the head's is told from one that is tracked, over DDS."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus

from tests.node.live import Client, NodeProcess, published, wait_for
from tests.node.performances import sway

pytestmark = pytest.mark.ros

#: ns, by which the left hand is behind: less than what is dropped as late, and more.
LAGS = (350_000_000, 2_000_000_000)


@pytest.fixture(scope="module", params=LAGS)
def fed(ros_domain: int, client: Client, request: pytest.FixtureRequest) -> Iterator[Client]:
    """The client, sending all three at their own pace, the left hand with its own clock."""
    frames = (
        replace(frame, stamp_ns=frame.stamp_ns - request.param)
        if "left_hand" in frame.poses
        else frame
        for frame in sway(120.0, rate=60.0)
    )
    with NodeProcess("autostart:=true", "device:=cpu") as process:
        process.wait_for_log("active")
        client.wait_matched()
        with published(client, frames):
            yield client


def test_it_is_a_warning_that_names_clocks(fed: Client) -> None:
    fed.bodies.clear()
    fed.diagnostics.clear()
    wait_for(lambda: len(fed.bodies) > 60, 20.0)
    wait_for(lambda: any("of another time" in d.status[0].message for d in fed.diagnostics), 20.0)
    status = fed.diagnostics[-1].status
    assert status[0].level == DiagnosticStatus.WARN
    assert status[0].message.startswith("tracking without left_hand (poses arrive, but of another")
    hand = next(each for each in status if each.name.endswith("left_hand"))
    assert hand.level == DiagnosticStatus.WARN and "check clocks" in hand.message
    assert not fed.bodies[-1].tracker_valid[1] and fed.bodies[-1].tracker_valid[0]
