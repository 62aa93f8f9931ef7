# SPDX-License-Identifier: Apache-2.0
"""A headset that was recentred, and after a pause is back at the origin that it had at first."""

import functools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.steadying.first_origin import APART, at_first_origin
from tests.search import examples
from tests.tracking.fakes import SKELETON, FakePredictor, push_all, random_pose
from tests.tracking.steadying.test_recentring import AT, USUAL, moved, stream

#: s at which the trackers are away, and at which they are back.
GONE, BACK, LAST = 2.8, 4.6, 6.0


#: m, by which the usual people of these tests are raised, so that they stand straight.
RAISED = np.array([0.0, 0.0, 0.12])


def bodies_of(change):
    """Bodies of a stream with a pause, whose poses are changed by change(pose, time)."""
    tracker = BodyTracker(FakePredictor(lambda step: random_pose(3, 0.1)), SKELETON)
    frames = stream(
        lambda pose, time, slot: change(moved(pose, 0.0, RAISED), time), 72.0, USUAL, end=LAST
    )
    frames = [f for f in frames if not GONE < f.stamp_ns / 1e9 < BACK]
    return tracker, push_all(tracker, frames)


@functools.cache
def as_it_is():
    return bodies_of(lambda pose, time: pose)


@pytest.mark.parametrize("yaw, shift", [
    (0.0, (0.0, 0.0, -1.5)), (90.0, (2.0, 0.3, 0.7)), (-30.0, (0.0, 0.0, -0.4)),
    (0.0, (0.0, 0.0, 1.4)),
])  # fmt: skip
def test_the_floor_is_where_it_was_at_first(yaw, shift):
    """From the first body after the pause on, all is as if nobody had ever recentred."""

    def recentred(pose, time):
        return moved(pose, yaw, shift) if AT <= time < GONE + 0.1 else pose

    plain, usual = as_it_is()
    tracker, bodies = bodies_of(recentred)
    assert tracker.stats.recentrings == 2 and plain.stats.recentrings == 0
    assert tracker.stats.floor_moved == pytest.approx(0.0, abs=0.03)
    assert [b.stamp_ns for b in bodies] == [b.stamp_ns for b in usual]
    back = [i for i, body in enumerate(usual) if body.stamp_ns > BACK * 1e9]
    assert len(back) > 60
    for index in back[20:]:
        np.testing.assert_allclose(bodies[index].positions, usual[index].positions, atol=0.02)


@pytest.mark.parametrize("shift", [-1.5, -0.7, -0.4, 0.4, 0.7, 1.4])
def test_who_comes_back_where_the_recentring_was_stays_there(shift):
    def recentred(pose, time):
        return moved(pose, 40.0, (1.0, 0.0, shift)) if time >= AT else pose

    tracker, bodies = bodies_of(recentred)
    _, usual = as_it_is()
    assert tracker.stats.recentrings == 1
    assert tracker.stats.floor_moved == pytest.approx(shift, abs=0.02)
    heights = bodies[-1].positions[:, 2] - usual[-1].positions[:, 2] - shift
    np.testing.assert_allclose(heights, 0.0, atol=0.03)


def test_who_sits_after_the_pause_is_not_put_on_the_first_floor():
    """A floor that is 0.4 m lower in the first frame would have this head at 1.9 m."""

    def recentred(pose, time):
        down = 0.45 if time > BACK - 0.1 else 0.0
        return moved(pose, 0.0, (0.0, 0.0, 0.4 - down)) if time >= AT else pose

    tracker, _ = bodies_of(recentred)
    assert tracker.stats.recentrings == 1


@settings(max_examples=examples(200))
@given(
    st.floats(-0.1, 0.1), st.floats(-3.0, 3.0), st.floats(1.0, 2.1), st.floats(-1.0, 1.0)
)  # fmt: skip
def test_only_one_of_the_two_can_be_true(bent, moved_by, standing, upright):
    """Who stands on the floor since the recentring is never taken off it."""
    assert not at_first_origin(standing + bent, moved_by, standing, upright)
    # The other way round, who is back is noticed, unless sitting is as likely.
    if abs(moved_by) >= APART and upright > 0.95 and abs(bent) < 0.05:
        assert at_first_origin(standing + bent - moved_by, moved_by, standing, upright)
