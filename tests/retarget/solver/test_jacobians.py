# SPDX-License-Identifier: Apache-2.0
"""Rows of Jacobians made all at once are those that MuJoCo makes one by one."""

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.own_robot.descriptions import own_robot_urdf
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.collisions import CollisionPairs
from kinest_ros.retarget.solver.coordinates import Coordinates, follow
from kinest_ros.retarget.solver.jacobians import Jacobians
from kinest_ros.retarget.solver.retargeter import Retargeter
from tests.retarget.robots import performed, without
from tests.search import examples

#: One elbow follows the other, so that a column moves two joints.
COUPLED = own_robot_urdf().replace(
    '<joint name="right_elbow_joint" type="revolute">',
    '<joint name="right_elbow_joint" type="revolute">'
    '<mimic joint="left_elbow_joint" multiplier="0.5" offset="-0.1"/>',
)
ROBOTS = {
    "own": (Robot.load(), "whole"),
    "coupled": (Robot.load(COUPLED), "whole"),
    "upper": (Robot.load(), "upper"),
    "no legs": (Robot.load(without("hip|knee|ankle")), "upper"),
}


def posed(name: str, random: np.random.Generator):
    """Return a robot somewhere in some posture, its coordinates and its Jacobians."""
    robot, mode = ROBOTS[name]
    coordinates = Coordinates(robot, mode)
    data = mujoco.MjData(robot.model)
    if robot.free_base:
        data.qpos[:7] = random.normal(size=7)
        data.qpos[3:7] /= np.linalg.norm(data.qpos[3:7])
    data.qpos[robot.qpos_addresses] = random.uniform(robot.lower, robot.upper)
    follow(robot, data.qpos)
    mujoco.mj_kinematics(robot.model, data)
    mujoco.mj_comPos(robot.model, data)
    jacobians = Jacobians(robot, coordinates)
    jacobians.update(data)
    return robot, data, coordinates, jacobians


@settings(max_examples=examples(12), deadline=None)
@given(st.sampled_from(sorted(ROBOTS)), st.integers(0, 10_000))
def test_rows_of_points_and_turns_are_mujocos(name, seed):
    random = np.random.default_rng(seed)
    robot, data, coordinates, jacobians = posed(name, random)
    bodies = random.integers(1, robot.model.nbody, 5)
    points, forces, moments = random.normal(size=(3, 5, 3))
    arms = np.cross(points - jacobians.centre, forces)
    rows = jacobians.rows(np.hstack([moments + arms, forces]), jacobians.moved_by(bodies))
    for row, body, point, force, moment in zip(rows, bodies, points, forces, moments, strict=True):
        moves, turns = np.zeros((2, 3, robot.model.nv))
        mujoco.mj_jac(robot.model, data, moves, turns, point, int(body))
        wanted = coordinates.reduce(force @ moves + moment @ turns[None])
        assert row == pytest.approx(wanted[0], abs=1e-9)


@settings(max_examples=examples(2), deadline=None)
@given(st.sampled_from(["own", "coupled"]), st.integers(0, 10_000))
def test_rows_of_near_pairs_are_the_slopes_of_their_distances(name, seed):
    random = np.random.default_rng(seed)
    robot, data, coordinates, jacobians = posed(name, random)
    moving = {robot.joints[index] for index in coordinates.joints}
    pairs = CollisionPairs(robot, moving, jacobians)
    found = pairs.near(data, 0.3)
    assert found
    rows = pairs.rows(found)
    for row, (index, distance, points) in zip(rows, found, strict=True):
        moves = np.zeros((2, 3, robot.model.nv))
        for store, link, point in zip(
            moves, pairs.names(index), np.reshape(points, (2, 3)), strict=True
        ):
            mujoco.mj_jac(robot.model, data, store, None, point, robot.model.body(link).id)
        away = np.sign(distance) * (np.array(points[:3]) - points[3:])
        wanted = coordinates.reduce((away @ (moves[0] - moves[1]))[None])[0]
        assert row == pytest.approx(wanted / np.linalg.norm(away), abs=1e-9)


def test_places_move_as_their_jacobians_tell():
    """Half way through a walk, a small step of each coordinate moves hips, hands and ankles so."""
    walk = performed("walking", 1.0)
    retargeter = Retargeter(Robot.load())
    for frame in range(30):
        retargeter.step(walk.human(frame), int(walk.stamps_ns[frame]))
    tasks, posture, data = retargeter._tasks, retargeter._posture, retargeter._data
    posture.kinematics()
    residual, jacobian = (array.copy() for array in tasks.evaluate(data))
    places = slice(-3 * 5, None)
    start = retargeter.qpos
    for column in range(retargeter.coordinates.count):
        step = np.zeros(retargeter.coordinates.count)
        step[column] = 1e-6
        posture.move(step)
        posture.kinematics()
        slope = (residual - tasks.evaluate(data)[0]) / 1e-6
        assert slope[places] == pytest.approx(jacobian[places, column], abs=1e-3)
        data.qpos[:] = start
