# SPDX-License-Identifier: Apache-2.0
"""What a second of poses becomes, also where hands come and go and clocks are set."""

import numpy as np

from kinest_ros.node.diagnostics.plausibility.window import Window, WindowCollector
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings

UPRIGHT = (0.0, 0.0, 0.0, 1.0)


def windows(slots_at, seconds: float, start: float = 10.0, collector=None) -> list[Window]:
    """Those of a head at 1.6 m and of the hands that there are at a time, at 90 Hz."""
    collector = collector or WindowCollector()
    found = []
    for index in range(round(seconds * 90)):
        at = start + index / 90
        poses = {"head": TrackerPose((at, 0.0, 1.6), UPRIGHT)}
        poses |= {slot: TrackerPose((at, 0.3, 1.0), UPRIGHT) for slot in slots_at(at - start)}
        found.append(collector.add(TrackerFrame(round(at * 1e9), poses), TrackerSettings()))
    return [window for window in found if window is not None]


def test_a_window_a_second_of_some_thirty_moments():
    found = windows(lambda _: ("left_hand", "right_hand"), 4.2)
    assert len(found) == 4
    for window in found:
        assert 20 <= len(window.head) <= 32
        assert np.ptp(window.head[:, 0]) < 1.05
        assert window.hands.shape == (len(window.head), 2, 3)
        np.testing.assert_allclose(window.hands[..., 2], 1.0)
        np.testing.assert_allclose(window.up, 1.0)
        assert window.height == 1.6


def test_hands_that_never_came_are_not_there():
    (window,) = windows(lambda _: ("right_hand",), 1.2)
    assert window.hands.shape == (len(window.head), 2, 3)
    assert np.isnan(window.hands[:, 0]).all() and np.isfinite(window.hands[:, 1]).all()
    (alone,) = windows(lambda _: (), 1.2)
    assert np.isnan(alone.hands).all()


def test_a_hand_that_went_stays_for_a_moment_only():
    (window,) = windows(lambda at: ("left_hand",) if at < 0.3 else (), 1.2)
    since = window.head[:, 0] - 10.0 - 0.3
    there = np.isfinite(window.hands[:, 0, 0])
    assert there[since < 0.1].all()
    assert not there[since > 0.4].any()


def test_a_clock_that_is_set_begins_a_window_anew():
    collector = WindowCollector()
    assert not windows(lambda _: (), 0.9, 10.0, collector)
    for start in (100.0, 5.0):  # ahead, and back
        assert not windows(lambda _: (), 0.9, start, collector)
    (window,) = windows(lambda _: (), 0.3, 5.9, collector)
    assert np.ptp(window.head[:, 0]) < 1.05 and window.head[0, 0] == 5.0
