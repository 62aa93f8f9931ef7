# SPDX-License-Identifier: Apache-2.0
"""Bad poses are named and refused, good ones normalised."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.tracking.frame import (
    BadTrackerPose,
    TrackerFrame,
    TrackerPose,
    checked_poses,
)

GOOD = (0.0, 0.0, 0.0, 1.0)


def check(position=(0.0, 0.0, 1.6), quaternion=GOOD, slot="head"):
    return checked_poses(TrackerFrame(0, {slot: TrackerPose(position, quaternion)}))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"position": (math.nan, 0.0, 0.0)}, "head: position .*nan"),
        ({"position": (0.0, math.inf, 0.0)}, "head: position"),
        ({"position": (0.0, 0.0)}, "head: position .* three"),
        ({"position": (0.0, 1600.0, 0.0)}, "head: .*1000 m.*metres"),
        ({"quaternion": (0.0, 0.0, 0.0, 0.0)}, "head: quaternion .* length 0"),
        ({"quaternion": (0.0, math.nan, 0.0, 1.0)}, "head: quaternion .*nan"),
        ({"quaternion": (0.0, 0.0, 1.0)}, "head: quaternion .* four"),
        ({"quaternion": (1e308, 1e308, 1e308, 1e308)}, "head: quaternion"),
        ({"slot": "left_elbow"}, "left_elbow.*left_hand"),
    ],
)
def test_refused(values, message):
    with pytest.raises(BadTrackerPose, match=message) as caught:
        check(**values)
    assert caught.value.slot == values.get("slot", "head")


@given(st.floats(1e-2, 1e3))
def test_quaternions_are_normalised(length):
    quaternion = length * np.array([0.5, -0.5, 0.5, 0.5])
    _, checked = check(quaternion=quaternion)[0]
    np.testing.assert_allclose(checked, [0.5, -0.5, 0.5, 0.5], atol=1e-12)


def test_slots_become_indices_and_values_float64():
    poses = check(position=[1, 2, 3], quaternion=np.array(GOOD, np.float32), slot="right_hand")
    assert list(poses) == [2]
    position, quaternion = poses[2]
    assert position.dtype == quaternion.dtype == np.float64


@given(st.lists(st.floats(), min_size=4, max_size=4), st.lists(st.floats(), min_size=3, max_size=3))
def test_what_is_not_refused_is_finite(quaternion, position):
    try:
        poses = check(position, quaternion)
    except BadTrackerPose:
        return
    assert np.isfinite(np.concatenate(poses[0])).all()
    assert np.linalg.norm(poses[0][1]) == pytest.approx(1.0, abs=1e-9)
