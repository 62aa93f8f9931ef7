# SPDX-License-Identifier: Apache-2.0
"""What somebody does in a clip, as an operator's day has it: standing, stepping, reaching, ...

From the file's name where that says it, else from the motion itself, so that any clip has a kind.
"""

from __future__ import annotations

from pathlib import PurePosixPath

import numpy as np
from scipy.ndimage import uniform_filter1d

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clips.labels import ClipLabel

#: Read from the motion, from what asks most of a body to what asks least: a clip is of the first
#: one that it has enough of. "athletic": running, jumping, kicking, rolling. "hands": gestures and
#: work, which the motion does not tell apart.
KINDS = ("athletic", "sitting", "crouching", "stepping", "reaching", "hands", "standing")
#: Share of a clip that makes it one of a kind.
ENOUGH = 0.25

_CHARACTERS = ("smartbody", "vhtoolkit")
_FPS = 60.0
_PELVIS, _NECK = JOINT_INDEX["pelvis"], JOINT_INDEX["neck"]
_HIPS, _KNEES, _ANKLES, _TOES, _SHOULDERS, _ELBOWS, _WRISTS = (
    [JOINT_INDEX[f"left_{name}"], JOINT_INDEX[f"right_{name}"]]
    for name in ("hip", "knee", "ankle", "foot", "shoulder", "elbow", "wrist")
)
#: What actions of Bandai Namco and convseq begin with.
_BY_ACTION = {
    "gesturing": ("bow", "bye", "call", "guide", "respond", "raise-up", "wave", "directing"),
    "manipulating": ("washwindow", "basketball_signal"),
    "stepping": ("walk",),
    "athletic": ("dash", "run", "kick", "punch", "slash", "dance", "jumping"),
}
#: What files of SmartBody begin with.
_BY_SET = {"jumping": "athletic", "kicking": "athletic", "punching": "athletic",
           "MocapReaching": "reaching"}  # fmt: skip


def kind_by_name(label: ClipLabel) -> str | None:
    """Return the kind that a clip's name says: as KINDS, with hands told apart; None if none."""
    if label.source in ("bandai", "convseq"):
        found = (kind for kind, words in _BY_ACTION.items() if label.action.startswith(words))
        return next(found, None)
    if label.source == "smartbody":
        return _BY_SET.get(PurePosixPath(label.path).stem.split("__")[0])
    return None


def kind_of_clip(
    label: ClipLabel, rotations: np.ndarray, roots: np.ndarray, rest_offsets: np.ndarray
) -> str:
    """Return the kind by the name, else by the motion; arguments as for kind_of."""
    if named := kind_by_name(label):
        return named
    kind = kind_of(rotations, roots, rest_offsets)
    # Characters only gesture: their work with the hands would be in a set of its own.
    return "gesturing" if kind == "hands" and label.source in _CHARACTERS else kind


def kind_of(rotations: np.ndarray, roots: np.ndarray, rest_offsets: np.ndarray) -> str:
    """Return the kind of a clip, one of KINDS.

    Args:
        rotations: (N, 22, 3, 3), [:, 0] world_from_pelvis, others parent_from_joint.
        roots: (N, 3) pelvis in a world with Z up, m, at 60 frames per second.
        rest_offsets: (22, 3), m.
    """
    shares = kind_shares(rotations, roots, rest_offsets)
    return next((kind for kind in KINDS if shares[kind] >= ENOUGH), "standing")


def kind_shares(
    rotations: np.ndarray, roots: np.ndarray, rest_offsets: np.ndarray
) -> dict[str, float]:
    """Return the share of the frames that are of each kind; arguments as for kind_of."""
    body = Skeleton(rest_offsets)
    at, _ = forward_kinematics_np(rotations, rest_offsets, roots)
    height = at[:, _PELVIS, 2] / body.pelvis_height
    walked = _speed(at[:, [_PELVIS], :2])[:, 0]
    feet = at[:, _TOES, 2].min(axis=1)
    stepped = _speed(at[:, _TOES]).max(axis=1)
    thighs = at[:, _KNEES] - at[:, _HIPS]
    flat = -thighs[..., 2] / np.linalg.norm(thighs, axis=-1)
    low_thighs = (height < 0.8) & (flat < 0.5).all(axis=1)
    # Who sits has the feet before the seat; in a low stance they stand on both sides of it.
    ahead = np.linalg.norm((at[:, _ANKLES].mean(axis=1) - at[:, _PELVIS])[:, :2], axis=-1)
    thigh = np.linalg.norm(rest_offsets[_KNEES[0]])
    trunk = at[:, _NECK] - at[:, _PELVIS]
    upright = trunk[:, 2] / np.linalg.norm(trunk, axis=-1)
    arm = np.linalg.norm(rest_offsets[[_ELBOWS, _WRISTS]], axis=-1).sum(axis=0)
    reach = np.linalg.norm(at[:, _WRISTS] - at[:, _SHOULDERS], axis=-1) / arm
    # Straight arms that hang reach for nothing.
    raised = at[:, _WRISTS, 2] > at[:, _SHOULDERS, 2] - 0.6 * arm
    low = at[:, _WRISTS, 2] < at[:, _KNEES, 2]
    hands = _speed(at[:, _WRISTS] - at[:, [_PELVIS]]).max(axis=1)
    found = {
        "athletic": (walked > 2.0) | (feet > 0.2) | (stepped > 3.5) | (upright < 0.3),
        "sitting": low_thighs & (upright > 0.6) & (stepped < 0.3) & (ahead > 0.3 * thigh),
        "crouching": height < 0.8,
        "stepping": (walked > 0.35) | (stepped > 0.7),
        "reaching": ((reach > 0.92) & (raised | low)).any(axis=1),
        "hands": (hands > 0.2) | (at[:, _WRISTS, 2] > at[:, [_PELVIS], 2] + 0.05).any(axis=1),
    }
    left = np.ones(len(at), dtype=bool)
    shares: dict[str, float] = {}
    for kind, frames in found.items():
        shares[kind] = float((frames & left).mean())
        left &= ~frames
    return {**shares, "standing": float(left.mean())}


def _speed(positions: np.ndarray) -> np.ndarray:
    """Return the speed (N, J), m/s, over half a second, of positions (N, J, D)."""
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=-1) * _FPS
    steps = np.concatenate((steps, steps[-1:]))
    return uniform_filter1d(steps, size=min(30, len(steps)), axis=0, mode="nearest")
