# SPDX-License-Identifier: Apache-2.0
"""The frame handed to a retargeter is the body, in the world, with w first."""

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from tests.node.bodies import random_body

SKELETON = Skeleton.from_stature(1.7)
FILE = Path(__file__).parents[2] / "examples" / "06_gmr_subscriber.py"


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gmr_subscriber", FILE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@given(seed=st.integers(0, 2**32 - 1))
def test_bones_turned_by_the_orientations_join_the_positions(
    example: ModuleType, seed: int
) -> None:
    body = random_body(seed, SKELETON)
    frame = example.smpl_frame(body.positions, body.local_rotations)
    assert tuple(frame) == JOINT_NAMES
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        start, wxyz = frame[JOINT_NAMES[parent]]
        turn = Rotation.from_quat([wxyz[1], wxyz[2], wxyz[3], wxyz[0]])
        end = start + turn.apply(SKELETON.rest_offsets[joint].copy())
        np.testing.assert_allclose(frame[JOINT_NAMES[joint]][0], end, atol=1e-9)


def test_a_message_gives_the_same_frame(example: ModuleType) -> None:
    body = random_body(4, SKELETON)
    message = SimpleNamespace(
        positions=[SimpleNamespace(x=p[0], y=p[1], z=p[2]) for p in body.positions],
        local_rotations=[
            SimpleNamespace(x=q[0], y=q[1], z=q[2], w=q[3]) for q in body.local_rotations
        ],
    )
    want = example.smpl_frame(body.positions, body.local_rotations)
    for name, (position, quaternion) in example.frame_of(message).items():
        np.testing.assert_array_equal(position, want[name][0])
        np.testing.assert_allclose(quaternion, want[name][1])
    identity = np.tile([0.0, 0.0, 0.0, 1.0], (22, 1))
    assert list(example.smpl_frame(body.positions, identity)["head"][1]) == [1.0, 0.0, 0.0, 0.0]
