# SPDX-License-Identifier: Apache-2.0
"""Descriptions as they are found: in many files, of other versions, with faults, for the world."""

import os
import re

import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf, own_robot_urdf
from kinest_ros.retarget.robot.robot import Robot
from tests.retarget.robot.sketches import Sketch

FREE = '<freejoint name="floating_base"/>'


def test_a_file_may_be_included_twice_and_from_below(tmp_path):
    """As where each wheel includes the same shapes, in folders of their own."""
    text = own_robot_mjcf()
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "mark.xml").write_text("<m><site size='0.01'/></m>")
    (tmp_path / "links" / "marks.xml").write_text(
        "<mujocoinclude><include file='mark.xml'/><include file='links/mark.xml'/></mujocoinclude>"
    )
    path = tmp_path / "robot.xml"
    path.write_text(text.replace(FREE, f"{FREE}<include file='links/marks.xml'/>"))
    robot = Robot.load(path)
    assert robot.names == Robot.load().names
    assert robot.model.nsite == 2


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "the file legs.xml that it includes is not in"),
        ({"legs.xml": "<mujoco"}, "legs.xml cannot be read"),
        ({"legs.xml": "<m><include file='legs.xml'/></m>"}, "include each other"),
        ({"legs.xml": "<!DOCTYPE m [<!ENTITY a 'b'>]><m/>"}, "entities"),
    ],
)
def test_what_is_wrong_with_included_files_is_told(tmp_path, files, reason):
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    path = tmp_path / "robot.xml"
    path.write_text("<mujoco><worldbody><include file='legs.xml'/></worldbody></mujoco>")
    with pytest.raises(KinestError, match=reason):
        Robot.load(path)


def test_a_text_includes_no_files(tmp_path, monkeypatch):
    """A description that comes on a topic reads nothing of the machine it comes to."""
    (tmp_path / "secret.xml").write_text("<m><body name='b'/></m>")
    monkeypatch.chdir(tmp_path)
    text = own_robot_mjcf().replace(FREE, f"{FREE}<include file='secret.xml'/>")
    with pytest.raises(KinestError, match=r"includes the file secret\.xml"):
        Robot.load(text)


def test_other_versions_and_parts_of_a_scene():
    """Sections that say nothing of kinematics, materials defined elsewhere, old attributes."""
    text = own_robot_mjcf().replace('type="box"', 'material="elsewhere" type="box"')
    old = (
        "<option><flag sensornoise='enable'/></option><size njmax='500' nstack='1000'/>"
        "<sensor><jointpos joint='no_such_joint'/></sensor>"
    )
    text = text.replace("<worldbody>", f"{old}<worldbody>", 1)
    assert Robot.load(text).names == Robot.load().names


def test_two_arms_on_a_table_are_one_robot():
    text = Sketch(floating=False).arms().text()
    # Each shoulder on a stand of its own.
    for side in ("left", "right"):
        text = text.replace(f'<body name="{side}_shoulder" ', f'<body name="{side}_stand_in" ')
    halves = re.search(
        r'(?s)(<body name="left_stand_in".*?)(<body name="right_stand_in".*?)</body></worldbody>',
        text,
    )
    stands = "".join(
        f'<body name="{name}_stand" pos="0 0 0.9">{half}</body>'
        for name, half in zip(("left", "right"), halves.groups(), strict=True)
    )
    robot = Robot.load(f"<mujoco><worldbody>{stands}</worldbody></mujoco>")
    assert len(robot.parts.arms) == 2 and not robot.floating
    assert any("taken as parts of one robot" in note for note in robot.notes)


def test_two_robots_that_move_freely_are_refused():
    first = Sketch().arms().text()
    head, inner = first.split("<worldbody>")
    body = inner.split("</worldbody>")[0]
    other = body.replace('name="', 'name="other_')
    with pytest.raises(KinestError, match=r"one tree of joints.*base, other_base"):
        Robot.load(f"{head}<worldbody>{body}{other}</worldbody></mujoco>")


