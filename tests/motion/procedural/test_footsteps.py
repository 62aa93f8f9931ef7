# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

from kinest_ros.motion.procedural.footsteps import StepStyle, plan_steps

FPS = 60.0


def wanted(path):
    """Feet 20 cm apart beside a path (N, 2) walked along x."""
    rows = []
    for side in (0.1, -0.1):
        rows.append(np.column_stack([path[:, 0], path[:, 1] + side, np.zeros(len(path))]))
    return np.stack(rows)


def walk(speed, seconds=10.0):
    times = np.arange(round(seconds * FPS)) / FPS
    x = speed * np.clip(times - 1.0, 0.0, seconds - 4.0)
    return wanted(np.column_stack([x, np.zeros(len(x))]))


@pytest.mark.parametrize("speed", [0.3, 0.8, 1.4])
def test_feet_take_turns_keep_up_and_come_to_rest_in_place(speed):
    plan = walk(speed)
    left, right = plan_steps(plan, FPS, StepStyle())
    assert not (~left.planted & ~right.planted).any(), "both feet are in the air"
    for index, foot in enumerate((left, right)):
        moving = np.linalg.norm(np.diff(foot.place, axis=0), axis=-1) > 0.0
        assert not (moving & foot.planted[1:]).any(), "a planted foot moves"
        assert foot.lift[foot.planted].max() == 0.0
        behind = np.linalg.norm(foot.place[:, :2] - plan[index, :, :2], axis=-1)
        assert behind.max() < 0.75
        assert behind[-1] < 0.06
    steps = sum(int((np.diff(foot.planted.astype(int)) == -1).sum()) for foot in (left, right))
    assert steps >= 4


def test_standing_still_takes_no_step():
    left, right = plan_steps(wanted(np.zeros((300, 2))), FPS, StepStyle())
    assert left.planted.all()
    assert right.planted.all()
