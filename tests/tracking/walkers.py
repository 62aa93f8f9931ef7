# SPDX-License-Identifier: Apache-2.0
"""A body that walks, its ideal trackers, and a tracker of people who may be perfectly still."""

import math

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.tracking.body_tracker import BodyTracker, TrackerSettings
from kinest_ros.tracking.frame import TrackerPose
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    link_poses,
    random_pose,
)

HEAD, LEFT, RIGHT = (JOINT_INDEX[name] for name in ("head", "left_wrist", "right_wrist"))
HANDS = ("head", "left_hand", "right_hand")
#: What the foot lock moves.
LEGS = [4, 5, 7, 8, 10, 11]


def body_tracker(predictor=None, **settings) -> BodyTracker:
    """Of people who may be perfectly still."""
    settings = TrackerSettings(**{"frozen_timeout": 0.0, **settings})
    return BodyTracker(predictor or FakePredictor(with_wrong_arms), SKELETON, settings)


def walking_pose(index: float) -> np.ndarray:
    """Local rotations of a body that turns, with its arms bent and swinging."""
    local = random_pose(3, 0.2)
    local[0] = Rotation.from_euler("z", 0.01 * index).as_matrix() @ local[0]
    bend = Rotation.from_rotvec([0.0, -1.3 + 0.3 * math.sin(index / 20), 0.0]).as_matrix()
    local[18], local[19] = bend, bend.T
    return local


def walking(index: float) -> dict[str, TrackerPose]:
    """Ideal trackers on that body, which also moves on."""
    return link_poses(walking_pose(index), np.array([0.01 * index, 0.2, 0.95]))


def with_wrong_arms(step: int) -> np.ndarray:
    """What a network might say of it: from tick 60 on, with the arms stretched out."""
    local = walking_pose(60 + step)
    local[16:] = np.eye(3)
    return local


def upper_body(index: float) -> dict[str, TrackerPose]:
    return {slot: pose for slot, pose in walking(index).items() if slot in HANDS}


def link_of(body, joint):
    return Rotation.from_quat(body.world_rotations[joint]).as_matrix() @ JOINT_FROM_LINK
