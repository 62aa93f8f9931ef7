# SPDX-License-Identifier: Apache-2.0
"""The human's URDF, read by yourdfpy, against our own kinematics."""

from __future__ import annotations

import io
import math
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.angles import compose, decompose, decompose_sequence
from kinest_ros.human_description.link_transforms import link_frame_names, parent_frame_names
from kinest_ros.human_description.revolutes import AXIS_ORDER, JOINT_STATE_NAMES
from kinest_ros.human_description.urdf import ANGLE_LIMIT, frames_urdf, human_urdf
from tests.motion.clip_files import write_clips
from tests.search import examples

yourdfpy = pytest.importorskip("yourdfpy")

SAME = 1e-6  # ten times sharper than what is promised for /tf against JointState
seeds = st.integers(0, 2**32 - 1)


def load(text: str) -> yourdfpy.URDF:
    return yourdfpy.URDF.load(
        io.BytesIO(text.encode()), load_meshes=False, build_collision_scene_graph=False
    )


def odd_skeleton() -> Skeleton:
    """A skeleton without any symmetry."""
    noise = np.random.default_rng(0).normal(scale=0.03, size=(22, 3))
    return Skeleton(Skeleton.from_stature(1.8).rest_offsets + noise, "odd")


SKELETON = odd_skeleton()
MODEL = load(human_urdf(SKELETON))


def link_poses(skeleton: Skeleton, quaternions: np.ndarray) -> np.ndarray:
    """pelvis_link_from_link (22, 4, 4) by our own kinematics."""
    local = Rotation.from_quat(quaternions).as_matrix()
    positions, rotations = forward_kinematics_np(local, skeleton.rest_offsets, np.zeros(3))
    poses = np.tile(np.eye(4), (22, 1, 1))
    poses[:, :3, :3] = rotations @ JOINT_FROM_LINK
    poses[:, :3, 3] = positions
    return np.linalg.inv(poses[0]) @ poses


def urdf_poses(model: yourdfpy.URDF, angles: np.ndarray, prefix: str = "") -> np.ndarray:
    model.update_cfg(dict(zip(JOINT_STATE_NAMES, angles, strict=True)))
    return np.stack([model.get_transform(prefix + name) for name in JOINT_NAMES])


@given(seeds)
@settings(max_examples=examples(25))
def test_links_stand_where_our_kinematics_puts_them(seed: int) -> None:
    quaternions = np.random.default_rng(seed).normal(size=(22, 4))
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    expected = link_poses(SKELETON, quaternions)
    np.testing.assert_allclose(urdf_poses(MODEL, decompose(quaternions)), expected, atol=SAME)


@given(seeds)
@settings(max_examples=examples(25))
def test_angles_mean_in_the_urdf_what_compose_says(seed: int) -> None:
    angles = np.random.default_rng(seed).uniform(-4.0, 4.0, 63)
    quaternions = np.concatenate([[[0.0, 0.0, 0.0, 1.0]], compose(angles)])
    expected = link_poses(SKELETON, quaternions)
    np.testing.assert_allclose(urdf_poses(MODEL, angles), expected, atol=SAME)


def test_t_pose_is_the_zero_configuration() -> None:
    poses = urdf_poses(MODEL, np.zeros(63))
    np.testing.assert_allclose(poses[:, :3, :3], np.tile(np.eye(3), (22, 1, 1)), atol=SAME)
    rest = SKELETON.rest_positions() @ JOINT_FROM_LINK
    np.testing.assert_allclose(poses[:, :3, 3], rest, atol=SAME)


def test_links_stand_in_rep_103_axes() -> None:
    poses = urdf_poses(load(human_urdf(Skeleton.from_stature(1.7))), np.zeros(63))
    at = dict(zip(JOINT_NAMES, poses[:, :3, 3], strict=True))
    assert at["left_wrist"][1] > 0.5 > -0.5 > at["right_wrist"][1]  # y to the left
    assert at["head"][2] > 0.2 > 0.0 > at["left_ankle"][2]  # z up
    assert at["left_foot"][0] > at["left_ankle"][0] + 0.05  # x forward


def test_poses_of_clips_stand_where_our_kinematics_puts_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_clips(tmp_path / "clips", count=5, seconds=4.0)
    for clip in sorted((tmp_path / "clips").iterdir()):
        with np.load(clip) as archive:
            vectors, offsets = archive["poses"].reshape(-1, 22, 3), archive["rest_offsets"]
        skeleton = Skeleton(offsets, str(clip))
        model = load(human_urdf(skeleton))
        quaternions = Rotation.from_rotvec(vectors.reshape(-1, 3)).as_quat().reshape(-1, 22, 4)
        angles = decompose_sequence(quaternions)
        for frame in rng.integers(0, len(vectors), 10):
            poses = urdf_poses(model, angles[frame])
            np.testing.assert_allclose(poses, link_poses(skeleton, quaternions[frame]), atol=SAME)


def test_the_joints_are_63_revolutes_numbered_like_joint_state() -> None:
    assert tuple(MODEL.actuated_joint_names) == JOINT_STATE_NAMES
    assert tuple(MODEL.joint_names) == JOINT_STATE_NAMES
    for joint in MODEL.robot.joints:
        assert joint.type == "revolute"
        assert joint.limit.upper == -joint.limit.lower == pytest.approx(ANGLE_LIMIT)
        assert joint.limit.upper > 2 * math.pi
        assert joint.limit.velocity > 0
        assert joint.limit.effort > 0


