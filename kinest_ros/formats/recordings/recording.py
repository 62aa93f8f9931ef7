# SPDX-License-Identifier: Apache-2.0
"""What a recording of trackers holds, whatever file it was: a track per slot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import OutOfBounds
from kinest_ros.tracking.devices.basis import to_ros_basis
from kinest_ros.tracking.frame import MIN_QUATERNION_NORM, TrackerFrame, TrackerPose

#: Most bytes of a recording: some ten hours.
RECORDING_LIMIT = 1 << 29
#: Stamp of the first pose where the file's clock starts at nought: a stamp of zero says nothing.
FIRST_NS = 1_000_000_000
# Devices are called whatever somebody called them.
_SLOT_PATTERNS = (
    ("head", re.compile(r"camera|head(set)?|hmd")),
    ("left_foot", re.compile(r"(left|l)(foot|ankle)|(foot|ankle)(left|l)")),
    ("right_foot", re.compile(r"(right|r)(foot|ankle)|(foot|ankle)(right|r)")),
    ("left_hand", re.compile(r"left.*|l(hand|controller|ctrl)|.*left")),
    ("right_hand", re.compile(r"right.*|r(hand|controller|ctrl)|.*right")),
    ("pelvis", re.compile(r"pelvis|hips?|waist")),
)


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn read errors into one that names the recording.

    Raises:
        KinestError: it does not exist, is too large, or no file, or no text.
    """
    try:
        yield
    except FileNotFoundError:
        raise KinestError(f"recording {path} does not exist") from None
    except (OSError, UnicodeDecodeError, OutOfBounds) as error:
        raise KinestError(f"recording {path} cannot be read: {error}") from None


@dataclass(frozen=True)
class Track:
    """One tracked device in the ROS basis (x forward, y left, z up).

    Attributes:
        entity: its name in the file.
        stamps_ns: (N,) int64, increasing.
        positions: (N, 3) m.
        quaternions: (N, 4) xyzw.
        dropped: poses left out, by reason.
    """

    entity: str
    stamps_ns: np.ndarray
    positions: np.ndarray
    quaternions: np.ndarray
    dropped: dict[str, int]


@dataclass(frozen=True)
class Recording:
    """All tracked devices of a file.

    Attributes:
        tracks: track by slot.
        ignored: entities that are neither head nor hand, nor pelvis nor foot.
        notes: what is to be said of the file: where it breaks off, what was assumed.
    """

    tracks: dict[str, Track]
    ignored: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def frames(self) -> Iterator[TrackerFrame]:
        """Yield the poses of all tracks in the order of time; equal stamps share a frame."""
        entries = sorted(
            (int(stamp), SLOTS.index(slot), index)
            for slot, track in self.tracks.items()
            for index, stamp in enumerate(track.stamps_ns)
        )
        start = 0
        for stop in range(1, len(entries) + 1):
            if stop < len(entries) and entries[stop][0] == entries[start][0]:
                continue
            poses = {}
            for _, slot_index, index in entries[start:stop]:
                track = self.tracks[SLOTS[slot_index]]
                pose = TrackerPose(track.positions[index], track.quaternions[index])
                poses[SLOTS[slot_index]] = pose
            yield TrackerFrame(entries[start][0], poses)
            start = stop


def slot_of(name: str) -> str | None:
    """Return the slot that a device's name means, such as "leftHand"; None for none."""
    plain = re.sub(r"[^a-z]", "", name.lower())
    return next((slot for slot, pattern in _SLOT_PATTERNS if pattern.fullmatch(plain)), None)


def track_of(name: str, stamps_ns: np.ndarray, values: np.ndarray, basis: str = "ros") -> Track:
    """Return a track of raw poses, without those that cannot be used.

    Left out are poses that are not finite or have no rotation, and those whose time does not
    increase.

    Args:
        name: the device's name in the file.
        stamps_ns: (N,) int64.
        values: (N, 7) position, m, and quaternion xyzw of any length but zero.
        basis: axes of the values, one of `BASES`.
    """
    dropped: dict[str, int] = {}
    usable = np.isfinite(values).all(-1)
    usable[usable] = np.linalg.norm(values[usable, 3:], axis=-1) > MIN_QUATERNION_NORM
    if not usable.all():
        dropped["no pose"] = int((~usable).sum())
    stamps_ns, values = stamps_ns[usable], values[usable]
    later = increasing(stamps_ns)
    if not later.all():
        dropped["time not increasing"] = int((~later).sum())
    stamps_ns, values = stamps_ns[later], values[later]
    places, turns = to_ros_basis(values[:, :3], values[:, 3:], basis)
    turns = turns / np.linalg.norm(turns, axis=-1, keepdims=True)
    return Track(name, stamps_ns, places, turns, dropped)


def increasing(stamps: np.ndarray) -> np.ndarray:
    """Return which of (N,) stamps are later than all before them, (N,) bool."""
    if not len(stamps):
        return np.zeros(0, bool)
    latest = np.maximum.accumulate(stamps)
    return np.concatenate(([True], stamps[1:] > latest[:-1]))


def stamps_from(seconds: np.ndarray, start_ns: int = FIRST_NS) -> np.ndarray:
    """Return stamps (N,), ns, of times (N,), s, of which the first finite one becomes `start_ns`.

    Times that are not finite, or so far off that no stamp can say them, repeat the first.
    """
    known = np.isfinite(seconds)
    first = float(seconds[known][0]) if known.any() else 0.0
    since = np.where(known, seconds - first, 0.0)
    since = np.where(np.abs(since) < 1e9, since, 0.0)
    return np.round(since * 1e9).astype(np.int64) + start_ns


def by_slot(tracks: Mapping[str, Track], path: object) -> Recording:
    """Return a recording of tracks by the devices' names; those that name no slot are ignored.

    Raises:
        KinestError: two devices for one slot, or no head with poses.
    """
    chosen: dict[str, Track] = {}
    ignored = []
    for name, track in tracks.items():
        slot = slot_of(name)
        if slot is None or not len(track.stamps_ns):
            ignored.append(name)
            continue
        if slot in chosen:
            raise KinestError(f"{path}: '{name}' and '{chosen[slot].entity}' are both the {slot}")
        chosen[slot] = track
    if "head" not in chosen:
        there = ", ".join(repr(name) for name in tracks) or "nothing"
        raise KinestError(
            f"{path}: no headset with poses among {there}; call it 'head', 'hmd' or 'camera'"
        )
    return Recording(chosen, ignored)
