# SPDX-License-Identifier: Apache-2.0
"""What the figures show."""

import numpy as np

from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.figures import error_over_time
from kinest_ros.motion.clips.labels import ClipLabel


def _result(errors):
    rows = np.tile(np.array(errors, np.float32)[:, None], 22)
    return ClipResult(ClipLabel("a/b.npz", "a", "g", "b"), {}, rows[0], rows[0], rows)


def test_error_over_time_is_over_the_clips_that_are_that_long():
    rows = [_result([1.0, 2.0]), _result([3.0, 4.0, 5.0])]
    seconds, error = error_over_time(rows)
    np.testing.assert_allclose(seconds, [0, 1 / 60, 2 / 60])
    np.testing.assert_allclose(error, [2.0, 3.0, 5.0])


def test_times_that_few_clips_reach_are_left_out():
    rows = [_result([1.0, 1.0])] * 9 + [_result([1.0, 1.0, 1.0])]
    assert len(error_over_time(rows)[0]) == 2
