# SPDX-License-Identifier: Apache-2.0
"""Procedural stances: wide, long, deep, on one leg; and no joint jumps."""

import numpy as np
import pytest

from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.footsteps import FootTrack, raise_foot
from kinest_ros.motion.procedural.performance import generate

BODY = Skeleton.from_stature(1.72)


@pytest.fixture(scope="module")
def positions():
    parts = []
    for seed in range(12):
        motion = generate("stances", BODY, seed, 20.0)
        place, _ = forward_kinematics_np(
            motion.local_rotations, BODY.rest_offsets, motion.root_position
        )
        parts.append(place)
    return parts


@pytest.mark.slow
def test_feet_come_far_apart_with_the_head_low_and_high(positions):
    every = np.concatenate(positions)
    spread = np.linalg.norm(every[:, 7, :2] - every[:, 8, :2], axis=-1)
    head = every[:, 15, 2] / BODY.stature
    wide = spread > 0.6
    assert wide.mean() > 0.25
    # A low head does not tell how far apart the feet are, nor a wide stance how low the head is.
    assert np.percentile(head[wide], 90) - np.percentile(head[wide], 10) > 0.08
    assert (spread[head < 0.78] < 0.5).mean() > 0.1


def test_a_foot_is_held_up_now_and_then(positions):
    higher = [np.abs(place[:, 10, 2] - place[:, 11, 2]).max() for place in positions]
    assert sorted(higher)[-3] > 0.3


def test_nothing_jumps_and_feet_stay_above_the_floor(positions):
    for place in positions:
        assert np.isfinite(place).all()
        assert place[:, [10, 11], 2].min() > 0.0
        step = np.linalg.norm(np.diff(place, axis=0), axis=-1) * 60.0
        assert np.percentile(step, 99.9) < 8.0


def test_a_raised_foot_is_free_and_comes_back_to_its_place():
    count = 60
    track = FootTrack(
        np.zeros((count, 3)), np.zeros(count), np.zeros(count), np.ones(count, dtype=bool)
    )
    lift = 0.2 * np.sin(np.linspace(0.0, np.pi, count))
    raised = raise_foot(track, lift, np.full((count, 2), (0.3, -0.1)))
    np.testing.assert_allclose(raised.place[30, :2], (0.3, -0.1))
    np.testing.assert_allclose(raised.place[[0, -1]], 0.0, atol=1e-12)
    assert raised.planted[0] and raised.planted[-1] and not raised.planted[5:55].any()
    np.testing.assert_array_equal(raised.lift, lift)
    np.testing.assert_array_equal(track.place, 0.0)
