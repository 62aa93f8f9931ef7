# SPDX-License-Identifier: Apache-2.0
"""Robots are understood from their joint trees alone, and what is not is told."""

import re

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf, own_robot_urdf
from kinest_ros.retarget.robot.robot import Robot
from tests.retarget.robots import ARMS, LEGS, renamed, shared_robot, without


def names(robot: Robot, joints) -> list[str]:
    return [robot.model.joint(joint).name for joint in joints]


def test_limbs_hinges_and_signs_of_our_own_robot():
    robot = Robot.load()
    left_leg, _ = robot.parts.legs
    left_arm, right_arm = robot.parts.arms
    assert names(robot, left_leg.joints)[0] == "left_hip_pitch_joint"
    assert names(robot, right_arm.joints)[-1] == "right_wrist_yaw_joint"
    assert names(robot, [left_leg.hinge, right_arm.hinge]) == [
        "left_knee_joint",
        "right_elbow_joint",
    ]
    assert (left_leg.sign, left_arm.sign, right_arm.sign) == (1.0, -1.0, -1.0)
    assert left_leg.upper_length == pytest.approx(0.31, abs=1e-6)
    assert left_arm.lower_length == pytest.approx(0.19, abs=1e-6)
    assert left_leg.root_in_base == pytest.approx((0.0, 0.105, -0.06), abs=1e-6)
    assert names(robot, robot.parts.waist) == ["waist_yaw_joint", "waist_roll_joint", "torso_joint"]
    assert left_leg.sole.height == pytest.approx(0.06)


def test_names_do_not_matter():
    told, untold = Robot.load(own_robot_urdf()), Robot.load(renamed())
    for one, other in zip(
        (*told.parts.legs, *told.parts.arms),
        (*untold.parts.legs, *untold.parts.arms),
        strict=True,
    ):
        assert one.joints == other.joints
        assert one.name == other.name
        assert one.end_from_human == pytest.approx(other.end_from_human)


@pytest.mark.parametrize(
    ("file", "joints", "knee", "elbow", "pelvis", "chest"),
    [
        ("g1.xml", 29, "left_knee_joint", "left_elbow_joint", "pelvis", "torso_link"),
        ("h1.xml", 19, "left_knee", "left_elbow", "pelvis", "torso_link"),
        ("t1.xml", 21, "Left_Knee_Pitch", "Left_Elbow_Yaw", "Waist", "Trunk"),
        ("talos.urdf", 44, "leg_left_4_joint", "arm_left_4_joint", "base_link", "torso_2_link"),
    ],
)
def test_robots_of_other_makers(file, joints, knee, elbow, pelvis, chest):
    robot = Robot.load(shared_robot(file))
    assert len(robot.names) == joints
    assert robot.floating
    assert names(robot, [robot.parts.legs[0].hinge]) == [knee]
    assert names(robot, [robot.parts.arms[0].hinge]) == [elbow]
    assert robot.model.body(robot.parts.pelvis_body).name == pelvis
    assert robot.model.body(robot.parts.chest_body).name == chest


def test_legs_only_and_upper_body_only():
    legs = Robot.load(without(f"{ARMS}|waist|torso"))
    assert len(legs.parts.legs) == 2 and not legs.parts.arms and legs.floating
    upper = Robot.load(without(LEGS))
    assert len(upper.parts.arms) == 2 and not upper.parts.legs and not upper.floating


def wheeled() -> str:
    """Our own upper body on a base with wheels that is driven over the floor."""
    body = re.sub(r"(?s)<robot.*?>", "", without(LEGS), count=1)
    wheels = "".join(
        f'<link name="{side}_wheel"><inertial><mass value="1"/><inertia ixx="0.01" ixy="0" ixz="0" '
        f'iyy="0.01" iyz="0" izz="0.01"/></inertial></link><joint name="{side}_wheel_joint" '
        f'type="continuous"><parent link="pelvis_link"/><child link="{side}_wheel"/>'
        f'<origin xyz="0 {y} -0.6"/><axis xyz="0 1 0"/></joint>'
        for side, y in (("left", 0.2), ("right", -0.2))
    )
    return f'<robot name="wheeled">{wheels}{body}'


def test_wheels_are_no_legs():
    robot = Robot.load(wheeled())
    assert not robot.parts.legs and len(robot.parts.arms) == 2
    assert "left_wheel_joint" in robot.names


def test_a_fixed_base_of_mjcf_comes_to_float():
    text = own_robot_mjcf().replace('<freejoint name="floating_base"/>', "")
    robot = Robot.load(text)
    assert robot.floating and robot.free_base
    assert robot.names == Robot.load().names


