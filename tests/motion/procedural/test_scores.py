# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from kinest_ros.motion.procedural.scores import DEFAULTS, Score


def test_channels_rest_until_they_move():
    score = Score()
    score.move(1.0, 2.0, pelvis_height=0.5)
    assert score.now("pelvis_height") == 0.5
    assert score.now("gaze_yaw") == 0.0
    sampled = score.sample(np.array([0.0, 1.0, 2.0, 3.0, 9.0]))
    np.testing.assert_allclose(sampled["pelvis_height"], [1.0, 1.0, 0.75, 0.5, 0.5])
    assert sampled.keys() == DEFAULTS.keys()


def test_unknown_channels_are_refused():
    with pytest.raises(KeyError, match="tail"):
        Score().move(0.0, 1.0, tail=1.0)
