# SPDX-License-Identifier: Apache-2.0
"""Link transforms chain up to the body's own joint positions and link rotations."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.link_transforms import (
    link_frame_names,
    link_offsets,
    link_rotations,
    parent_frame_names,
)
from kinest_ros.tracking.body_pose import BodyPose
from tests.node.bodies import random_body


def chained(body: BodyPose, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Walk the link transforms down the tree: link positions (22, 3), rotations (22, 3, 3)."""
    relative = Rotation.from_quat(link_rotations(body)).as_matrix()
    positions, rotations = np.zeros((22, 3)), np.zeros((22, 3, 3))
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            positions[joint], rotations[joint] = body.positions[0], relative[0]
        else:
            positions[joint] = positions[parent] + rotations[parent] @ offsets[joint]
            rotations[joint] = rotations[parent] @ relative[joint]
    return positions, rotations


@given(seed=st.integers(0, 2**32 - 1), stature=st.floats(1.0, 2.2))
def test_chained_links_are_the_joints(seed: int, stature: float) -> None:
    skeleton = Skeleton.from_stature(stature)
    body = random_body(seed, skeleton)
    positions, rotations = chained(body, link_offsets(skeleton))
    np.testing.assert_allclose(positions, body.positions, atol=1e-9)
    world = Rotation.from_quat(body.world_rotations).as_matrix()
    np.testing.assert_allclose(rotations, world @ JOINT_FROM_LINK, atol=1e-9)


def test_t_pose_links_follow_rep_103() -> None:
    skeleton = Skeleton.from_stature(1.7)
    # A T-pose facing the world's x axis: SMPL's Z (forward) on x, X (left) on y, Y (up) on z.
    root = np.array([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    local = np.tile([0.0, 0.0, 0.0, 1.0], (22, 1))
    local[0] = Rotation.from_matrix(root).as_quat()
    body = replace(random_body(0, skeleton), local_rotations=local)
    positions, rotations = chained(body, link_offsets(skeleton))
    np.testing.assert_allclose(rotations, np.tile(np.eye(3), (22, 1, 1)), atol=1e-12)
    left, right = (positions[JOINT_NAMES.index(f"{side}_wrist")] for side in ("left", "right"))
    assert left[1] > right[1] + 0.5
    assert positions[JOINT_NAMES.index("left_foot"), 0] > positions[7, 0]


def test_frame_names_form_one_tree() -> None:
    assert link_frame_names() == JOINT_NAMES
    names, parents = link_frame_names("bob"), parent_frame_names("map", "bob")
    assert parents[0] == "map"
    assert names[20] == "bob/left_wrist"
    assert parents[20] == "bob/left_elbow"
    assert all(parent in names for parent in parents[1:])
