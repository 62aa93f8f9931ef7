# SPDX-License-Identifier: Apache-2.0
"""Outlines of a robot's links, as they are handed to what draws them."""

import mujoco
import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")
pytest.importorskip("matplotlib", reason="needs the extra kinest_ros[plot]")

from kinest_ros.retarget.robot.picture import outline
from kinest_ros.retarget.robot.robot import Robot
from tests.retarget.robot.sketches import Sketch


class Panel:
    """Keeps what it is asked to fill."""

    def __init__(self) -> None:
        self.filled: list[np.ndarray] = []

    def fill(self, x, y, **_) -> None:
        self.filled.append(np.column_stack([x, y]))


@pytest.mark.parametrize("across", [(1.0, 0.0, 0.0), (0.0, -1.0, 0.0)])
def test_a_robot_is_drawn_about_the_origin_that_is_asked_for(across):
    robot = Robot.load(Sketch(base="0.3 0.2 0.9").legs().arms().text())
    data = mujoco.MjData(robot.model)
    mujoco.mj_kinematics(robot.model, data)
    base, way = data.body("base").xpos.copy(), np.array(across)
    plain, centred = Panel(), Panel()
    outline(plain, robot, data, way)
    outline(centred, robot, data, way, base)
    assert len(plain.filled) == len(centred.filled) > 10
    for one, other in zip(plain.filled, centred.filled, strict=True):
        assert one - other == pytest.approx(np.tile((float(base @ way), 0.0), (len(one), 1)))
    points = np.concatenate(centred.filled)
    assert points[:, 0].min() < 0.0 < points[:, 0].max() and np.abs(points[:, 0]).max() < 0.5
