# SPDX-License-Identifier: Apache-2.0
"""Motion to retarget: AMASS-style clips, and the bodies of a bag."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinest_ros.bags.contents import replay_first, why_no_bodies
from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.topics import BODY
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.load import CLIP_SUFFIXES, load_clip
from kinest_ros.formats.kinds import CLIPS, RECORDINGS, kind_of
from kinest_ros.retarget.targets.human import Human

_TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
#: m and m/s: a toe that is lower and slower stands for certain, twice as high or fast it does not.
_LOW, _SLOW = 0.05, 0.15


@dataclass(frozen=True)
class BodyMotion:
    """Bodies over N frames.

    Attributes:
        name: of clip or bag.
        stamps_ns: (N,) rising.
        positions: (N, 22, 3) m.
        rotations: (N, 22, 3, 3) world_from_joint, SMPL axes.
        contacts: (N, 2) probabilities.
    """

    name: str
    stamps_ns: np.ndarray
    positions: np.ndarray
    rotations: np.ndarray
    contacts: np.ndarray

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.stamps_ns)

    def human(self, frame: int) -> Human:
        """Return one body."""
        return Human(self.positions[frame], self.rotations[frame], self.contacts[frame])


def read_motion(
    path: str | Path, topic: str = BODY, body_model: str | Path | None = None
) -> BodyMotion:
    """Read a clip (.npz, .bvh, a table of bodies) or a bag with bodies.

    Args:
        path: of the clip, a rosbag2 folder or a bare .mcap file.
        topic: of the bodies in a bag.
        body_model: SMPL file for original AMASS clips.

    Raises:
        KinestError: no such file, or nothing in it that can be retargeted.
    """
    path = Path(path)
    kind = kind_of(path) if path.exists() else ""
    if kind in RECORDINGS:
        raise KinestError(f"{path} holds trackers, not bodies; {replay_first(path)}")
    if kind in CLIPS or (not kind and path.suffix in CLIP_SUFFIXES):
        motion, skeleton = load_clip(path, body_model)
        places, world = forward_kinematics_np(
            motion.local_rotations, skeleton.rest_offsets, motion.root_position
        )
        stamps = 1_000_000_000 + np.round(np.arange(len(motion)) * 1e9 / motion.fps).astype(
            np.int64
        )
        return BodyMotion(path.stem, stamps, places, world, contacts_of(places, motion.fps))
    with BagReader(path) as bag:
        if topic not in bag.types:
            raise KinestError(why_no_bodies(bag, topic))
    bodies = read_bodies(path, topic)
    rising = np.flatnonzero(np.diff(bodies.stamps_ns, prepend=bodies.stamps_ns[:1] - 1) > 0)
    if len(rising) < 2:
        raise KinestError(f"{path} has {len(rising)} bodies on {topic}: at least 2 are needed")
    local = matrices_from_quaternions(bodies.local_rotations[rising])
    _, world = forward_kinematics_np(local, np.zeros((22, 3)), np.zeros((len(rising), 3)))
    return BodyMotion(
        path.stem or str(path),
        bodies.stamps_ns[rising],
        bodies.positions[rising],
        world,
        bodies.contacts[rising],
    )


def contacts_of(positions: np.ndarray, fps: float) -> np.ndarray:
    """Return probabilities (N, 2) that feet stand, from the toes' heights and speeds.

    Args:
        positions: (N, 22, 3) m.
        fps: frames per second.
    """
    toes = positions[:, _TOES]
    speed = np.linalg.norm(np.gradient(toes, axis=0)[..., :2], axis=-1) * fps
    slow = np.clip(2.0 - speed / _SLOW, 0.0, 1.0)
    low = np.clip(2.0 - toes[..., 2] / _LOW, 0.0, 1.0)
    return np.asarray(slow * low)
