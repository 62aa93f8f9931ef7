# SPDX-License-Identifier: Apache-2.0
"""What ideal trackers would report of a motion, and the true bodies at the network's ticks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import NUM_JOINTS, NUM_SLOTS, SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import continuous, quaternions_from_matrices
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.clip import Motion
from kinest_ros.tracking.body_pose import BodyPose, TrackerState
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

#: Stamp of the first frame: a multiple of 1/60 s, so that true bodies lie on the ticks.
START_NS = 1_000_000_000_000
# A planted toe joint is lower (m) and slower (m/s) than these.
_CONTACT_HEIGHT, _CONTACT_SPEED = 0.05, 0.15


def tracker_frames(
    motion: Motion,
    skeleton: Skeleton,
    rate: float = 72.0,
    slots: Sequence[str] = SLOTS[:3],
    noise: float = 0.0,
    seed: int = 0,
) -> list[TrackerFrame]:
    """Return what trackers on the body report, all at the same times.

    Args:
        motion: the motion.
        skeleton: its skeleton.
        rate: reports per second.
        slots: which trackers; each reports the pose of the link it is bound to.
        noise: 0 for ideal trackers; 1 for white noise of 1 mm and 0.2 degrees and stamps that
            scatter by 1 ms.
        seed: of the noise.

    Raises:
        KinestError: a rate or a slot that makes no sense.
    """
    unknown = [slot for slot in slots if slot not in SLOTS]
    if unknown or not slots:
        raise KinestError(f"unknown tracker '{', '.join(unknown)}'; use {', '.join(SLOTS)}")
    if not 1.0 <= rate <= 1000.0:
        raise KinestError(f"a tracker rate of {rate} Hz is not possible; use 1 to 1000")
    indices = [SLOTS.index(slot) for slot in slots]
    joints = [SLOT_JOINTS[index] for index in indices]
    positions, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    links = world[:, joints] @ JOINT_FROM_LINK
    times = np.arange(len(motion)) / motion.fps
    # A frame later than the motion's last would have to be invented.
    count = int(np.floor(times[-1] * rate + 1e-9)) + 1
    wanted = np.arange(count) / rate
    from scipy.interpolate import CubicSpline  # slow to load, and evaluation alone needs it

    places = CubicSpline(times, positions[:, joints], axis=0)(wanted)
    quaternions = CubicSpline(times, continuous(quaternions_from_matrices(links)), axis=0)(wanted)
    quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
    stamps = np.round(wanted * 1e9).astype(np.int64) + START_NS
    if noise > 0.0:
        rng = np.random.default_rng((seed, 1))
        places += rng.normal(0.0, 1e-3 * noise, places.shape)
        shake = rng.normal(0.0, np.radians(0.2) * noise, (*places.shape[:2], 3))
        turned = Rotation.from_quat(quaternions.reshape(-1, 4)) * Rotation.from_rotvec(
            shake.reshape(-1, 3)
        )
        quaternions = turned.as_quat().reshape(quaternions.shape)
        scatter = np.clip(rng.normal(0.0, 1e-3 * noise, count), -0.4 / rate, 0.4 / rate)
        scatter[0] = abs(scatter[0])
        stamps = stamps + np.round(scatter * 1e9).astype(np.int64)
    return [
        TrackerFrame(
            int(stamp),
            {slot: TrackerPose(p, q) for slot, p, q in zip(slots, place, turn, strict=True)},
        )
        for stamp, place, turn in zip(stamps, places, quaternions, strict=True)
    ]


def true_bodies(
    motion: Motion, skeleton: Skeleton, slots: Sequence[str] = SLOTS[:3]
) -> Iterator[BodyPose]:
    """Yield the body of every frame of a motion, the first at START_NS."""
    positions, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    local_quaternions = continuous(quaternions_from_matrices(motion.local_rotations))
    world_quaternions = quaternions_from_matrices(world)
    contacts = _contacts(positions[:, 10:12], motion.fps)
    valid = np.array([slot in slots for slot in SLOTS])
    for index in range(len(motion)):
        yield BodyPose(
            stamp_ns=START_NS + round(index * 1e9 / motion.fps),
            frame_id="world",
            local_rotations=local_quaternions[index],
            positions=positions[index],
            world_rotations=world_quaternions[index],
            tracker_valid=valid,
            tracker_state=np.where(valid, TrackerState.MEASURED, TrackerState.LOST),
            tracker_positions=np.where(
                valid[:, None], positions[index, list(SLOT_JOINTS)], np.full((NUM_SLOTS, 3), np.nan)
            ),
            confidence=np.ones(NUM_JOINTS),
            contacts=contacts[index].astype(float),
        )


def _contacts(toes: np.ndarray, fps: float) -> np.ndarray:
    """Whether each toe joint (N, 2, 3) stands on the floor: (N, 2) bool."""
    speed = np.linalg.norm(np.gradient(toes[..., :2], 1.0 / fps, axis=0), axis=-1)
    return (toes[..., 2] < _CONTACT_HEIGHT) & (speed < _CONTACT_SPEED)
