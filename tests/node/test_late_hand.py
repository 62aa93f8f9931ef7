# SPDX-License-Identifier: Apache-2.0
"""A hand whose clock is behind the head's is told from one that is tracked, over DDS."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus

from kinest_ros.tracking.frame import TrackerFrame
from tests.node.live import Client, NodeProcess, published, wait_for
from tests.node.managing import reset
from tests.node.performances import START_NS, sway

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
    # With so short a timeout even the lesser lag is one too many in a gap of the head, of which a
    # busy machine has some.
    with NodeProcess("autostart:=true", "device:=cpu", "tracker_timeout:=0.1") as process:
        process.wait_for_log("active")
        client.wait_matched()
        # Discovery has its time: what follows waits for what the node makes of the hand alone.
        together = [next(iter(frame.poses.items())) for frame in islice(sway(0.1), 3)]
        client.wait_heard(TrackerFrame(START_NS, dict(together)))
        reset(client)
        with published(client, frames):
            yield client
        process.stop()  # says that it goes, so that the next one is not taken for it
    client.wait_unmatched()
    client.clear()
    client.descriptions.clear()


def test_it_is_a_warning_that_names_clocks(fed: Client) -> None:
    fed.bodies.clear()
    fed.diagnostics.clear()
    wait_for(lambda: len(fed.bodies) > 60, 20.0)
    wait_for(lambda: any("do not overlap" in d.status[0].message for d in fed.diagnostics), 20.0)
    # That one: in a second in which a busy machine hears no hand, it is just lost.
    status = next(d.status for d in fed.diagnostics if "do not overlap" in d.status[0].message)
    assert status[0].level == DiagnosticStatus.WARN
    assert status[0].message.startswith(
        "tracking without left_hand (poses arrive, but their stamps"
    )
    hand = next(each for each in status if each.name.endswith("left_hand"))
    assert hand.level == DiagnosticStatus.WARN and "check clocks" in hand.message
    assert not fed.bodies[-1].tracker_valid[1] and fed.bodies[-1].tracker_valid[0]
