# SPDX-License-Identifier: Apache-2.0
"""The demonstration's robot: a picture and figures from a bag of bodies."""

import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.demo.robot import show_robot, words
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import true_bodies


def test_our_robot_is_drawn_and_measured(tmp_path):
    skeleton = Skeleton.from_stature(1.7)
    motion = generate("walking", skeleton, 0, 1.0)
    with BodyBagWriter(tmp_path / "bag", skeleton) as bag:
        for body in true_bodies(motion, skeleton, ("head",)):
            bag.write_body(body)
    figures = show_robot(tmp_path / "bag", tmp_path / "robot.png")
    assert (tmp_path / "robot.png").stat().st_size > 20_000
    assert figures["joints"] == 29
    assert figures["frames_outside_limits"] == 0
    assert figures["arm_direction_error_deg"] < 5.0
    assert "29 joints" in words(figures)
