# SPDX-License-Identifier: Apache-2.0
"""Limbs and facing of robots of other shapes than ours, each sketched after a public one."""

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.robot import Robot
from tests.retarget.robot.sketches import Sketch, bird, point_footed

#: A range that tells nothing about the way a joint folds.
EITHER = (-3.1, 3.1)


def joints(robot: Robot, limb) -> list[str]:
    return [robot.model.joint(joint).name for joint in limb.joints]


def hinges(robot: Robot) -> list[str]:
    limbs = (*robot.parts.legs, *robot.parts.arms)
    return [robot.model.joint(limb.hinge).name for limb in limbs]


def test_the_sketch_is_a_humanoid():
    robot = Robot.load(Sketch().legs().arms().text())
    assert hinges(robot) == [
        "left_shin_joint",
        "right_shin_joint",
        "left_forearm_joint",
        "right_forearm_joint",
    ]
    assert robot.parts.facing[:, 0] == pytest.approx((1.0, 0.0, 0.0))


def test_arms_that_cross_the_middle_at_zero():
    sketch = Sketch(floating=False).both("shoulder", "base", (0.05, 0.07, 0.4), "1 0 0", EITHER)
    sketch.both("shoulder_pitch", "shoulder", (0.05, 0.05, 0.05), "0 1 0", EITHER)
    sketch.both("upper_arm", "shoulder_pitch", (0.15, 0.04, 0.05), "1 0 0", EITHER)
    sketch.both("forearm", "upper_arm", (0.09, 0.0, 0.0), "0 0 1", (-2.2, 1.4))
    sketch.both("wrist", "forearm", (0.13, -0.09, -0.07), "1 0 0", EITHER)
    sketch.both("hand", "wrist", (0.1, -0.1, -0.05), "0 1 0", (-1.5, 2.4))
    robot = Robot.load(sketch.text())
    assert hinges(robot) == ["left_forearm_joint", "right_forearm_joint"]
    assert joints(robot, robot.parts.arms[0])[-1] == "left_hand_joint"


@pytest.mark.parametrize("slant", [0.0, 0.06])
def test_frames_of_bones_are_rotations_though_bones_are_aslant_of_their_hinges(slant: float):
    sketch = Sketch().legs().arms()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        sketch.links[f"{side}_shin"].set("pos", f"0 {-sign * slant} -0.35")
        sketch.links[f"{side}_ankle"].set("pos", f"0.02 {-sign * slant} -0.35")
    sketch.both("hand", "forearm", (0.0, -slant, -0.22), "1 0 0", (-1.0, 1.0))
    sketch.both("finger", "hand", (0.0, 0.0, -0.08), "")
    robot = Robot.load(sketch.text())
    for limb in (*robot.parts.legs, *robot.parts.arms):
        for frame in (limb.upper_from_human, limb.lower_from_human, limb.end_from_human):
            assert frame @ frame.T == pytest.approx(np.eye(3), abs=1e-9), limb.name
            assert np.linalg.det(frame) == pytest.approx(1.0)


def test_a_centre_of_mass_on_the_other_side_takes_no_leg_away():
    """A frame on a foot, and a shin, whose inertias are off by far."""
    sketch = Sketch().legs().arms()
    sketch.link("camera", "right_foot", (0.1, 0.0, 0.0), "").weigh("camera", 1e-7, 1e-9, "0 0.4 0")
    sketch.weigh("right_shin", 1.5, 0.01, "0 0.3 -0.1")
    robot = Robot.load(sketch.text())
    assert [limb.name for limb in robot.parts.legs] == ["left_leg", "right_leg"]
    assert joints(robot, robot.parts.legs[1])[-1] == "right_foot_joint"


