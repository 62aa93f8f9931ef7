# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from kinest_ros.motion.procedural.scores import Score
from kinest_ros.motion.procedural.walking import go


@pytest.mark.parametrize(("distance", "speed"), [(0.3, 1.0), (2.0, 0.5), (4.0, 1.3)])
@pytest.mark.parametrize("direction", [0.0, 1.5, np.pi])
def test_goes_the_distance_at_an_even_pace(distance, speed, direction):
    score = Score()
    end = go(score, 1.0, direction, distance, speed, 0.0)
    times = np.arange(0.0, end + 1.0, 0.01)
    plan = score.sample(times)
    path = np.column_stack([plan["base_x"], plan["base_y"]])
    assert np.linalg.norm(path[-1]) == pytest.approx(distance)
    assert np.arctan2(path[-1, 1], path[-1, 0]) == pytest.approx(direction)
    pace = np.linalg.norm(np.gradient(path, 0.01, axis=0), axis=-1)
    assert pace[times > end + 0.02].max() < 1e-6
    assert pace.max() < 1.3 * speed
    assert end - 1.0 < distance / speed + 2.0


def test_a_curve_turns_the_heading_along():
    score = Score()
    go(score, 0.0, 0.0, 3.0, 1.0, 1.2)
    assert score.now("base_yaw") == pytest.approx(1.2)
    assert score.now("base_y") > 0.5
