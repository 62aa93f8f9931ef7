# SPDX-License-Identifier: Apache-2.0
"""The reference URDF's chains, moved by our angles, point where the body's limbs point."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.rep155 import (
    REP155_JOINTS,
    REP155_LIMITS,
    joint_names,
    rep155_angles,
)

REST = Skeleton.from_stature(1.7).rest_offsets
# Axes of the joints in ros4hri/human_description, urdf/human-tpl.xacro.
AXES = {
    **{"waist": (0, 1, 0), "r_head": (1, 0, 0), "y_head": (0, 0, 1), "p_head": (0, -1, 0)},
    **{"l_y_shoulder": (0, 0, -1), "l_p_shoulder": (1, 0, 0), "l_r_shoulder": (0, 0, 1)},
    **{"r_y_shoulder": (0, 0, 1), "r_p_shoulder": (-1, 0, 0), "r_r_shoulder": (0, 0, -1)},
    **{"l_elbow": (0, -1, 0), "r_elbow": (0, -1, 0), "l_knee": (0, -1, 0), "r_knee": (0, -1, 0)},
    **{"l_y_hip": (0, 0, -1), "l_p_hip": (1, 0, 0), "l_r_hip": (0, -1, 0)},
    **{"r_y_hip": (0, 0, -1), "r_p_hip": (-1, 0, 0), "r_r_hip": (0, -1, 0)},
}
DOWN = np.array((0.0, 0.0, -1.0))
SIDES = {"l": "left", "r": "right"}


def urdf_rotation(angles: np.ndarray, *chain: str) -> Rotation:
    """The rotation at the end of a chain of joints, in the frame of the body."""
    named = dict(zip(REP155_JOINTS, angles, strict=True))
    turn = Rotation.identity()
    for joint in chain:
        turn = turn * Rotation.from_rotvec(named[joint] * np.array(AXES[joint], float))
    return turn


def arm(side: str) -> list[str]:
    return ["waist", f"{side}_y_shoulder", f"{side}_p_shoulder", f"{side}_r_shoulder"]


def leg(side: str) -> list[str]:
    return [f"{side}_y_hip", f"{side}_p_hip", f"{side}_r_hip"]


def posed(local: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions (22, 3) and link rotations (22, 3, 3) of local rotations (22, 3, 3)."""
    positions, world = forward_kinematics_np(local, REST, np.array((1.0, 2.0, 0.9)))
    return positions, world @ JOINT_FROM_LINK


def with_turns(**turns: tuple[str, float]) -> tuple[np.ndarray, np.ndarray]:
    """A T-pose facing x, with joints turned about link axes by degrees."""
    local = np.tile(np.eye(3), (22, 1, 1))
    local[0] = JOINT_FROM_LINK.T
    for joint, (axis, degrees) in turns.items():
        link = Rotation.from_euler(axis, degrees, degrees=True).as_matrix()
        local[JOINT_INDEX[joint]] = JOINT_FROM_LINK @ link @ JOINT_FROM_LINK.T
    return posed(local)


def limb(positions: np.ndarray, links: np.ndarray, first: str, second: str) -> np.ndarray:
    """Unit vector from one joint to another in the frame of the pelvis."""
    vector = positions[JOINT_INDEX[second]] - positions[JOINT_INDEX[first]]
    return links[0].T @ vector / np.linalg.norm(vector)


def check_directions(positions: np.ndarray, links: np.ndarray, angles: np.ndarray) -> None:
    head = links[0].T @ links[JOINT_INDEX["head"]]
    turn = urdf_rotation(angles, "waist", "r_head", "y_head", "p_head")
    np.testing.assert_allclose(turn.as_matrix(), head, atol=1e-7)
    for side, name in SIDES.items():
        for chain, bending, joints in (
            (arm(side), f"{side}_elbow", ("shoulder", "elbow", "wrist")),
            (leg(side), f"{side}_knee", ("hip", "knee", "ankle")),
        ):
            root, middle, end = (f"{name}_{joint}" for joint in joints)
            upper = limb(positions, links, root, middle)
            lower = limb(positions, links, middle, end)
            np.testing.assert_allclose(urdf_rotation(angles, *chain).apply(DOWN), upper, atol=1e-7)
            # Within 12 degrees of straight the forearm may be off by as much as it is bent.
            sine = np.linalg.norm(np.cross(upper, lower))
            bend = np.arctan2(sine, upper @ lower)
            got = urdf_rotation(angles, *chain, bending).apply(DOWN)
            allowed = 1e-7 if sine > 0.2 else min(bend, np.pi - bend) + 1e-7
            assert np.arccos(np.clip(got @ lower, -1.0, 1.0)) <= max(allowed, 1e-6)


