# SPDX-License-Identifier: Apache-2.0
"""Expected errors of one tick are those of the error model."""

import numpy as np
import pytest

from kinest_ros.model.error_model import UNCORRECTED, ErrorModel, Evidence
from kinest_ros.tracking.expected_errors import ExpectedErrors

RNG = np.random.default_rng(0)
FITTED = ErrorModel(RNG.uniform(0.5, 2.0, 22), RNG.uniform(0.3, 1.0, 22), 0.6, 0.3)


@pytest.mark.parametrize("model", [UNCORRECTED, FITTED])
@pytest.mark.parametrize("farthest", [0.05, 0.3])
def test_they_are_those_of_the_model(model, farthest):
    expected = ExpectedErrors(model)
    for _ in range(50):  # trackers come and go from one tick to the next
        sigma, valid = RNG.uniform(0.01, 2.0, 22), RNG.random(6) < 0.7
        residuals, (hands, floor) = RNG.uniform(0.0, farthest, 6), RNG.uniform(0.0, 0.3, 2)
        found = expected.sizes(sigma, valid, residuals.tolist(), hands, floor)
        evidence = Evidence(sigma, valid, residuals, np.asarray(hands), np.asarray(floor))
        np.testing.assert_allclose(found, model.sizes(evidence), rtol=1e-12)


def test_a_network_that_says_nothing_stays_unsure():
    valid = np.arange(6) < 1
    expected = ExpectedErrors(UNCORRECTED)
    found = expected.sizes(np.full(22, np.inf), valid, [0.0] * 6, 0.05, 0.05)
    assert np.isinf(found[0])
    assert np.isfinite(found[15])
