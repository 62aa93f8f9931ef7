# SPDX-License-Identifier: Apache-2.0
"""What comes in: the poses of the tracked devices at one time, and what is wrong with bad ones."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.errors import KinestError

#: Positions farther from the origin than this (m) are a fault of the tracker or of the units.
MAX_DISTANCE = 1000.0
#: Quaternions shorter than this carry no rotation.
MIN_QUATERNION_NORM = 1e-3

#: What may be tracked where a slot has several kinds of device, each mounted differently.
DEVICES = ("", "controller", "hand")

_DEVICE_INDEX = {device: index for index, device in enumerate(DEVICES)}
_SLOT_INDEX = {slot: index for index, slot in enumerate(SLOTS)}


class BadTrackerPose(KinestError):
    """A pose that cannot be used.

    Attributes:
        slot: the slot of the pose, so that the rest of its frame can be pushed without it.
    """

    def __init__(self, slot: str, message: str) -> None:
        """Keep the slot beside the message for the user."""
        super().__init__(message)
        self.slot = slot


@dataclass(frozen=True)
class TrackerPose:
    """Pose of one device, world_from_tracker.

    Attributes:
        position: (3,) m.
        quaternion: (4,) xyzw; need not be of unit length.
        device: what is tracked where a slot has several kinds, each with a mount of its own:
            "controller" or "hand"; "" where it is not known.
    """

    position: Sequence[float] | np.ndarray
    quaternion: Sequence[float] | np.ndarray
    device: str = ""


@dataclass(frozen=True)
class TrackerFrame:
    """Poses measured at one time; any subset of the slots.

    Attributes:
        stamp_ns: time of measurement on the trackers' clock, ns.
        poses: pose by slot name; the names are those of `kinest_ros.body.joints.SLOTS`.
        frame_id: the fixed frame the poses are in, as it was sent (`fixed_frames.fixed_frame`).
        worn: whether the headset is worn, where the device tells; None where it does not.
    """

    stamp_ns: int
    poses: Mapping[str, TrackerPose]
    frame_id: str = "world"
    worn: bool | None = None


def device_index(device: str) -> int:
    """Return the index in `DEVICES`; one that is not there counts as not known."""
    return _DEVICE_INDEX.get(device, 0)


def devices_in(frame: TrackerFrame) -> dict[int, int]:
    """Return the index in `DEVICES` by slot index, of the frame's poses whose device is known."""
    return {
        _SLOT_INDEX[slot]: device_index(pose.device)
        for slot, pose in frame.poses.items()
        if pose.device
    }


def checked_poses(frame: TrackerFrame) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Return the frame's poses by slot index: position (3,) m and unit quaternion (4,) xyzw.

    Raises:
        BadTrackerPose: for an unknown slot, a wrong number of values, a value that is not finite,
            a position more than 1 km away, or a quaternion of length zero.
    """
    return {
        _slot_index(slot): (_checked_position(slot, pose), _checked_quaternion(slot, pose))
        for slot, pose in frame.poses.items()
    }


def _slot_index(slot: str) -> int:
    index = _SLOT_INDEX.get(slot)
    if index is None:
        raise BadTrackerPose(slot, f"unknown tracker slot '{slot}'; use one of {', '.join(SLOTS)}")
    return index


def _checked_position(slot: str, pose: TrackerPose) -> np.ndarray:
    values = _floats(pose.position)
    if len(values) != 3 or not all(map(math.isfinite, values)):
        raise BadTrackerPose(
            slot,
            f"{slot}: position {_text(values)} is not three finite numbers; "
            "send no pose while the tracker has none",
        )
    if max(map(abs, values)) > MAX_DISTANCE:
        raise BadTrackerPose(
            slot,
            f"{slot}: position {_text(values)} is more than {MAX_DISTANCE:.0f} m from the origin; "
            "positions must be in metres, neither millimetres nor centimetres",
        )
    return np.array(values)


def _checked_quaternion(slot: str, pose: TrackerPose) -> np.ndarray:
    values = _floats(pose.quaternion)
    if len(values) != 4 or not all(map(math.isfinite, values)):
        raise BadTrackerPose(
            slot,
            f"{slot}: quaternion {_text(values)} is not four finite numbers (x, y, z, w); "
            "send no pose while the tracker has none",
        )
    norm = math.hypot(*values)
    if not MIN_QUATERNION_NORM < norm < math.inf:
        raise BadTrackerPose(
            slot,
            f"{slot}: quaternion {_text(values)} has the length {norm:.1g}; "
            "no rotation is (0, 0, 0, 1) in the order x, y, z, w",
        )
    return np.array([value / norm for value in values])


def _floats(values: Sequence[float] | np.ndarray) -> list[float]:
    if isinstance(values, np.ndarray) and values.dtype.char == "d":
        return values.tolist()  # type: ignore[no-any-return]
    return [float(value) for value in values]


def _text(values: list[float]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
