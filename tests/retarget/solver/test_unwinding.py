# SPDX-License-Identifier: Apache-2.0
"""Arms that are wound up find back, and one row of a step never throws the robot about."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.arm_chain import ArmAim, ArmChain
from kinest_ros.retarget.solver.retargeter import Retargeter
from tests.retarget.robots import performed


@pytest.fixture(scope="module")
def raised():
    """A robot; a person whose right arm points before the upper end of the robot's shoulder."""
    robot = Robot.load()
    retargeter = Retargeter(robot)
    stand = performed("standing", 3.0)
    index = robot.names.index("right_shoulder_pitch_joint")
    wound = np.zeros(len(robot.names))
    wound[index] = robot.upper[index] - 0.15
    data, limb = mujoco.MjData(robot.model), robot.parts.arms[1]
    data.qpos[:] = retargeter.home
    data.qpos[robot.qpos_addresses] = np.clip(wound, robot.lower, robot.upper)
    mujoco.mj_kinematics(robot.model, data)
    upper, lower = (
        data.xmat[body].reshape(3, 3) @ frame @ (-1.0, 0.0, 0.0)
        for body, frame in (
            (limb.upper_body, limb.upper_from_human),
            (limb.lower_body, limb.lower_from_human),
        )
    )
    # The person holds the arm so, as their heading has it.
    forward = stand.rotations[0, 0][:, 2]
    heading = np.arctan2(forward[1], forward[0])
    turn = np.array(
        (
            (np.cos(heading), -np.sin(heading), 0.0),
            (np.sin(heading), np.cos(heading), 0.0),
            (0.0, 0.0, 1.0),
        )
    )
    places = stand.positions.copy()
    places[:, 19] = places[:, 17] + 0.26 * turn @ upper
    places[:, 21] = places[:, 19] + 0.25 * turn @ lower
    held = replace(stand, positions=places)
    return robot, held, index


def test_an_arm_that_is_wound_up_finds_back(raised):
    """The shoulder stands at one end; where the arm is to point lies before the other one."""
    robot, held, index = raised
    retargeter = Retargeter(robot)
    wound = np.zeros(len(robot.names))
    wound[index] = robot.lower[index]
    retargeter.start_at(wound)
    poses = [
        retargeter.step(held.human(frame), int(held.stamps_ns[frame])) for frame in range(len(held))
    ]
    joints = np.array([pose.joints for pose in poses])
    assert np.degrees(poses[-1].worst_error) < 12.0
    assert (joints >= robot.lower).all() and (joints <= robot.upper).all()
    speed = np.diff(joints, axis=0) * 60.0
    assert np.abs(speed).max() <= 12.0 + 1e-3
    assert np.abs(np.diff(speed, axis=0)).max() * 60.0 <= 250.0 * 1.01


def test_an_arm_that_home_winds_up_is_right_in_the_first_frame(raised):
    """Small steps from a home at the other end of the range do not lead there."""
    robot, held, index = raised
    retargeter = Retargeter(robot)
    address = robot.qpos_addresses[index]
    retargeter.home[address] = robot.lower[index]
    retargeter.reset()
    retargeter.step(held.human(0), int(held.stamps_ns[0]))
    pose = retargeter.step(held.human(1), int(held.stamps_ns[1]))
    assert np.degrees(pose.worst_error) < 12.0


def test_the_chain_is_the_models():
    """Steps of the arm by itself come to the directions that they are to have."""
    robot = Robot.load()
    chain = ArmChain(robot.model, robot.parts.arms[1])
    upper = np.array((0.3, -0.5, -0.8)) / np.linalg.norm((0.3, -0.5, -0.8))
    lower = np.array((0.9, -0.1, 0.2)) / np.linalg.norm((0.9, -0.1, 0.2))
    limb = robot.parts.arms[1]
    aim = ArmAim(np.eye(3), upper, lower, limb.upper_length * upper + limb.lower_length * lower)
    random = np.random.default_rng(0)
    start = random.uniform(0.7 * chain.lower, 0.7 * chain.upper, (8, len(chain.lower)))
    found = chain.improve(start, aim, 30)
    assert chain.cost(found, aim).min() < 1e-4
    assert (found >= chain.lower).all() and (found <= chain.upper).all()
    # The Jacobian is the slope of the residual.
    residual, jacobian = chain.residuals(start, aim)
    for joint in range(start.shape[1]):
        moved = start.copy()
        moved[:, joint] += 1e-6
        slope = (residual - chain.residuals(moved, aim)[0]) / 1e-6
        assert np.abs(slope - jacobian[:, :, joint]).max() < 1e-4


def test_an_arm_as_it_is_costs_what_its_chain_says():
    """The model's kinematics and the chain by itself agree on how far off an arm is."""
    robot = Robot.load()
    data, random = mujoco.MjData(robot.model), np.random.default_rng(3)
    for limb in robot.parts.arms:
        chain = ArmChain(robot.model, limb)
        for _ in range(5):
            data.qpos[:7] = random.normal(size=7)
            data.qpos[3:7] /= np.linalg.norm(data.qpos[3:7])
            data.qpos[robot.qpos_addresses] = random.uniform(robot.lower, robot.upper)
            mujoco.mj_kinematics(robot.model, data)
            base = data.xmat[limb.base_body].reshape(3, 3)
            aim = ArmAim(base, *random.normal(size=(3, 3)))
            angles = data.qpos[robot.model.jnt_qposadr[chain.joints]]
            assert chain.cost_now(data, aim) == pytest.approx(chain.cost(angles[None], aim)[0])


def test_a_weight_far_beside_the_feet_does_not_throw_the_robot_about():
    """A person who leans far over is suddenly said to stand on both feet."""
    stand = performed("standing", 1.5)
    count = len(stand)
    forward = stand.rotations[0, 0][:, 2] * (1.0, 1.0, 0.0)
    places = stand.positions.copy()
    shares = np.full(22, 0.4)
    shares[[4, 5]], shares[[7, 8, 10, 11]] = 0.2, 0.0
    places += shares[:, None] * forward
    contacts = np.zeros((count, 2))
    contacts[count // 2 :] = 1.0
    leaning = replace(stand, positions=places, contacts=contacts)
    retargeter = Retargeter(Robot.load())
    bases = np.array(
        [
            retargeter.step(leaning.human(frame), int(leaning.stamps_ns[frame])).base_position
            for frame in range(count)
        ]
    )
    assert np.abs(np.diff(bases, axis=0)).max() * 60.0 < 1.0
    assert np.abs(bases[count // 2 :] - bases[count // 2 - 1]).max() < 0.15
