# SPDX-License-Identifier: Apache-2.0
"""Read BVH (Biovision hierarchy) files as they are: joints, channels, and their numbers."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinest_ros.body.rotations_numpy import axis_rotation
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import OutOfBounds, read_text

#: Most bytes of a file, joints in it, and joints one below the other.
BVH_LIMIT, _JOINTS, _DEPTH = 1 << 28, 1024, 128
#: Most poses of joints: of 60 joints, 40 minutes at 120 frames per second.
_POSES = 1 << 24
_ROTATIONS = {"xrotation": "x", "yrotation": "y", "zrotation": "z"}
_POSITIONS = ("xposition", "yposition", "zposition")


@dataclass(frozen=True)
class BvhFile:
    """A hierarchy of J joints, parents first, and N frames.

    Attributes:
        names: of the joints.
        parents: (J,) index of each one's parent; -1 for the root.
        offsets: (J, 3) from the parent, in the file's unit and axes.
        ends: (J, 3) where a bone ends whose joint has none below; NaN for the others.
        channels: of each joint, in order, in lower case.
        values: (N, C) of all channels: degrees, and the file's unit.
        frame_time: s.
        notes: where the file breaks off.
    """

    names: tuple[str, ...]
    parents: np.ndarray
    offsets: np.ndarray
    ends: np.ndarray
    channels: tuple[tuple[str, ...], ...]
    values: np.ndarray
    frame_time: float
    notes: tuple[str, ...] = ()

    def world(self) -> tuple[np.ndarray, np.ndarray]:
        """Return positions (N, J, 3) and rotations (N, J, 3, 3) of the joints in the file's axes.

        The root is where its position channels say, which replace its offset, as in Blender and
        MotionBuilder; other joints' position channels are left out: bones are rigid.
        """
        count, joints = len(self.values), len(self.names)
        positions, rotations = np.empty((count, joints, 3)), np.empty((count, joints, 3, 3))
        column = 0
        for joint, channels in enumerate(self.channels):
            local = np.broadcast_to(np.eye(3), (count, 3, 3))
            place = np.broadcast_to(self.offsets[joint], (count, 3)).copy()
            for channel in channels:
                values = self.values[:, column]
                column += 1
                if channel in _ROTATIONS:
                    local = local @ axis_rotation(_ROTATIONS[channel], np.radians(values))
                elif self.parents[joint] < 0:
                    place[:, _POSITIONS.index(channel)] = values
            parent = self.parents[joint]
            if parent < 0:
                positions[:, joint], rotations[:, joint] = place, local
            else:
                above = rotations[:, parent]
                positions[:, joint] = positions[:, parent] + (above @ place[..., None])[..., 0]
                rotations[:, joint] = above @ local
        return positions, rotations


def parse_bvh(path: Path) -> BvhFile:
    """Read a file.

    Raises:
        KinestError: no such file, no BVH, or one that breaks off before its second frame.
    """
    try:
        text = read_text(path, BVH_LIMIT)
    except FileNotFoundError:
        raise KinestError(f"motion file {path} does not exist") from None
    except (OSError, UnicodeDecodeError, OutOfBounds) as error:
        raise KinestError(f"motion file {path} cannot be read: {error}") from None
    hierarchy, found, motion = text.lstrip("\ufeff").partition("MOTION")
    if not hierarchy.lstrip().upper().startswith("HIERARCHY") or not found:
        raise KinestError(
            f"motion file {path} is not a complete BVH file: it needs HIERARCHY, followed by MOTION"
        )
    try:
        names, parents, offsets, ends, channels = _hierarchy(hierarchy.split()[1:])
        values, frame_time, notes = _motion(path, motion, sum(map(len, channels)))
        if len(values) * len(names) > _POSES:
            raise ValueError(
                f"{len(values)} frames of {len(names)} joints exceed the limit: cut the file, or "
                "leave out joints such as fingers"
            )
    except ValueError as error:
        raise KinestError(f"motion file {path}: {error}") from None
    return BvhFile(
        tuple(names), np.array(parents), np.array(offsets).reshape(-1, 3),
        np.array(ends).reshape(-1, 3), tuple(channels), values, frame_time, notes,
    )  # fmt: skip


def _hierarchy(
    tokens: list[str],
) -> tuple[list[str], list[int], list[list[float]], list[list[float]], list[tuple[str, ...]]]:
    names: list[str] = []
    parents: list[int] = []
    offsets: list[list[float]] = []
    ends: list[list[float]] = []
    channels: list[tuple[str, ...]] = []
    stack: list[int] = []  # open braces: a joint's index, or -1 for an end site
    place = 0

    def take(count: int) -> list[str]:
        nonlocal place
        if place + count > len(tokens):
            raise ValueError("its HIERARCHY is truncated")
        place += count
        return tokens[place - count : place]

    while place < len(tokens):
        word = take(1)[0].upper()
        if word == "}":
            if not stack:
                raise ValueError("its HIERARCHY has one } too many")
            stack.pop()
        elif word in ("ROOT", "JOINT"):
            words = []
            while (token := take(1)[0]) != "{":  # names may hold blanks
                words.append(token)
            if (word == "ROOT") == bool(stack) or (stack and stack[-1] < 0) or not words:
                raise ValueError(f"{word} {' '.join(words)} is not expected there")
            if word == "ROOT" and names:
                raise ValueError("it has several bodies (ROOT); split it into one file per body")
            names.append(" ".join(words))
            parents.append(stack[-1] if stack else -1)
            offsets.append([0.0] * 3)
            ends.append([np.nan] * 3)
            channels.append(())
            stack.append(len(names) - 1)
            if len(names) > _JOINTS or len(stack) > _DEPTH:
                raise ValueError(f"more than {_JOINTS} joints, or more than {_DEPTH} levels")
        elif word == "END":
            while take(1)[0] != "{":
                pass
            if not stack or stack[-1] < 0:
                raise ValueError("an End Site is not expected there")
            stack.append(-1)
        elif word == "OFFSET" and stack:
            numbers = [_number(token) for token in take(3)]
            if stack[-1] >= 0:
                offsets[stack[-1]] = numbers
            else:
                ends[stack[-2]] = numbers
        elif word == "CHANNELS" and stack and stack[-1] >= 0:
            count = take(1)[0]
            if not count.isascii() or not count.isdigit() or int(count) > 6:
                raise ValueError(f"{names[stack[-1]]} has {count} channels; 0 to 6 are allowed")
            kinds = tuple(kind.lower() for kind in take(int(count)))
            if unknown := [k for k in kinds if k not in _ROTATIONS and k not in _POSITIONS]:
                raise ValueError(f"{names[stack[-1]]} has the unknown channel {unknown[0]}")
            channels[stack[-1]] = kinds
        else:
            raise ValueError(f"'{word[:40]}' is not expected there in its HIERARCHY")
    if stack or not names:
        raise ValueError("its HIERARCHY is truncated")
    return names, parents, offsets, ends, channels


def _motion(path: Path, text: str, width: int) -> tuple[np.ndarray, float, tuple[str, ...]]:
    words = text.split(None, 5)
    # Frames: N Frame Time: S, and all the numbers.
    if len(words) < 5 or words[0].lower() != "frames:" or words[3].lower() != "time:":
        raise ValueError("'Frames: N' and 'Frame Time: S' are missing after MOTION")
    promised, frame_time = words[1], _number(words[4])
    if not promised.isascii() or not promised.isdigit():
        raise ValueError(f"'{promised[:20]}' is not a number of frames")
    if not 1e-4 <= frame_time <= 10.0:
        raise ValueError(f"a frame of {frame_time:g} s; give it in seconds, such as 0.0166667")
    if not width:
        raise ValueError("its joints have no channels, so it has no motion")
    numbers = _numbers(words[5] if len(words) > 5 else "")
    count = min(len(numbers) // width, int(promised))
    if count < 2:
        raise ValueError(f"{count} complete frames; at least 2 are needed")
    values = numbers[: count * width].reshape(count, width)
    if not np.isfinite(values).all() or np.abs(values).max() > 1e9:
        raise ValueError("its MOTION has numbers that are not finite, or far too large")
    if count < int(promised):
        return values, frame_time, (f"{path} is truncated: it has {count} of {promised} frames",)
    return values, frame_time, ()


def _numbers(text: str) -> np.ndarray:
    """Return the numbers of a text; one that breaks off at its end is left out."""
    for attempt in (text, text.rstrip().rpartition("\n")[0]):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                return np.fromstring(attempt, sep=" ")
            except (DeprecationWarning, ValueError):
                continue
    wrong = next((token for token in text.split() if not _is_number(token)), "")
    raise ValueError(f"'{wrong[:40]}' in its MOTION is not a number")


def _number(token: str) -> float:
    if not _is_number(token) or not abs(float(token)) <= 1e9:
        raise ValueError(f"'{token[:40]}' is not a plausible number")
    return float(token)


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True