def test_ranges_that_tell_nothing_leave_the_base_looking_ahead():
    """Nor does a roll joint whose place on its axis is ahead of the toes."""
    sketch = Sketch().legs(EITHER).arms(EITHER)
    for side in ("left", "right"):
        for part in ("shin", "hip", "shoulder", "forearm"):
            joint = sketch.links[f"{side}_{part}"].find("joint")
            joint.attrib.update({"axis": "0 -1 0", "range": "-3.1 3.1"})
        sketch.links[f"{side}_foot"].find("joint").set("pos", "0.15 0 0")
    robot = Robot.load(sketch.text())
    assert robot.parts.facing[:, 0] == pytest.approx((1.0, 0.0, 0.0))
    assert joints(robot, robot.parts.legs[0])[0] == "left_hip_joint"
    # Knees fold back and elbows forward, as people's do.
    assert [limb.sign for limb in (*robot.parts.legs, *robot.parts.arms)] == [-1.0, -1.0, 1.0, 1.0]


@pytest.mark.parametrize(("limits", "ahead"), [((-0.2, 1.4), 1.0), ((-1.4, 0.2), -1.0)])
def test_a_waist_tells_the_way_where_nothing_else_does(limits, ahead: float):
    """It bends farther forward than backward."""
    sketch = Sketch(floating=False).link("chest", "base", (0.0, 0.0, 0.1), "0 1 0", limits, 5.0)
    sketch.both("shoulder", "chest", (0.0, 0.2, 0.3), "0 1 0", EITHER)
    sketch.both("shoulder_roll", "shoulder", (0.0, 0.0, 0.0), "1 0 0", EITHER)
    sketch.both("upper_arm", "shoulder_roll", (0.0, 0.0, 0.0), "0 0 1", EITHER, 1.0)
    sketch.both("forearm", "upper_arm", (0.0, 0.0, -0.25), "0 1 0", EITHER, 0.8)
    sketch.weigh("forearm", 0.8, 0.002, "0 0 -0.12")
    sketch.shape("forearm", "capsule", "0.03 0.1", "0 0 -0.12")
    robot = Robot.load(sketch.text())
    assert robot.parts.facing[:, 0] == pytest.approx((ahead, 0.0, 0.0))


def test_an_upper_body_that_looks_backward_is_turned():
    text = Sketch(floating=False).arms().turned().text()
    robot = Robot.load(text)
    assert robot.parts.facing[:, 0] == pytest.approx((-1.0, 0.0, 0.0), abs=1e-6)
    assert joints(robot, robot.parts.arms[0])[0] == "left_shoulder_joint"
    assert any("backward" in note for note in robot.notes)


def test_what_nothing_tells_is_said_and_can_be_given():
    text = Sketch(floating=False).arms(EITHER).turned().text()
    robot = Robot.load(text)
    assert any("forward: -x" in note for note in robot.notes)
    for given in (
        {"forward": "-x"},
        {"left_hand": "left_forearm", "right_hand": "right_forearm"},
    ):
        told = Robot.load(text, given)
        assert told.parts.facing[:, 0] == pytest.approx((-1.0, 0.0, 0.0), abs=1e-6)
        assert joints(told, told.parts.arms[0])[0] == "left_shoulder_joint"


def test_a_shin_on_a_point_foot_is_no_foot():
    robot = Robot.load(point_footed().text())
    assert hinges(robot) == ["left_shin_joint", "right_shin_joint"]
    leg = robot.parts.legs[0]
    assert leg.lower_length == pytest.approx(0.2, abs=0.02)
    assert leg.sole.height < 0.05


def test_a_knee_that_rolls_on_two_axes():
    sketch = Sketch().both("hip", "base", (0.0, 0.1, -0.1), "0 0 1", (-0.8, 0.8))
    sketch.both("hip_roll", "hip", (0.0, 0.0, 0.0), "1 0 0", (-0.5, 0.8))
    sketch.both("thigh", "hip_roll", (0.0, 0.0, 0.0), "0 1 0", (-1.5, 0.5), 3.0)
    sketch.both("knee", "thigh", (0.0, 0.0, -0.32), "0 1 0", (-0.1, 1.5), 0.2)
    sketch.both("shin", "knee", (0.0, 0.0, -0.1), "0 1 0", (-0.1, 1.5), 2.0)
    sketch.both("ankle", "shin", (0.0, 0.0, -0.25), "0 1 0", (-1.5, 1.0), 0.2)
    sketch.both("foot", "ankle", (0.0, 0.0, 0.0), "1 0 0", (-0.7, 0.3), 0.4)
    robot = Robot.load(sketch.shape("foot", "box", "0.1 0.04 0.01", "0.02 0 -0.06").text())
    leg = robot.parts.legs[0]
    assert robot.model.joint(leg.hinge).name == "left_knee_joint"
    assert robot.model.body(leg.end_body).name == "left_foot"
    assert robot.model.body(leg.lower_body).name == "left_shin"
    assert leg.sole.height == pytest.approx(0.07, abs=1e-3)


