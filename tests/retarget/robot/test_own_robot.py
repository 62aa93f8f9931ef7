# SPDX-License-Identifier: Apache-2.0
"""Both descriptions of our own robot are the same robot: that of the table."""

import mujoco
import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf, own_robot_urdf
from kinest_ros.retarget.own_robot.table import JOINT_NAMES, LINKS, PELVIS_HEIGHT
from kinest_ros.retarget.robot.analysis import zero_pose
from kinest_ros.retarget.robot.robot import Robot


@pytest.mark.parametrize("text", [own_robot_mjcf(), own_robot_urdf()], ids=["mjcf", "urdf"])
def test_the_description_is_what_the_table_says(text):
    robot = Robot.load(text)
    assert robot.names == JOINT_NAMES
    assert len(robot.names) == 29
    for link, low, high in zip(LINKS[1:], robot.lower, robot.upper, strict=True):
        assert (low, high) == pytest.approx(link.limits)
    mass = robot.model.body_mass.sum()
    assert mass == pytest.approx(sum(link.mass for link in LINKS), rel=1e-3)


def test_both_pose_their_links_alike():
    first, second = (Robot.load(text) for text in (own_robot_mjcf(), own_robot_urdf()))
    random = np.random.default_rng(3)
    angles = random.uniform(first.lower, first.upper)
    places = []
    for robot in (first, second):
        data = mujoco.MjData(robot.model)
        data.qpos[robot.qpos_addresses] = angles
        data.qpos[:7] = (0, 0, 0, 1, 0, 0, 0)
        mujoco.mj_kinematics(robot.model, data)
        places.append([data.body(link.name).xpos.copy() for link in LINKS])
        mujoco.mj_comPos(robot.model, data)
        places[-1].append(data.subtree_com[robot.parts.root_body].copy())
    assert np.abs(np.array(places[0]) - np.array(places[1])).max() < 1e-6


def test_what_the_urdf_says_of_inertia_is_what_mujoco_makes_of_the_shapes():
    first, second = (Robot.load(text).model for text in (own_robot_mjcf(), own_robot_urdf()))
    for link in LINKS:
        one, other = first.body(link.name), second.body(link.name)
        assert np.sort(other.inertia) == pytest.approx(np.sort(one.inertia), rel=1e-4), link.name
        assert other.ipos == pytest.approx(one.ipos, abs=1e-6)


def test_it_stands_on_its_soles_at_zero():
    robot = Robot.load()
    data = zero_pose(robot.model)
    assert data.body("pelvis_link").xpos[2] == pytest.approx(PELVIS_HEIGHT)
    for leg in robot.parts.legs:
        place = data.xpos[leg.end_body]
        assert place[2] + leg.sole.corners[:, 2] == pytest.approx(np.zeros(4), abs=1e-9)


def test_the_urdf_tells_velocity_limits():
    assert Robot.load(own_robot_urdf()).velocity == pytest.approx(np.full(29, 20.0))
