# SPDX-License-Identifier: Apache-2.0
"""Expected against actual errors, with errors drawn from what was expected."""

import numpy as np
import pytest

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.reliability import reliability, reliability_curve
from kinest_ros.model.confidence import sigma_from_confidence
from kinest_ros.motion.clips.labels import ClipLabel
from kinest_ros.runtime.predictor import as_prediction


def _result(sigma, errors):
    label = ClipLabel("a/b.npz", "a", "g", "b")
    return ClipResult(label, {}, np.zeros(22), np.zeros(22), errors, sigma)


def test_bins_hold_root_mean_squares():
    sigma = np.array([4.0, 1.0, 3.0, 1.0])
    errors = np.array([5.0, 3.0, 12.0, 4.0])
    expected, actual = reliability_curve(sigma, errors, bins=2)
    np.testing.assert_allclose(expected, [1.0, np.sqrt((16 + 9) / 2)])
    np.testing.assert_allclose(actual, [np.sqrt((9 + 16) / 2), np.sqrt((25 + 144) / 2)])


def test_errors_as_expected_are_calibrated():
    rng = np.random.default_rng(0)
    sigma = rng.uniform(1.0, 8.0, (4000, 22))
    errors = np.linalg.norm(rng.normal(0.0, 1.0, (4000, 22, 3)), axis=-1) * sigma / np.sqrt(3.0)
    good = reliability([_result(sigma, errors)])
    assert good.error < 0.1
    assert good.normalised < 0.02
    half = reliability([_result(sigma / 2, errors)])
    assert half.error == pytest.approx(np.mean(half.expected), rel=0.05)
    assert half.normalised == pytest.approx(1.0, rel=0.05)
    assert half.as_dict()["joints"]["head"]["actual_cm"] == pytest.approx(good.joint_actual[15])


def test_nothing_expected_nothing_judged():
    assert reliability([_result(None, np.zeros((5, 22)))]) is None


def test_confidence_gives_back_the_expected_error():
    import torch

    log_variance = torch.linspace(-12.0, 0.0, 22)
    prediction = as_prediction(torch.eye(3).expand(22, 3, 3), torch.zeros(2), log_variance)
    np.testing.assert_allclose(
        sigma_from_confidence(prediction.confidence), prediction.position_sigma, rtol=1e-3
    )
    assert np.isinf(sigma_from_confidence(np.zeros(1))).all()