def test_legs_of_three_segments_end_in_their_feet():
    robot = Robot.load(bird().text())
    leg = robot.parts.legs[0]
    assert joints(robot, leg)[-1] == "left_foot_joint"
    assert robot.model.joint(leg.hinge).name == "left_knee_joint"
    assert robot.model.body(leg.lower_body).name == "left_tarsus"
    assert leg.sole.height < 0.05


def test_rods_beside_a_shin_are_no_leg():
    sketch = Sketch().legs()
    sketch.both("front", "hip_roll", (0.04, 0.0, 0.0), "0 1 0", mass=0.01)
    sketch.both("knee_plate", "front", (0.0, 0.0, -0.3), "0 1 0", mass=0.01)
    sketch.both("lower_rod", "knee_plate", (0.0, 0.0, -0.1), "0 1 0", mass=0.01)
    sketch.both("ankle_plate", "lower_rod", (0.0, 0.0, -0.37), "0 1 0", mass=0.01)
    robot = Robot.load(sketch.text())
    assert joints(robot, robot.parts.legs[0])[-1] == "left_foot_joint"


def test_a_hand_of_many_fingers_ends_the_arm():
    sketch = Sketch().legs().arms()
    sketch.both("wrist", "forearm", (0.0, 0.0, -0.25), "0 0 1", (-1.5, 1.5), 0.2)
    sketch.both("thumb", "wrist", (0.05, 0.0, -0.06), "1 0 0", (0.0, 1.0), 0.02)
    sketch.both("thumb_end", "thumb", (0.03, 0.0, -0.03), "1 0 0", (0.0, 1.0), 0.02)
    for finger in range(4):
        place = (0.03 - 0.02 * finger, 0.0, -0.1)
        sketch.both(f"finger{finger}", "wrist", place, "1 0 0", (0.0, 1.7), 0.009)
    robot = Robot.load(sketch.text())
    assert joints(robot, robot.parts.arms[0])[-1] == "left_wrist_joint"


def test_a_ball_at_the_elbow_is_not_the_whole_forearm():
    sketch = Sketch().legs().arms()
    for side in ("left", "right"):
        forearm = sketch.links[f"{side}_forearm"]
        forearm.remove(forearm.find("geom"))
    robot = Robot.load(sketch.shape("forearm", "sphere", "0.035").text())
    assert hinges(robot)[2:] == ["left_forearm_joint", "right_forearm_joint"]
    assert robot.parts.arms[0].lower_length > 0.15


@pytest.mark.parametrize("turns", [False, True], ids=["one piece", "turns about itself"])
@pytest.mark.parametrize(("hand", "length"), [(0.45, 0.2375), (0.22, 0.22), (0.08, 0.1875)])
def test_a_forearm_without_a_wrist_ends_where_peoples_do(turns, hand, length):
    """Of an upper arm of 25 cm, whatever the hand adds to it or estimates take away."""
    sketch = Sketch().legs().arms()
    for side in ("left", "right"):
        forearm = sketch.links[f"{side}_forearm"]
        forearm.remove(forearm.find("geom"))
    if turns:
        sketch.shape("forearm", "sphere", "0.03", "0 0 -0.04")
        sketch.both("hand", "forearm", (0.0, 0.0, -0.05), "0 0 1", (-1.5, 1.5), 0.3)
        sketch.shape("hand", "box", "0.02 0.02 0.01", f"0 0 {0.04 - hand}")
    else:
        sketch.both("hand", "forearm", (0.0, 0.0, -hand), "")
    arm = Robot.load(sketch.text()).parts.arms[0]
    assert arm.lower_length == pytest.approx(length, abs=0.012)
    assert arm.upper_length == pytest.approx(0.25, abs=1e-6)


