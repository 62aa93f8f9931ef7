# SPDX-License-Identifier: Apache-2.0
"""The metrics against cases worked out by hand."""

import numpy as np
import pytest

from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.evaluation.metrics import (
    MEANINGS,
    METRICS,
    clip_metrics,
    geodesic,
    jitter,
    joint_errors,
    mpjre,
)


def _still(count=10):
    return np.zeros((count, 22, 3)), np.broadcast_to(np.eye(3), (count, 22, 3, 3)).copy()


def test_a_perfect_body_has_no_error():
    positions, rotations = _still()
    positions[..., 2] = 0.03
    figures = clip_metrics(positions, rotations, positions, rotations)
    assert set(figures) == set(METRICS) == set(MEANINGS)
    assert all(value == pytest.approx(0.0, abs=1e-9) for value in figures.values())


def test_mpjre_is_per_component_and_geodesic_is_not():
    """One joint of 21 turned by 30 deg about z: components 0, 0, 30."""
    rotations = np.broadcast_to(np.eye(3), (5, 21, 3, 3)).copy()
    truth = rotations.copy()
    rotations[:, 3] = matrices_from_vectors(np.array([0, 0, np.radians(30)]))
    assert mpjre(rotations, truth) == pytest.approx(30 / 63)
    assert geodesic(rotations, truth).mean() == pytest.approx(30 / 21)
    assert geodesic(rotations, truth)[0, 3] == pytest.approx(30)


def test_mpjre_wraps():
    """179 and -179 deg about one axis are 2 deg apart."""
    near = matrices_from_vectors(np.array([[0, 0, np.radians(179)]]))
    far = matrices_from_vectors(np.array([[0, 0, np.radians(-179)]]))
    assert mpjre(near, far) == pytest.approx(2 / 3)


def test_positions_by_group():
    positions, rotations = _still()
    moved = positions.copy()
    moved[:, 20] += [0.03, 0.04, 0.0]
    moved[:, 7] += [0.0, 0.0, 0.09]
    figures = clip_metrics(moved, rotations, positions, rotations)
    assert figures["mpjpe"] == pytest.approx((5 + 9) / 22)
    assert figures["hand"] == pytest.approx(5 / 2)
    assert figures["upper"] == pytest.approx(5 / 13)
    assert figures["lower"] == pytest.approx(9 / 9)
    assert figures["root"] == pytest.approx(0)


def test_velocity_error_of_a_drift():
    """All joints drift by 1 mm a frame: 6 cm/s."""
    positions, rotations = _still()
    drift = positions + np.arange(10)[:, None, None] * [0.001, 0, 0]
    figures = clip_metrics(drift, rotations, positions, rotations)
    assert figures["mpjve"] == pytest.approx(6.0)
    assert figures["jitter"] == pytest.approx(0.0, abs=1e-6)


def test_jitter_of_a_cubic():
    """x = t^3 has a third derivative of 6 m/s^3 everywhere."""
    times = np.arange(20) / 60.0
    positions = np.zeros((20, 22, 3))
    positions[:, :, 0] = times[:, None] ** 3
    assert jitter(positions) == pytest.approx(0.06)


def test_errors_are_per_joint_and_frame():
    positions, _ = _still()
    moved = positions.copy()
    moved[3, 5] = [0.0, 0.03, 0.04]
    errors = joint_errors(moved, positions)
    assert errors[3, 5] == pytest.approx(5.0)
    assert errors.sum() == pytest.approx(5.0)


def test_too_few_frames_have_no_jitter():
    assert np.isnan(jitter(np.zeros((3, 22, 3))))
