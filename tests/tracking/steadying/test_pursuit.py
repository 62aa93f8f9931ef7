# SPDX-License-Identifier: Apache-2.0
"""A body is caught up with whatever its wearer does meanwhile."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.tracking.steadying.transition import Transition
from tests.search import examples
from tests.tracking.fakes import random_pose
from tests.tracking.steadying.test_transition import (
    ALL,
    ELBOWS,
    HEAD_AT,
    OFFSETS,
    RATE,
    SHOULDERS,
    SPEED,
    follow,
    target,
)


@settings(max_examples=examples(20))
@given(st.integers(0, 2**31), st.floats(0.0, 3.1), st.floats(0.5, 2.0))
@example(1, 3.1, 2.0)
def test_the_body_catches_up_with_somebody_who_moves_fast(seed, yaw, pace):
    """Away for a while, back 1.5 m farther on, turned, and boxing and turning to and fro."""
    random = np.random.default_rng(seed)
    away, back = random_pose(seed, 0.2), random_pose(seed + 1, 0.2)
    back[0] = Rotation.from_rotvec([0.0, 0.0, yaw]).as_matrix() @ back[0]
    phases = random.uniform(0.0, 6.0, size=22)
    targets = [target(away)] * 3
    for time in np.arange(150) / RATE:
        turns = np.zeros((22, 3))
        turns[0, 2] = 0.6 * pace * np.sin(2.0 * np.pi * time)
        limbs = [1, 2, *SHOULDERS, *ELBOWS]
        turns[limbs, 0] = 0.3 * pace * np.sin(9.0 * time + phases[limbs])
        sway = [1.5, 0.3 * np.sin(5.0 * time), 0.05 * np.sin(7.0 * time)]
        local = Rotation.from_rotvec(turns).as_matrix() @ back
        targets.append(target(local, head=HEAD_AT + sway))
    transition = Transition(OFFSETS, SPEED, RATE)
    published, targeted = follow(transition, targets, {3: ALL})
    assert not transition.active
    np.testing.assert_array_equal(published[-1], targeted[-1])
    speed, target_speed = (
        np.linalg.norm(np.diff(positions[3:], axis=0), axis=-1) * RATE
        for positions in (published, targeted)
    )
    assert (speed - target_speed).max() <= SPEED * 1.01
