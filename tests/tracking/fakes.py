# SPDX-License-Identifier: Apache-2.0
"""A predictor that returns given poses, and devices strapped to a known body."""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.confidence import sigma_from_confidence
from kinest_ros.model.error_model import UNCORRECTED
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

SKELETON = Skeleton.from_stature(1.72)
#: Body upright (SMPL Y up) facing the world's x.
UPRIGHT = JOINT_FROM_LINK.T
STEP_NS = 1_000_000_000 / 60


@dataclass(frozen=True)
class FakePrediction:
    local_rotations: np.ndarray
    contacts: np.ndarray
    confidence: np.ndarray
    position_sigma: np.ndarray


class FakePredictor:
    """Returns pose(step) and remembers what it was given."""

    error_model = UNCORRECTED

    def __init__(self, pose: Callable[[int], np.ndarray] | None = None, lookahead: int = 0):
        self.pose = pose or (lambda step: rest_pose())
        self.lookahead = lookahead
        self.steps: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self.resets = 0
        self._count = 0

    def reset(self) -> None:
        self.resets += 1
        self._count = 0

    def step(self, positions, link_rotations, valid) -> FakePrediction:
        self.steps.append((positions.copy(), link_rotations.copy(), valid.copy()))
        local = self.pose(self._count)
        self._count += 1
        confidence = np.linspace(0.1, 1.0, 22)
        sigma = sigma_from_confidence(confidence)
        return FakePrediction(local, np.array([0.2, 0.1]), confidence, sigma)


def rest_pose() -> np.ndarray:
    """Local rotations (22, 3, 3) of the T-pose, upright, facing x."""
    local = np.tile(np.eye(3), (22, 1, 1))
    local[0] = UPRIGHT
    return local


def random_pose(seed: int, spread: float = 0.4) -> np.ndarray:
    """Local rotations (22, 3, 3) around the rest pose; spread in rad."""
    return _random_pose(seed, spread).copy()


@functools.lru_cache(maxsize=100)
def _random_pose(seed: int, spread: float) -> np.ndarray:
    random = np.random.default_rng(seed)
    turns = Rotation.from_rotvec(random.normal(scale=spread, size=(22, 3))).as_matrix()
    return rest_pose() @ turns


def link_poses(
    local: np.ndarray, root: np.ndarray, rest_offsets: np.ndarray = SKELETON.rest_offsets
) -> dict[str, TrackerPose]:
    """What ideal trackers with identity mounts report of a body, for all slots."""
    positions, world = forward_kinematics_np(local, rest_offsets, root)
    joints = list(SLOT_JOINTS)
    quaternions = Rotation.from_matrix(world[joints] @ JOINT_FROM_LINK).as_quat()
    return dict(zip(SLOTS, map(TrackerPose, positions[joints], quaternions), strict=True))


def pose_at(x: float, y: float, z: float) -> TrackerPose:
    return TrackerPose((x, y, z), (0.0, 0.0, 0.0, 1.0))


def stamp(index: float) -> int:
    """The time of a tick (or of a point between two), ns."""
    return round(index * STEP_NS)


def frames(
    indices: Iterable[float], poses: Callable[[float], dict[str, TrackerPose]]
) -> list[TrackerFrame]:
    """Frames at index/60 s."""
    return [TrackerFrame(stamp(index), poses(index)) for index in indices]


def push_all(tracker, stream) -> list:
    return [body for frame in stream for body in tracker.push(frame)]
