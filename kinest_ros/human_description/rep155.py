# SPDX-License-Identifier: Apache-2.0
"""A body in the joints of REP-155's human kinematic model.

The model is a stick figure of 20 revolutes (names, axes and limits: REP-155 and the reference URDF
of ros4hri/human_description). Frames are REP-103's, and at zero a person stands with hanging arms:

* ``waist`` about y carries the torso, ``r_head, y_head, p_head`` about x, z, -y the head;
* shoulders, left: ``l_y_shoulder`` about -z, ``l_p_shoulder`` about x, ``l_r_shoulder`` about z,
  then ``l_elbow`` about -y; the right arm is the mirror image;
* hips, left: ``l_y_hip`` about -z, ``l_p_hip`` about x, ``l_r_hip`` about -y, then ``l_knee`` about
  -y; of the right leg only ``r_p_hip`` is mirrored.

What comes out of it as it is in the body, in the frame of the pelvis: the directions of upper arms,
forearms, thighs and shanks, and the rotation of the head. What the model cannot say, and is left
out: bending the trunk sideways and twisting it (there is only the waist, which gets the chest's
turn about y), shoulders that are raised or reached forward, pronation and wrists, ankles and toes.
Bones have the lengths of the URDF and not the wearer's, so positions differ.

A forearm or shank that is in line with its upper bone has no plane; below a bend of 12° its angle
is measured, more and more, in the plane of the upper bone's own rotation, so the direction may then
be off by up to the bend itself. Angles may lie outside the URDF's limits, which are narrower than
what people reach (sitting takes a hip to 90°, the URDF to 40°).
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX

_ARM = {"y_shoulder": (-1.1, 1.9), "p_shoulder": (-0.4, 3.3), "r_shoulder": (-1.7, 1.5)}
_LEG = {"y_hip": (-0.1, 0.6), "p_hip": (-0.4, 3.3), "r_hip": (-0.4, 0.7)}
_LIMITS: dict[str, tuple[float, float]] = {
    "waist": (-0.2, 1.0),
    "r_head": (-1.0, 1.0),
    "y_head": (-1.4, 1.4),
    "p_head": (-1.5, 1.5),
    **{f"{side}_{name}": limits for side in "lr" for name, limits in
       {**_ARM, "elbow": (0.0, 2.5)}.items()},
    **{f"{side}_{name}": limits for side in "lr" for name, limits in
       {**_LEG, "knee": (-2.5, 0.0)}.items()},
}  # fmt: skip
#: Names of the joints, without the body's id that REP-155 appends.
REP155_JOINTS: tuple[str, ...] = tuple(_LIMITS)
#: (20, 2) rad, the range of each joint in the reference URDF.
REP155_LIMITS = np.array(list(_LIMITS.values()))

#: Sines of the bend between which a limb's plane passes from the upper bone's to its own.
_STRAIGHT, _BENT = 0.05, 0.2
#: Of two equivalent triples the nearer to the angles before is taken; excess over the limits counts
#: this many times as much as a step.
_EXCESS_WEIGHT = 4.0
_MIRROR = np.array([1.0, -1.0, 1.0])
_LEFT_RIGHT = [[JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right")] for name in
               ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")]  # fmt: skip
_SHOULDERS, _ELBOWS, _WRISTS, _HIPS, _KNEES, _ANKLES = _LEFT_RIGHT
_CHEST, _HEAD = JOINT_INDEX["spine3"], JOINT_INDEX["head"]

_Triples = tuple[np.ndarray, np.ndarray]


def joint_names(body_id: str) -> tuple[str, ...]:
    """Return the 20 joint names of one body, each with ``_<body_id>`` at its end."""
    return tuple(f"{name}_{body_id}" for name in REP155_JOINTS)


def rep155_angles(
    positions: np.ndarray, world_from_link: np.ndarray, previous: np.ndarray | None = None
) -> np.ndarray:
    """Return the angles of the model that reproduce a body's limb directions and head.

    Args:
        positions: (22, 3) joint positions in the world, m.
        world_from_link: (22, 3, 3) link rotations (REP-103 axes).
        previous: (20,) rad, the angles of the body before; None: zero.

    Returns:
        (20,) rad in the order of REP155_JOINTS, each within half a turn of its range's middle.
    """
    start = np.zeros(len(REP155_JOINTS)) if previous is None else previous
    angles = np.empty(len(REP155_JOINTS))
    pelvis = world_from_link[0]
    links = pelvis.T @ world_from_link
    chest = links[_CHEST]
    angles[0] = np.arctan2(chest[0, 2] - chest[2, 0], chest[0, 0] + chest[2, 2])
    sine, cosine = np.sin(angles[0]), np.cos(angles[0])
    torso = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    _choose(angles, 1, start, _head_angles(torso.T @ links[_HEAD]))
    arms, elbows = _limbs(
        (positions[_ELBOWS] - positions[_SHOULDERS]) @ pelvis @ torso,
        (positions[_WRISTS] - positions[_ELBOWS]) @ pelvis @ torso,
        links[_SHOULDERS, :, 0] @ torso,
        1.0,
    )
    legs, knees = _limbs(
        (positions[_KNEES] - positions[_HIPS]) @ pelvis,
        (positions[_ANKLES] - positions[_KNEES]) @ pelvis,
        links[_HIPS, :, 0],
        -1.0,
    )
    for first, rotations, bends, solve in ((4, arms, elbows, _arm), (12, legs, knees, _leg)):
        for side in (0, 1):
            place = first + 4 * side
            _choose(angles, place, start, solve(rotations[side], start, place))
            angles[place + 3] = bends[side]
    middle = REP155_LIMITS.mean(axis=1)
    return middle + _wrap(angles - middle)


def _limbs(
    upper: np.ndarray, lower: np.ndarray, forward: np.ndarray, sign: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper bones' frames (2, 3, 3), mirrored for the right, and the bends (2,).

    Args:
        upper: (2, 3) from the root joint to the middle one, left and right.
        lower: (2, 3) from the middle joint to the end.
        forward: (2, 3) the x axes of the upper bones' links.
        sign: 1 where the limb bends to the front (elbows), -1 to the back (knees).
    """
    sides = np.stack((np.ones(3), _MIRROR))
    upper, lower, forward = _unit(upper * sides), _unit(lower * sides), forward * sides
    own = forward - np.sum(forward * upper, axis=1, keepdims=True) * upper
    across = sign * (lower - np.sum(lower * upper, axis=1, keepdims=True) * upper)
    sine = np.sqrt(np.sum(across * across, axis=1, keepdims=True))
    share = np.clip((sine - _STRAIGHT) / (_BENT - _STRAIGHT), 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    x = _unit(share * across / np.maximum(sine, 1e-12) + (1.0 - share) * _unit(own))
    # Where the two were opposite, their mean may have left the plane across the bone.
    frames = np.stack((x, np.cross(-upper, x), -upper), axis=2)
    bend = np.arctan2(np.sum(lower * x, axis=1), np.sum(lower * upper, axis=1))
    return frames, bend


def _head_angles(matrix: np.ndarray) -> _Triples:
    """Return both solutions (3,) of matrix = R_x(r) R_z(y) R_-y(p)."""
    r = np.arctan2(matrix[2, 1], matrix[1, 1])
    y = np.arcsin(np.clip(-matrix[0, 1], -1.0, 1.0))
    p = -np.arctan2(matrix[0, 2], matrix[0, 0])
    return np.array((r, y, p)), np.array((r + np.pi, np.pi - y, p + np.pi))


def _arm(matrix: np.ndarray, start: np.ndarray, place: int) -> _Triples:
    """Return both solutions (3,) of matrix = R_-z(y) R_x(p) R_z(r)."""
    size = np.hypot(matrix[2, 0], matrix[2, 1])
    p = np.arctan2(size, matrix[2, 2])
    if size > 1e-9:
        y = -np.arctan2(matrix[0, 2], -matrix[1, 2])
        r = np.arctan2(matrix[2, 0], matrix[2, 1])
    else:  # Hanging or raised straight: y and r turn about one line, so y stays where it is.
        y = start[place]
        turn = np.arctan2(matrix[1, 0], matrix[0, 0])
        r = (turn + y) if matrix[2, 2] > 0.0 else -(turn + y)
    return np.array((y, p, r)), np.array((y + np.pi, -p, r + np.pi))


def _leg(matrix: np.ndarray, start: np.ndarray, place: int) -> _Triples:
    """Return both solutions (3,) of matrix = R_-z(y) R_x(p) R_-y(r), y reversed on the right."""
    p = np.arcsin(np.clip(matrix[2, 1], -1.0, 1.0))
    y = -np.arctan2(-matrix[0, 1], matrix[1, 1])
    r = -np.arctan2(-matrix[2, 0], matrix[2, 2])
    if place == 16:
        y = -y
    return np.array((y, p, r)), np.array((y + np.pi, np.pi - p, r + np.pi))


def _choose(angles: np.ndarray, place: int, start: np.ndarray, triples: _Triples) -> None:
    """Write the better of two equivalent triples into the angles."""
    where = slice(place, place + 3)
    low, high = REP155_LIMITS[where].T
    middle = 0.5 * (low + high)
    best, least = triples[0], np.inf
    for triple in triples:
        inside = middle + _wrap(triple - middle)
        excess = inside - np.clip(inside, low, high)
        step = _wrap(inside - start[where])
        cost = step @ step + _EXCESS_WEIGHT * excess @ excess
        if cost < least:
            best, least = inside, cost
    angles[where] = best


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.sqrt(np.sum(vectors * vectors, axis=-1, keepdims=True)), 1e-12)


def _wrap(angles: np.ndarray) -> np.ndarray:
    return angles - 2.0 * np.pi * np.rint(angles / (2.0 * np.pi))
