# SPDX-License-Identifier: Apache-2.0
"""The frame of a clip in which its person stands most as at rest, where the file's rest pose fails.

Some files have no rest pose to speak of: with all rotations zero, every bone points along one axis
(LaFAN1, and others from solvers that make a joint's axes of its bone). Then somebody who stands
upright with straight limbs shows how the joints are turned at rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinest_ros.body.rotations_numpy import unit

#: Frames that are looked at, at most, evenly over the clip.
_LOOKED_AT = 5000
#: How far, as a cosine, the trunk may be off upright (25 degrees), legs off it and arms off
#: straight (45): limbs are made up for, by their directions, but turns about themselves are not.
_UPRIGHT, _STRAIGHT = np.cos(np.radians(25.0)), np.cos(np.radians(45.0))


def standing_frame(positions: np.ndarray, joints: Mapping[str, int]) -> int | None:
    """Return the index of a frame, or None where nobody stands upright with straight limbs.

    Looks at no more than a bounded number of frames, evenly spread. Of those within 25 degrees of
    upright and 45 of straight limbs, with the arms out or down, the most upright and straight one.

    Args:
        positions: (N, J, 3) of the file's joints, in its world and unit.
        joints: the file's joint of each of ours.
    """
    rows = np.unique(np.linspace(0, len(positions) - 1, _LOOKED_AT).astype(int))
    at = {name: positions[rows, index] for name, index in joints.items()}

    def along(start: str, end: str) -> np.ndarray:
        bone = at[end] - at[start]
        return bone / np.maximum(np.linalg.norm(bone, axis=-1, keepdims=True), 1e-9)

    hips = 0.5 * (at["left_hip"] + at["right_hip"])
    trunk = at["head"] - hips
    trunk = trunk / np.maximum(np.linalg.norm(trunk, axis=-1, keepdims=True), 1e-9)
    mean = trunk.mean(axis=0)
    if np.linalg.norm(mean) < 0.5:  # tumbling: what is upright is not known
        return None
    upward = np.zeros(3)
    axis = int(np.argmax(np.abs(mean)))
    upward[axis] = np.sign(mean[axis])
    left = along("right_hip", "left_hip")
    upright, straight, held = [], [], []
    for side, outward in (("left", left), ("right", -left)):
        legs = along(f"{side}_hip", f"{side}_knee"), along(f"{side}_knee", f"{side}_ankle")
        upright += [-(bone @ upward) for bone in legs]
        upper = along(f"{side}_shoulder", f"{side}_elbow")
        lower = along(f"{side}_elbow", f"{side}_wrist")
        straight.append((upper * lower).sum(axis=-1))
        # Out or down; the smallest turn to a T-pose is then about one axis, and known.
        held.append(np.maximum((upper * outward).sum(axis=-1), -(upper @ upward)))
    erect, legs_down = trunk @ upward, np.min(upright, axis=0)
    arms = np.minimum(np.min(straight, axis=0), np.min(held, axis=0))
    able = (erect > _UPRIGHT) & (legs_down > _STRAIGHT) & (arms > _STRAIGHT)
    if not able.any():
        return None
    goodness = np.where(able, 2.0 * erect + legs_down + arms, -np.inf)
    return int(rows[int(np.argmax(goodness))])


def heading_kept(axes: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Return body axes (3, 3), rows left, up and ahead, turned about up so that left is as it is.

    Args:
        axes: as `rest_axes.body_axes` gives them, which takes a rest pose to face along an axis.
        left: (3,) from the right hip to the left one.
    """
    up = axes[1]
    left = unit(left - (left @ up) * up)
    return np.stack((left, up, np.cross(left, up)))
