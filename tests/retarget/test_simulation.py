# SPDX-License-Identifier: Apache-2.0
"""In MuJoCo, our robot held at the pelvis follows the reference with plain PD control."""

import mujoco
import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.evaluation.poses import retarget_motion
from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf
from kinest_ros.retarget.own_robot.table import LINKS
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.solver.settings import RetargetSettings
from tests.retarget.robots import performed

STEP = 0.002


@pytest.mark.parametrize("performance", ["standing", "walking"])
def test_plain_pd_control_follows_without_saturating(performance):
    motion = performed(performance, 4.0)
    result = retarget_motion(Retargeter(Robot.load(), RetargetSettings(mode="upper")), motion)
    # The pelvis hangs in a weld, and the motors push.
    text = own_robot_mjcf().replace('<freejoint name="floating_base"/>', "")
    model = mujoco.MjModel.from_xml_string(text)
    model.opt.timestep = STEP
    model.geom_contype[:] = model.geom_conaffinity[:] = 0
    data = mujoco.MjData(model)
    most = np.array([link.effort for link in LINKS[1:]])
    upper = slice(12, 29)
    stiff = 3.0 * most
    damp = 0.06 * stiff
    times = np.arange(len(result)) / 60.0
    data.qpos[:] = result.joints[0]
    errors, loads = [], []
    for step in range(int(times[-1] / STEP)):
        now = step * STEP
        # Between samples a controller goes along a line, as joint_trajectory_controller does.
        frame = min(int(now * 60.0), len(times) - 2)
        part = now * 60.0 - frame
        wanted = (1.0 - part) * result.joints[frame] + part * result.joints[frame + 1]
        rate = (1.0 - part) * result.velocities[frame] + part * result.velocities[frame + 1]
        push = stiff * (wanted - data.qpos) + damp * (rate - data.qvel) + data.qfrc_bias
        data.ctrl[:] = np.clip(push, -most, most)
        loads.append(np.abs(push / most)[upper])
        mujoco.mj_step(model, data)
        errors.append(np.abs(data.qpos - wanted)[upper])
    assert np.isfinite(data.qpos).all()
    assert np.array(loads).max() < 1.0
    assert np.array(errors)[50:].max() < 0.15
    assert np.ptp(result.joints[:, upper], axis=0).max() > 0.2
