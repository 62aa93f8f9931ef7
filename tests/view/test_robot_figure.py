# SPDX-License-Identifier: Apache-2.0
"""A robot in a real viser scene stands where an independent reader of its URDF puts it."""

import io
import time

import numpy as np
import pytest

pytest.importorskip("viser", reason="needs the extra view")
pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from scipy.spatial.transform import Rotation
from yourdfpy import URDF

from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf, own_robot_urdf
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.view.live_robots import BESIDE, GONE, LiveRobots
from kinest_ros.view.robot_figure import RobotFigure
from kinest_ros.view.stage import close_stage, open_stage
from tests.web.ports import free_port

PLACE, TURN = np.array((1.0, 2.0, 0.8)), Rotation.from_euler("zyx", (0.7, 0.1, -0.2))


@pytest.fixture
def stage():
    server = open_stage("127.0.0.1", free_port())
    yield server
    close_stage(server)


def test_links_are_where_they_belong(stage):
    text = own_robot_urdf()
    robot = Robot.load(text)
    rng = np.random.default_rng(3)
    joints = dict(zip(robot.names, rng.uniform(robot.lower, robot.upper), strict=True))
    figure = RobotFigure(stage.scene, "r", robot, offset=1.5)
    figure.show(joints, PLACE, TURN.as_quat())
    reader = URDF.load(io.BytesIO(text.encode()), load_meshes=False)
    reader.update_cfg(joints)
    model = robot.model
    assert len(figure.links) >= 15
    for geom, link in figure.links.items():
        body = int(model.geom_bodyid[geom])
        found = np.array(reader.get_transform(model.body(body).name, robot.base_name))
        turn = TURN * Rotation.from_matrix(found[:3, :3])
        place = PLACE + TURN.apply(found[:3, 3]) + turn.apply(model.geom_pos[geom])
        np.testing.assert_allclose(link.position, place + (0.0, 1.5, 0.0), atol=1e-6)
        # The hull is closed and its faces look outward: its volume is positive.
        corners = link.vertices[link.faces].astype(np.float64)
        assert np.linalg.det(corners).sum() > 1e-6


def test_a_robot_comes_goes_and_comes_back(stage):
    robots = LiveRobots(stage)
    robots.joints("k", {"x": 1.0})  # nothing is known of it yet
    robots.robot("k", own_robot_urdf())
    figure = robots._robots["k"].figure
    some = next(iter(figure.links.values()))
    assert not some.visible
    robots.joints("k", {Robot.load().names[0]: 0.1})
    robots.base("k", PLACE, TURN.as_quat())
    assert some.visible
    assert np.mean([link.position[1] for link in figure.links.values()]) == pytest.approx(
        2.0 + BESIDE, abs=0.5
    )
    time.sleep(GONE + 0.1)
    robots.look()
    assert not some.visible
    robots.joints("k", {Robot.load().names[0]: 0.2})
    robots.base("k", PLACE, TURN.as_quat())
    assert some.visible


def test_a_node_that_starts_anew_may_bring_another_robot(stage):
    robots = LiveRobots(stage)
    robots.robot("k", own_robot_urdf())
    first = robots._robots["k"].figure
    robots.robot("k", own_robot_urdf())
    assert robots._robots["k"].figure is first
    robots.robot("k", own_robot_mjcf())
    second = robots._robots["k"].figure
    assert second is not first and not first.links
    robots.joints("k", {Robot.load().names[0]: 0.1})
    robots.base("k", PLACE, TURN.as_quat())
    assert next(iter(second.links.values())).visible


def test_what_cannot_be_shown_is_said(stage):
    robots = LiveRobots(stage)
    robots.robot("k", "<robot name='table'><link name='base'/></robot>")
    assert "k is not shown" in robots._text.content
    robots.joints("k", {"a": 1.0})
    robots.base("k", PLACE, TURN.as_quat())
