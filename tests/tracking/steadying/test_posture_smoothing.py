# SPDX-License-Identifier: Apache-2.0
"""Tremor goes, movement stays, and turning with the head is not smoothed at all."""

import numpy as np
import pytest

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.tracking.steadying.posture_smoothing import PostureSmoother
from tests.tracking.fakes import UPRIGHT

RATE = 60.0
KNEE, HEAD, WRIST = (JOINT_INDEX[name] for name in ("left_knee", "head", "left_wrist"))


def _about(axis, angle):
    return matrices_from_vectors(np.asarray(axis, float) * angle)


def _run(turns, yaws=None):
    """Return knee, head and wrist rotations (N, 3, 3, 3) given and made; all joints turn alike."""
    smoother = PostureSmoother(RATE)
    given, made = [], []
    for index, turn in enumerate(turns):
        yaw = _about((0, 0, 1), 0.0 if yaws is None else yaws[index])
        world = np.tile(yaw @ UPRIGHT @ turn, (22, 1, 1))
        result = smoother.smooth(world, yaw @ UPRIGHT @ JOINT_FROM_LINK)
        given.append(world[[KNEE, HEAD, WRIST]])
        made.append(result[[KNEE, HEAD, WRIST]])
    return np.stack(given), np.stack(made)


def _angles(first, second):
    trace = np.trace(np.swapaxes(first, -1, -2) @ second, axis1=-2, axis2=-1)
    return np.arccos(np.clip((trace - 1) / 2, -1, 1))


def test_tremor_goes():
    noise = np.random.default_rng(0).normal(0.0, 0.01, (200, 3))
    given, made = _run(matrices_from_vectors(noise))
    before, after = (_angles(x[1:, 0], x[:-1, 0]).mean() for x in (given, made))
    assert after < 0.5 * before


def test_the_head_and_the_wrists_are_left_alone():
    noise = np.random.default_rng(0).normal(0.0, 0.05, (20, 3))
    given, made = _run(matrices_from_vectors(noise))
    np.testing.assert_array_equal(made[:, 1:], given[:, 1:])


def test_turning_with_the_head_is_followed_at_once():
    yaws = np.linspace(0.0, 6.0, 60)
    given, made = _run([np.eye(3)] * 60, yaws)
    np.testing.assert_allclose(made, given, atol=1e-9)


@pytest.mark.parametrize("speed", [1.0, 4.0])
def test_fast_joints_lag_less(speed):
    """A ramp: the lag of a first-order low-pass of cut-off f is 1/(2 pi f) s."""
    turns = [_about((1, 0, 0), speed * t / RATE) for t in range(120)]
    given, made = _run(turns)
    lag = _angles(given[-1, 0], made[-1, 0]) / speed
    cutoff = 3.0 + 2.0 * speed
    assert lag == pytest.approx(1.0 / (2.0 * np.pi * cutoff), rel=0.05)


def test_a_leap_is_no_tremor():
    turns = [np.eye(3)] * 5 + [_about((1, 0, 0), 1.0)] * 2
    given, made = _run(turns)
    np.testing.assert_allclose(made[5], given[5], atol=1e-12)


def test_results_are_rotations():
    turns = matrices_from_vectors(np.random.default_rng(1).normal(0.0, 0.1, (500, 3)))
    _, made = _run(turns)
    np.testing.assert_allclose(
        np.swapaxes(made, -1, -2) @ made, np.broadcast_to(np.eye(3), made.shape), atol=1e-9
    )


def test_reset_forgets():
    smoother = PostureSmoother(RATE)
    head = np.eye(3)
    smoother.smooth(np.tile(UPRIGHT, (22, 1, 1)), head)
    smoother.reset()
    other = np.tile(UPRIGHT @ _about((1, 0, 0), 0.2), (22, 1, 1))
    np.testing.assert_array_equal(smoother.smooth(other, head), other)
