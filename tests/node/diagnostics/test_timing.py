# SPDX-License-Identifier: Apache-2.0
"""What diagnostics say of stamps: far from ROS time, apart from each other, not measured."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus

from kinest_ros.node.diagnostics.timing import Timing
from kinest_ros.tracking.frame import TrackerFrame
from tests.tracking.fakes import pose_at

MS = 1_000_000
SECOND = 1000 * MS
ROS = 1_800_000_000 * SECOND


def annotated(timing, body_rate=60.0):
    """Statuses of a body, its head and its left hand; and the lines."""
    statuses = [
        DiagnosticStatus(name=f"kinest: {what}", message="tracking", level=DiagnosticStatus.OK)
        for what in ("body", "head", "left_hand")
    ]
    lines = timing.annotate(statuses, body_rate)
    return {status.name.removeprefix("kinest: "): status for status in statuses}, lines


def values(status):
    return {pair.key: pair.value for pair in status.values}


def heard(behind=0.0, hand_ms=0, restamp=False, seconds=2, now=ROS):
    """A Timing that has heard head and hand so many seconds, looked at each second."""
    clock = SimpleNamespace(now=now)
    timing = Timing(restamp, lambda: clock.now)
    for _ in range(seconds):
        for _ in range(72):
            stamp_ns = clock.now - round(behind * 1e9)
            timing.heard(TrackerFrame(stamp_ns, {"head": pose_at(0, 0, 1.6)}))
            hand = {"left_hand": pose_at(0, 0, 1)}
            timing.heard(TrackerFrame(stamp_ns + hand_ms * MS, hand))
            clock.now += SECOND // 72 if clock.now else 0
        found = annotated(timing)
    return found


@pytest.mark.parametrize(
    ("behind", "words"), [(3600.0, "3600.0 s behind"), (-0.7, "0.7 s ahead"), (1e8, "1157.4 days")]
)
def test_stamps_far_from_ros_time_are_one_line_and_a_warning(behind, words):
    statuses, lines = heard(behind, seconds=1)
    assert statuses["clock"].level == DiagnosticStatus.WARN
    assert words in statuses["clock"].message and "restamp" in statuses["clock"].message
    assert lines == [statuses["clock"].message]
    statuses, lines = heard(behind, seconds=3)
    assert statuses["clock"].level == DiagnosticStatus.WARN and lines == []  # said before


@pytest.mark.parametrize("behind", [0.0, 0.02, 0.4, -0.1])
def test_stamps_near_ros_time_are_fine(behind):
    statuses, lines = heard(behind)
    assert statuses["clock"].level == DiagnosticStatus.OK and lines == []
    assert float(values(statuses["clock"])["stamps behind ROS time (s)"]) == pytest.approx(behind)


def test_with_restamp_far_stamps_are_fine():
    statuses, lines = heard(3600.0, restamp=True)
    assert statuses["clock"].level == DiagnosticStatus.OK and lines == []
    assert "restamped" in statuses["clock"].message


def test_before_simulated_time_begins_nothing_is_said():
    statuses, lines = heard(now=0)
    assert "clock" not in statuses and lines == []


def test_a_hand_on_another_clock_is_named_with_the_offset():
    statuses, lines = heard(hand_ms=120, seconds=1)
    assert statuses["left_hand"].level == DiagnosticStatus.WARN
    assert float(values(statuses["left_hand"])["offset to the head (ms)"]) == pytest.approx(
        120, abs=8
    )
    assert statuses["head"].level == DiagnosticStatus.OK
    assert statuses["body"].level == DiagnosticStatus.WARN
    assert statuses["body"].message.startswith("tracking, but left_hand: stamps arrive 1")
    (line,) = lines
    assert line.startswith("left_hand: stamps arrive 1") and "ms ahead of the head's" in line
    statuses, lines = heard(hand_ms=0)
    assert statuses["left_hand"].level == DiagnosticStatus.OK and lines == []


def test_sources_are_counted_per_second():
    timing = Timing(False, lambda: ROS)
    for hand in [3] * 15 + [2] * 9 + [1] * 6:
        timing.stamped(SimpleNamespace(tracker_state=np.array([3, hand, 0, 0, 0, 0], np.int8)))
    statuses, _ = annotated(timing, body_rate=60.0)
    found = values(statuses["left_hand"])
    rates = [found[f"{state} (Hz)"] for state in ("measured", "extrapolated", "held")]
    assert rates == ["30.0", "18.0", "12.0"]
    assert values(statuses["head"])["measured (Hz)"] == "60.0"
    statuses, _ = annotated(timing, body_rate=0.0)
    assert values(statuses["left_hand"])["measured (Hz)"] == "0.0"