@given(seed=st.integers(0, 2**32 - 1))
def test_limbs_and_head_are_where_the_body_has_them(seed: int) -> None:
    random = np.random.default_rng(seed)
    previous = None if seed % 2 else random.uniform(-3.0, 3.0, 20)
    positions, links = posed(Rotation.from_quat(random.normal(size=(22, 4))).as_matrix())
    angles = rep155_angles(positions, links, previous)
    check_directions(positions, links, angles)
    assert (np.abs(angles - REP155_LIMITS.mean(axis=1)) <= np.pi + 1e-9).all()


def test_poses_by_name() -> None:
    def named(**turns: tuple[str, float]) -> dict[str, float]:
        positions, links = with_turns(**turns)
        angles = rep155_angles(positions, links)
        check_directions(positions, links, angles)
        return dict(zip(REP155_JOINTS, np.degrees(angles), strict=True))

    t_pose = named()
    assert t_pose["l_p_shoulder"] == pytest.approx(90.0, abs=8.0)
    assert t_pose["r_p_shoulder"] == pytest.approx(90.0, abs=8.0)
    assert t_pose["waist"] == pytest.approx(0.0, abs=1e-6)
    assert t_pose["l_elbow"] == pytest.approx(0.0, abs=8.0)
    sitting = named(left_hip=("y", -90.0), left_knee=("y", 90.0))
    assert sitting["l_r_hip"] == pytest.approx(90.0, abs=8.0)
    assert sitting["l_knee"] == pytest.approx(-90.0, abs=8.0)
    nod = named(head=("y", 30.0))
    assert nod["p_head"] == pytest.approx(-30.0, abs=1e-6)
    look_left = named(neck=("z", 40.0))
    assert look_left["y_head"] == pytest.approx(40.0, abs=1e-6)
    bow = named(spine2=("y", 25.0))
    assert bow["waist"] == pytest.approx(25.0, abs=1e-6)
    assert bow["p_head"] == pytest.approx(0.0, abs=1e-6)
    bent = named(left_shoulder=("x", -80.0), left_elbow=("z", -70.0))
    assert bent["l_elbow"] == pytest.approx(70.0, abs=8.0)


def test_ordinary_poses_stay_within_the_limits() -> None:
    low, high = REP155_LIMITS.T
    for turns in (
        {},
        {"left_shoulder": ("z", -80.0), "right_shoulder": ("z", 80.0)},  # reaching forward
        {"left_shoulder": ("x", -75.0), "right_shoulder": ("x", 75.0)},  # hanging
        {"left_hip": ("y", -30.0), "left_knee": ("y", 50.0)},  # a step
    ):
        angles = rep155_angles(*with_turns(**turns))
        excess = np.maximum(low - angles, angles - high)
        assert excess.max() < 0.15, REP155_JOINTS[int(np.argmax(excess))]


def test_mirrored_bodies_have_the_same_angles() -> None:
    left = rep155_angles(*with_turns(left_shoulder=("z", -50.0), left_elbow=("z", -40.0)))
    right = rep155_angles(*with_turns(right_shoulder=("z", 50.0), right_elbow=("z", 40.0)))
    np.testing.assert_allclose(left[4:8], right[8:12], atol=1e-9)
    left = rep155_angles(*with_turns(left_hip=("x", 20.0), left_knee=("y", 40.0)))
    right = rep155_angles(*with_turns(right_hip=("x", -20.0), right_knee=("y", 40.0)))
    np.testing.assert_allclose(left[12:16] * (-1, 1, 1, 1), right[16:20], atol=1e-9)


def test_a_circling_arm_moves_its_angles_smoothly() -> None:
    previous, largest = None, 0.0
    for tick in range(240):
        phase = 2.0 * np.pi * tick / 240.0
        local = np.tile(np.eye(3), (22, 1, 1))
        local[0] = JOINT_FROM_LINK.T
        # About 50 degrees from straight forward: away from the model's singular direction, down.
        turn = Rotation.from_euler("z", -90, degrees=True) * Rotation.from_rotvec(
            (0.6 * np.cos(phase), 0.0, 0.6 * np.sin(phase))
        )
        link = turn.as_matrix()
        local[JOINT_INDEX["left_shoulder"]] = JOINT_FROM_LINK @ link @ JOINT_FROM_LINK.T
        angles = rep155_angles(*posed(local), previous)
        if previous is not None:
            largest = max(largest, np.abs(angles - previous).max())
        previous = angles
    assert largest < 0.1


def test_names_carry_the_body_id() -> None:
    names = joint_names("bob")
    assert len(names) == 20
    assert names[0] == "waist_bob" and "l_y_shoulder_bob" in names
    assert set(AXES) == set(REP155_JOINTS)
