# SPDX-License-Identifier: Apache-2.0
"""What `kinest retarget --describe` says of each joint."""

import pytest

from kinest_ros.retarget.own_robot.descriptions import own_robot_urdf
from kinest_ros.retarget.robot.describe import lines
from kinest_ros.retarget.robot.robot import Robot


def rows(robot):
    """Return the table of joints: (number in the tree, in Isaac Lab's order, name, lower, ...)."""
    found = [line.split() for line in lines(robot)]
    return {row[2]: row for row in found if len(row) == 6 and row[0].isdigit()}


def test_limits_and_velocities_of_each_joint_are_printed(tmp_path):
    (tmp_path / "robot.urdf").write_text(own_robot_urdf())  # MJCF has no velocities
    robot = Robot.load(tmp_path / "robot.urdf")
    found = rows(robot)
    assert list(found) == list(robot.names)
    for index, name in enumerate(robot.names):
        tree, isaac, _, low, high, most = found[name]
        assert int(tree) == index
        assert robot.names[robot.breadth_first()[int(isaac)]] == name
        assert float(low) == pytest.approx(robot.lower[index], abs=1e-3)
        assert float(high) == pytest.approx(robot.upper[index], abs=1e-3)
        assert float(most) == pytest.approx(robot.velocity[index], abs=1e-3)


def test_what_has_no_limit_has_a_dash(tmp_path):
    path = tmp_path / "robot.urdf"
    text = own_robot_urdf()
    at = text.index("waist_yaw_joint")
    path.write_text(text[:at] + text[at:].replace('"revolute"', '"continuous"', 1))
    _, _, _, low, high, _ = rows(Robot.load(path))["waist_yaw_joint"]
    assert (low, high) == ("-", "-")