def test_the_chain_follows_the_order_of_axes() -> None:
    child_of = {joint.parent: joint for joint in MODEL.robot.joints if joint.parent[-5:] == "_link"}
    by_name = {joint.name: joint for joint in MODEL.robot.joints}
    for index, order in enumerate(AXIS_ORDER, start=1):
        joint = by_name[f"{JOINT_NAMES[index]}_{order[0]}"]
        assert joint.parent == JOINT_NAMES[PARENTS[index]]
        for axis in order[1:]:
            joint = child_of[joint.child]
            assert joint.name == f"{JOINT_NAMES[index]}_{axis}"
        assert joint.child == JOINT_NAMES[index]


def test_root_prefix_and_name() -> None:
    assert MODEL.base_link == "pelvis"
    model = load(human_urdf(SKELETON, name="visitor", prefix="person1/"))
    assert model.base_link == "person1/pelvis"
    assert model.robot.name == "visitor"
    assert all(link.name.startswith("person1/") for link in model.robot.links)
    assert tuple(model.joint_names) == JOINT_STATE_NAMES
    angles = np.linspace(-1.0, 1.0, 63)
    np.testing.assert_allclose(
        urdf_poses(model, angles, "person1/"), urdf_poses(MODEL, angles), atol=1e-12
    )


def test_a_name_with_markup_stays_valid_xml() -> None:
    root = ET.fromstring(human_urdf(SKELETON, name='a<b&"c"', prefix="x&y/"))
    assert root.get("name") == 'a<b&"c"'
    assert root.find("link").get("name") == "x&y/pelvis"


def test_it_validates_and_every_body_link_can_be_seen_and_touched() -> None:
    model = load(human_urdf(SKELETON))
    assert model.validate()
    links = {link.name: link for link in model.robot.links}
    assert len(links) == 22 + 42
    for name in JOINT_NAMES:
        assert links[name].visuals
        assert links[name].collisions
    for name, link in links.items():
        if name not in JOINT_NAMES:
            assert not link.visuals
            assert not link.collisions


def test_every_link_has_an_inertia_that_can_be() -> None:
    """Gazebo drops, without a word, a moving link that has none, and all that hangs on it."""
    body = 0.0
    for link in MODEL.robot.links:
        assert link.inertial.mass > 0.0, link.name
        least, middle, most = np.linalg.eigvalsh(link.inertial.inertia)
        assert least > 0.0, link.name
        assert most <= least + middle + 1e-12, link.name
        body += link.inertial.mass
    virtual = [link for link in MODEL.robot.links if link.name not in JOINT_NAMES]
    # Together less than the thousandth part of the person.
    assert sum(link.inertial.mass for link in virtual) < 1e-3 * body


def test_collision_solids_are_capsules_over_the_bones() -> None:
    """As cylinders with a sphere at each end: few readers of URDF know <capsule>."""
    for link in MODEL.robot.links:
        spheres = [c for c in link.collisions if c.geometry.sphere]
        for collision in link.collisions:
            cylinder = collision.geometry.cylinder
            if cylinder is None:
                continue
            seen = [v for v in link.visuals if v.geometry.cylinder == cylinder]
            assert any(np.allclose(v.origin, collision.origin) for v in seen)
            for end in (-0.5, 0.5):
                tip = collision.origin @ [0.0, 0.0, end * cylinder.length, 1.0]
                assert any(
                    np.allclose(s.origin[:3, 3], tip[:3], atol=1e-9)
                    and s.geometry.sphere.radius == cylinder.radius
                    for s in spheres
                ), link.name


def test_mujoco_has_all_links_and_joints() -> None:
    """It refuses moving bodies without an inertia."""
    mujoco = pytest.importorskip("mujoco", reason="needs pip install mujoco")
    model = mujoco.MjModel.from_xml_string(human_urdf(Skeleton.from_stature(1.7)))
    assert model.njnt == 63
    assert model.nbody == 64  # the pelvis does not move and is its world
    assert {model.joint(i).name for i in range(63)} == set(JOINT_STATE_NAMES)
    assert model.ngeom > 22
    data = mujoco.MjData(model)
    mujoco.mj_step(model, data)
    assert np.isfinite(data.qacc).all()


def test_numbers_are_plain() -> None:
    for element in ET.fromstring(human_urdf(Skeleton.from_stature(1.7))).iter():
        for key in ("xyz", "rpy", "rgba"):
            if key in element.attrib:
                assert np.isfinite([float(part) for part in element.attrib[key].split()]).all()


def test_the_urdf_of_the_frames_has_the_tree_of_tf() -> None:
    """RViz places each link by its frame: one that /tf does not have is an error there."""
    model = load(frames_urdf(SKELETON, prefix="bob/"))
    assert model.validate()
    assert [link.name for link in model.robot.links] == list(link_frame_names("bob"))
    hung = {joint.child: joint.parent for joint in model.robot.joints}
    parents = dict(zip(link_frame_names("bob"), parent_frame_names("world", "bob"), strict=True))
    assert hung == {child: parent for child, parent in parents.items() if parent != "world"}
    assert all(link.visuals for link in model.robot.links)
    assert model.base_link == "bob/pelvis"
