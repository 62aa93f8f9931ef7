# SPDX-License-Identifier: Apache-2.0
"""Bootstrap intervals: against the normal theory, and where they cannot be known."""

import numpy as np
import pytest

from kinest_ros.evaluation.intervals import estimate


def test_interval_of_a_mean_is_that_of_the_normal_theory():
    rng = np.random.default_rng(0)
    values = rng.normal(5.0, 2.0, (400, 1))
    (found,) = estimate([values])
    half = 1.96 * values.std() / 20.0
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(found.mean - half, rel=0.02)
    assert found.high == pytest.approx(found.mean + half, rel=0.02)


def test_groups_count_alike_and_are_resampled_apart():
    first, second = np.full((30, 1), 1.0), np.full((2, 1), 5.0)
    (found,) = estimate([first, second])
    assert found == (3.0, 3.0, 3.0)


def test_missing_values_are_left_out():
    values = np.array([[1.0, np.nan], [3.0, 4.0], [5.0, np.nan]])
    whole, part = estimate([values])
    assert whole.mean == 3.0
    assert 1.0 <= whole.low < 3.0 < whole.high <= 5.0
    assert part.mean == 4.0
    assert np.isnan(part.low)


def test_one_clip_has_no_interval():
    (found,) = estimate([np.array([[2.0]])])
    assert found.mean == 2.0
    assert np.isnan(found.low)
    assert np.isnan(found.high)