def test_inertias_that_no_body_can_have():
    text = re.sub(
        r'(<link name="(?:left_shoulder_roll|torso)_link">(?:(?!</link>).)*?<inertia )[^/]*/>',
        r'\1ixx="0.01" ixy="0.02" ixz="0" iyy="0.01" iyz="0" izz="-0.01"/>',
        own_robot_urdf(),
        flags=re.DOTALL,
    )
    robot = Robot.load(text)
    assert robot.names == Robot.load().names
    assert any("2 links have a mass or inertia" in note for note in robot.notes)


@pytest.mark.parametrize("last", ["ball", "hinges"])
def test_a_floating_base_given_as_joints_of_its_own(last):
    slides = "".join(f'<joint type="slide" axis="{a}"/>' for a in ("1 0 0", "0 1 0", "0 0 1"))
    hinges = "".join(f'<joint axis="{a}"/>' for a in ("1 0 0", "0 1 0", "0 0 1"))
    turns = '<joint type="ball"/>' if last == "ball" else hinges
    robot = Robot.load(own_robot_mjcf().replace(FREE, slides + turns))
    assert robot.floating and robot.free_base
    assert robot.names == Robot.load().names


def test_a_floating_base_given_as_links_without_mass():
    kinds = [("prismatic", "1 0 0"), ("prismatic", "0 1 0"), ("prismatic", "0 0 1")]
    kinds += [("continuous", "1 0 0"), ("continuous", "0 1 0"), ("continuous", "0 0 1")]
    chain = ["world", *(f"virtual_{index}" for index in range(5)), "pelvis_link"]
    virtual = "".join(
        f'<link name="{above}"/><joint name="v{index}" type="{kind}"><parent link="{above}"/>'
        f'<child link="{chain[index + 1]}"/><axis xyz="{axis}"/>'
        '<limit lower="-9" upper="9" effort="0" velocity="9"/></joint>'
        for index, ((kind, axis), above) in enumerate(zip(kinds, chain, strict=False))
    )
    robot = Robot.load(own_robot_urdf().replace("</robot>", f"{virtual}</robot>"))
    assert robot.floating and robot.base_name == "pelvis_link"
    assert robot.names == Robot.load(own_robot_urdf()).names


def test_links_and_joints_without_names_get_names():
    text = re.sub(r'<(joint|body) name="[^"]*"', r"<\1", own_robot_mjcf())
    robot = Robot.load(text)
    assert len(set(robot.names)) == 29 and all(robot.names)
    assert len(robot.parts.legs) == len(robot.parts.arms) == 2


def test_a_xacro_file_is_told_from_an_expanded_one():
    xacro = 'xmlns:xacro="http://www.ros.org/wiki/xacro"'
    macro = '<xacro:macro name="m" params="p"><link name="${p}_link"/></xacro:macro>'
    with pytest.raises(KinestError, match="expand it first"):
        Robot.load(f'<robot name="x" {xacro}>{macro}<xacro:m p="a"/></robot>')
    # What is left of macros in an expanded file does no harm.
    left = '<xacro:property name="a" value="1"/>'
    text = (
        own_robot_urdf().replace("</robot>", f"{left}</robot>").replace("<robot", f"<robot {xacro}")
    )
    assert Robot.load(text).names == Robot.load(own_robot_urdf()).names


def test_warnings_are_notes_and_leave_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = own_robot_urdf().replace(
        '<joint name="right_wrist_yaw_joint" type="revolute">',
        '<joint name="right_wrist_yaw_joint" type="revolute"><mimic joint="no_such_joint"/>',
    )
    assert any("mimic" in note for note in Robot.load(text).notes)
    assert os.listdir(tmp_path) == []


def test_deep_and_circular_descriptions_are_refused():
    deep = "<body>" * 5000 + "</body>" * 5000
    with pytest.raises(KinestError, match="nested too deeply"):
        Robot.load(f"<mujoco><worldbody>{deep}</worldbody></mujoco>")
    links = '<link name="root"/><link name="a"/><link name="b"/>'
    pairs = (("root", "a"), ("a", "b"), ("b", "a"))
    joints = "".join(
        f'<joint name="{parent}_{child}" type="continuous"><parent link="{parent}"/>'
        f'<child link="{child}"/></joint>'
        for parent, child in pairs
    )
    with pytest.raises(KinestError):
        Robot.load(f'<robot name="x">{links}{joints}</robot>')