def test_the_shape_of_an_arm_in_one_piece_covers_its_hand():
    """Though its wrist is nearer: what is beyond it is to keep clear of other links too."""
    sketch = Sketch().legs().arms()
    for side in ("left", "right"):
        forearm = sketch.links[f"{side}_forearm"]
        forearm.remove(forearm.find("geom"))
    sketch.both("hand", "forearm", (0.0, 0.0, -0.4), "")
    robot = Robot.load(sketch.text())
    body = robot.parts.arms[0].lower_body
    (shape,) = [geom for geom in range(robot.model.ngeom) if robot.model.geom_bodyid[geom] == body]
    low = robot.model.geom_pos[shape][2] - robot.model.geom_size[shape][:2].sum()
    assert low < -0.38


def test_inertias_of_another_size_make_no_giant_feet():
    sketch = Sketch().legs()
    for side in ("left", "right"):
        foot = sketch.links[f"{side}_foot"]
        foot.remove(foot.find("geom"))
    robot = Robot.load(sketch.weigh("foot", 1.9, 1.0, "0.05 0 -0.04").text())
    sole = robot.parts.legs[0].sole
    assert abs(sole.toe - sole.heel).max() < 0.4


def test_four_legs_are_refused_unless_two_are_named():
    sketch = Sketch()
    for end, x in (("front", 0.3), ("rear", -0.3)):
        sketch.both(f"{end}_hip", "base", (x, 0.1, 0.0), "1 0 0", (-0.8, 0.8))
        sketch.both(f"{end}_thigh", f"{end}_hip", (0.0, 0.05, 0.0), "0 1 0", (-1.0, 2.0))
        sketch.both(f"{end}_shin", f"{end}_thigh", (0.0, 0.0, -0.3), "0 1 0", (-2.6, -0.1), 0.2)
        sketch.both(f"{end}_foot", f"{end}_shin", (0.0, 0.0, -0.3), "", mass=0.02)
    with pytest.raises(KinestError, match=r"4 limbs reach the floor.*left_foot: LINK"):
        Robot.load(sketch.text())
    named = {"left_foot": "left_rear_foot", "right_foot": "right_rear_foot"}
    robot = Robot.load(sketch.text(), named)
    assert joints(robot, robot.parts.legs[0])[0] == "left_rear_hip_joint"
    assert not robot.parts.arms


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_an_elbow_that_folds_to_the_side_folds_where_it_goes_farther(sign):
    limits = (-1.9, 2.4) if sign > 0.0 else (-2.4, 1.9)
    sketch = Sketch().legs().arms()
    for side in ("left", "right"):
        joint = sketch.links[f"{side}_forearm"].find("joint")
        joint.attrib.update({"axis": "-1 0 0", "range": f"{limits[0]} {limits[1]}"})
    robot = Robot.load(sketch.text())
    assert [limb.sign for limb in robot.parts.arms] == [sign, sign]


def test_guessed_shapes_of_bones_lie_along_them_wherever_their_frames_are():
    sketch = Sketch().legs().arms()
    for side in ("left", "right"):
        sketch.links[f"{side}_shin"].find("joint").set("pos", "0 0 -0.05")
        sketch.links[f"{side}_thigh"].find("joint").set("pos", "0 0 0.04")
    robot = Robot.load(sketch.text())
    for limb in robot.parts.legs:
        for body, start, end in (
            (limb.upper_body, limb.root_in_upper, limb.hinge_in_upper),
            (limb.lower_body, limb.hinge_in_lower, limb.end_in_lower),
        ):
            (geom,) = (g for g in range(robot.model.ngeom) if robot.model.geom_bodyid[g] == body)
            radius, half, _ = robot.model.geom_size[geom]
            length = np.linalg.norm(end - start)
            assert robot.model.geom_pos[geom] == pytest.approx(0.5 * (start + end), abs=1e-9)
            inset = min(0.5 * radius, 0.3 * length)
            assert half == pytest.approx(0.5 * length - inset, abs=1e-6)