def test_a_base_that_looks_backward_is_turned():
    text = own_robot_mjcf()
    head, tail = text.split('<freejoint name="floating_base"/>')
    # Every link hangs on a piece that is turned by half a turn within the base.
    inner = tail.rsplit("</body>", 1)
    turned = (
        head.replace("pelvis_link", "base")
        + '<freejoint name="floating_base"/><body name="pelvis_link" euler="0 0 3.14159265">'
        + inner[0]
        + "</body></body>"
        + inner[1]
    )
    robot = Robot.load(turned)
    assert robot.parts.facing[:, 0] == pytest.approx((-1.0, 0.0, 0.0), abs=1e-6)
    assert names(robot, [robot.parts.legs[0].hinge]) == ["left_knee_joint"]


def test_coupled_joints_are_found():
    text = own_robot_urdf().replace(
        '<joint name="right_wrist_yaw_joint" type="revolute">',
        '<joint name="right_wrist_yaw_joint" type="revolute">'
        '<mimic joint="left_wrist_yaw_joint" multiplier="-0.5" offset="0.1"/>',
    )
    robot = Robot.load(text)
    (coupling,) = robot.couplings.values()
    assert names(robot, [coupling.follower, coupling.leader]) == [
        "right_wrist_yaw_joint",
        "left_wrist_yaw_joint",
    ]
    assert (coupling.factor, coupling.offset) == pytest.approx((-0.5, 0.1))


def test_meshes_may_be_missing(tmp_path):
    urdf = re.sub(r"<sphere[^>]*/>", '<mesh filename="package://mine/ball.stl"/>', own_robot_urdf())
    robot = Robot.load(urdf)
    assert any("missing" in note for note in robot.notes)
    mjcf = own_robot_mjcf().replace(
        "<worldbody>", '<asset><mesh name="ball" file="ball.stl"/></asset><worldbody>'
    )
    mjcf = re.sub(r'type="sphere" pos="([^"]*)" size="[^"]*"', r'type="mesh" mesh="ball"', mjcf)
    path = tmp_path / "robot.xml"
    path.write_text(mjcf)
    robot = Robot.load(path)
    assert any("missing" in note for note in robot.notes)
    assert robot.names == Robot.load().names


def test_isaac_lab_order_goes_level_by_level():
    robot = Robot.load()
    order = [robot.names[index] for index in robot.breadth_first()]
    assert order[:4] == [
        "left_hip_pitch_joint",
        "right_hip_pitch_joint",
        "waist_yaw_joint",
        "left_hip_roll_joint",
    ]
    assert order[-2:] == ["left_wrist_yaw_joint", "right_wrist_yaw_joint"]
    assert sorted(order) == sorted(robot.names)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("no_such_robot.xml", "does not exist"),
        ("<robot name='x'><link name='a'/></robot>", "has no joints"),
        ("<html/>", "neither MJCF"),
        ("<mujoco", "not valid XML"),
        (without(f"left_({ARMS})|left_({LEGS})"), "two legs or two arms"),
    ],
)
def test_what_cannot_be_understood_is_told(source, reason):
    with pytest.raises(KinestError, match=reason):
        Robot.load(source)


def test_overrides_come_first_and_are_checked(tmp_path):
    robot = Robot.load(
        "own", {"left_hand": "left_wrist_roll_link", "right_hand": "right_wrist_roll_link"}
    )
    assert robot.model.body(robot.parts.arms[0].end_body).name == "left_wrist_roll_link"
    path = tmp_path / "mine.yaml"
    path.write_text("left_elbow: left_shoulder_yaw_joint\n")
    assert names(robot, [Robot.load("own", path).parts.arms[0].hinge]) == [
        "left_shoulder_yaw_joint"
    ]
    with pytest.raises(KinestError, match="did you mean left_hand"):
        Robot.load("own", {"left_hands": "x"})
    with pytest.raises(KinestError, match=r"no link 'left_wrist_yaw'.*left_wrist_yaw_link"):
        Robot.load("own", {"left_hand": "left_wrist_yaw", "right_hand": "right_wrist_yaw_link"})


def test_the_frames_of_bones_are_the_humans_at_t_pose():
    """Turn our robot's arms out: its bones then have the axes of SMPL's T-pose."""
    import mujoco

    robot = Robot.load()
    data = mujoco.MjData(robot.model)
    data.qpos[3] = 1.0
    for side, sign in (("left", 1.0), ("right", -1.0)):
        index = robot.names.index(f"{side}_shoulder_roll_joint")
        data.qpos[robot.qpos_addresses[index]] = sign * np.pi / 2
    mujoco.mj_kinematics(robot.model, data)
    smpl = np.array(((0.0, 0.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    for limb in robot.parts.arms:
        for body, frame in (
            (limb.upper_body, limb.upper_from_human),
            (limb.end_body, limb.end_from_human),
        ):
            assert data.xmat[body].reshape(3, 3) @ frame == pytest.approx(smpl, abs=1e-6)
