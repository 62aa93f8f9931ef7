# SPDX-License-Identifier: Apache-2.0
"""How a body at rest stands in a file: its up, ahead and left, its unit, and how its limbs hang."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import unit
from kinest_ros.errors import KinestError

#: Metres in a unit, by name.
UNITS = {"m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "inch": 0.0254, "foot": 0.3048,
         "cmu": 0.0254 / 0.45}  # fmt: skip
#: Bones of the legs and the trunk, together, as a fraction of stature (see body.skeleton).
_FRACTION = 0.846
#: Statures of people, m, by which a unit is told.
_STATURES = (1.15, 2.35)
#: How far a bone may be off the T-pose at rest, as a cosine (15 degrees), and still count as in it.
#: Chosen below 20 degrees, by which the legs of CMU's recordings in BVH stand apart.
_AS_IN_T_POSE = np.cos(np.radians(15.0))
#: Limbs, joint by joint, and where they point in a T-pose, in SMPL's axes.
_LIMBS = (
    ("left_hip", "left_knee", (0.0, -1.0, 0.0)), ("left_knee", "left_ankle", (0.0, -1.0, 0.0)),
    ("right_hip", "right_knee", (0.0, -1.0, 0.0)), ("right_knee", "right_ankle", (0.0, -1.0, 0.0)),
    ("left_shoulder", "left_elbow", (1.0, 0.0, 0.0)), ("left_elbow", "left_wrist", (1.0, 0.0, 0.0)),
    ("right_shoulder", "right_elbow", (-1.0, 0.0, 0.0)),
    ("right_elbow", "right_wrist", (-1.0, 0.0, 0.0)),
)  # fmt: skip


def metres_per_unit(places: Mapping[str, np.ndarray], said: str | None) -> float:
    """Return the length of the file's unit, m.

    Unless it is given: of `UNITS`, the one in which trunk, thigh and shank, at their fraction of
    the stature, make an adult or a child; m, cm and mm go before the rarer ones.

    Args:
        places: (3,) of each joint at rest, by its name.
        said: a name of `UNITS` or a number of metres; None: found by what people measure.

    Raises:
        KinestError: no unit makes it a person's size, several do, or the one given is none.
    """
    if said is not None:
        try:
            value = UNITS[said] if said in UNITS else float(said)
        except ValueError:
            value = 0.0
        if not 1e-6 <= value <= 1e3:
            raise KinestError(f"--unit {said}: give one of {', '.join(UNITS)}, or its metres")
        return value
    hips = 0.5 * (places["left_hip"] + places["right_hip"])
    parts = [places["head"] - hips, *(places[b] - places[a] for a, b, _ in _LIMBS[:2])]
    size = float(np.sum([np.linalg.norm(part) for part in parts])) / _FRACTION
    low, high = _STATURES
    fitting = [name for name, metres in UNITS.items() if low <= size * metres <= high]
    # CMU's recordings, and what was made of them, have inches by 0.45 (their ASF files say so).
    common = [name for name in fitting if name in ("m", "cm", "mm")] or [
        name for name in fitting if name != "cmu" or len(fitting) == 1
    ]
    if len(common) != 1:
        which = f"any of {', '.join(common)}" if common else "none of " + ", ".join(UNITS)
        raise KinestError(
            f"the body is about {size:.4g} units tall, which is a plausible person in "
            f"{which}: give the unit with --unit cm, or in metres, such as --unit 0.0564"
        )
    return UNITS[common[0]]


def stands(places: Mapping[str, np.ndarray]) -> bool:
    """Return whether somebody stands: head above the hips, legs below them.

    Args:
        places: (3,) of each joint at rest, by its name.
    """
    up = places["head"] - 0.5 * (places["left_hip"] + places["right_hip"])
    if min(np.linalg.norm(up), np.linalg.norm(places["left_hip"] - places["right_hip"])) < 1e-6:
        return False
    up = _snapped(unit(up))
    return all(
        unit(places[f"{side}_ankle"] - places[f"{side}_hip"]) @ up <= -0.5
        for side in ("left", "right")
    )


def body_axes(places: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return smpl_from_file (3, 3): rows are the file's directions left, up and ahead at rest.

    Raises:
        KinestError: nobody who stands, or left and right are exchanged.
    """
    hips = 0.5 * (places["left_hip"] + places["right_hip"])
    up, left = places["head"] - hips, places["left_hip"] - places["right_hip"]
    if not stands(places):
        raise KinestError(_NOT_STANDING)
    up = _snapped(unit(up))
    left = unit(left - (left @ up) * up)
    left = _snapped(left)
    left = unit(left - (left @ up) * up)
    ahead = np.cross(left, up)
    toes = [
        unit(places[f"{side}_foot"] - places[f"{side}_ankle"]) @ ahead
        for side in ("left", "right")
        if f"{side}_foot" in places
    ]
    if toes and max(toes) < -0.3:
        raise KinestError(
            "its toes point backward: left and right are swapped, or its axes are "
            "left-handed. Swap them with --joints FILE, or fix the export"
        )
    return np.stack((left, up, ahead))


def limb_corrections(places: Mapping[str, np.ndarray], meant: bool = True) -> dict[int, np.ndarray]:
    """Return by joint the rotation (3, 3) from the T-pose to where its limb is at rest.

    Args:
        places: (3,) of each joint at rest, in SMPL's axes.
        meant: whether it is a pose that somebody made to be at rest, in which limbs that are nearly
            as in a T-pose are meant so; not a moment of a motion, where they just are there.
    """
    nearly = _AS_IN_T_POSE if meant else np.cos(1e-3)
    found: dict[int, np.ndarray] = {}
    for limb in zip(_LIMBS[::2], _LIMBS[1::2], strict=True):  # whole, or a straight one would bend
        bones = [unit(places[below] - places[joint]) for joint, below, _ in limb]
        wanted = [np.array(direction) for _, _, direction in limb]
        if min(bone @ aim for bone, aim in zip(bones, wanted, strict=True)) < nearly:
            for (joint, _, _), bone, aim in zip(limb, bones, wanted, strict=True):
                found[JOINT_INDEX[joint]] = _least_rotation(aim, bone)
    for side in ("left", "right"):  # hands go on as their forearms do
        elbow = JOINT_INDEX[f"{side}_elbow"]
        if elbow in found:
            found[JOINT_INDEX[f"{side}_wrist"]] = found[elbow]
    return found


_NOT_STANDING = (
    "neither its rest pose (all rotations zero) nor any frame is a standing pose, upright with "
    "straight legs and arms. Name a frame in which they stand "
    "upright, arms out or down, with --rest-frame N, or export it with such a pose at rest"
)


def _snapped(direction: np.ndarray) -> np.ndarray:
    """Return the axis that a direction is within 25 degrees of, or the direction itself."""
    axis = np.zeros(3)
    largest = int(np.argmax(np.abs(direction)))
    axis[largest] = np.sign(direction[largest])
    return axis if direction @ axis > np.cos(np.radians(25.0)) else direction


def _least_rotation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the smallest rotation (3, 3) that takes one direction (3,) to another."""
    cosine = float(first @ second)
    if cosine < -0.9999:
        axis = unit(np.cross(first, (0.0, 0.0, 1.0)))
        return np.asarray(2.0 * np.outer(axis, axis) - np.eye(3))
    cross = np.cross(first, second)
    skew = np.array(
        [[0.0, -cross[2], cross[1]], [cross[2], 0.0, -cross[0]], [-cross[1], cross[0], 0.0]]
    )
    return np.asarray(np.eye(3) + skew + skew @ skew / (1.0 + cosine))
