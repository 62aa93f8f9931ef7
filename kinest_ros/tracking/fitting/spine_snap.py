# SPDX-License-Identifier: Apache-2.0
"""Bends the spine so that it joins the head and the pelvis, both of them where they are tracked."""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.rotations_numpy import matrices_about_axes, rotation_vectors

PELVIS = JOINT_INDEX["pelvis"]
#: The joints that bend, from the pelvis up, and where their bones end.
SPINE = np.array([JOINT_INDEX[name] for name in ("spine1", "spine2", "spine3", "neck")])
_ENDS = np.array([JOINT_INDEX[name] for name in ("spine2", "spine3", "neck", "head")])
#: How much of a turn of the pelvis each but the neck takes over: the vertebrae share the twist.
_SHARES = np.array([0.75, 0.5, 0.25])
#: How readily each joint gives way to a pull.
_EASE = np.array([[0.5], [0.6], [0.8], [1.0]])
#: A pull p turns a bone by asin(ease * p) at the most. Pulls up to the first are free; the second
#: is never reached, however far the trackers are from where the spine would have them.
FREE_PULL, MOST_PULL = 0.7, 0.8
#: Where the iteration stops on its way there. Any nearer, and rounding would lead it onto the pull
#: that is not reached, where the wall has no height; a spine 20 km too short is held by this.
_HARDEST_PULL = MOST_PULL - 1e-6 * (MOST_PULL - FREE_PULL)
#: A pull along the spine only straightens it, whose bones are near that direction already: it may
#: be stronger by this. Else a spine that has to be straight to a millimetre would not get there.
STRETCH = 3.0
#: m, scale of the distance that is left where the spine would have to be pulled harder.
_LEFT = 0.02
#: Newton's iteration: most steps, longest step, m at which it is done.
_STEPS, _LONGEST, _DONE = 24, 0.6, 1e-6
_IDENTITY = np.eye(3)


def turn_pelvis(world: np.ndarray, rotation: np.ndarray) -> None:
    """Give the pelvis its rotation (3, 3), the spine taking its share; in place.

    Args:
        world: world_from_joint (22, 3, 3).
        rotation: (3, 3) world_from_pelvis.
    """
    turn = rotation @ world[PELVIS].T
    ((_, xy, xz), (yx, _, yz), (zx, zy, _)) = turn.tolist()
    axis = np.array((zy - yz, xz - zx, yx - xy))
    sine, cosine = 0.5 * math.sqrt(axis @ axis), 0.5 * (float(np.trace(turn)) - 1.0)
    if sine > 1e-6:
        axis, angle = axis / (2.0 * sine), math.atan2(sine, cosine)
    else:
        # No turn, or half a turn, whose axis does not show in the difference.
        vector = rotation_vectors(turn)
        angle = math.sqrt(vector @ vector)
        axis = vector / max(angle, 1e-12)
    shared = SPINE[:3]
    axes = np.broadcast_to(axis, (3, 3))
    world[shared] = matrices_about_axes(axes, _SHARES * angle) @ world[shared]
    world[PELVIS] = rotation


def join_spine(world: np.ndarray, rest_offsets: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return the pose with its spine bent so that the head is where it should be from the pelvis.

    A pull p, one for all, turns each bone of direction u into that of u + ease * p: the turns with
    the least sum of length / ease * (1 - cos(angle)) that lead there. The pull is the minimum of a
    convex function, so there is one solution, and it follows smoothly when the trackers move.
    Pelvis and head keep their rotations. Where the spine would have to bend too much, because its
    bones are longer or shorter than the wearer's, or does not reach at all, something is left.

    Args:
        world: world_from_joint (22, 3, 3).
        rest_offsets: (22, 3) m.
        reach: (3,) m, from the pelvis to the head, in the world.

    Returns:
        world_from_joint (22, 3, 3), a new array.
    """
    bones = (world[SPINE] @ rest_offsets[_ENDS, :, None])[..., 0]
    lengths = np.maximum(np.sqrt(np.einsum("ij,ij->i", bones, bones)), 1e-9)
    before = bones / lengths[:, None]
    after = _pulled(before, lengths, reach - world[PELVIS] @ rest_offsets[SPINE[0]])
    world = world.copy()
    world[SPINE] = _shortest_turns(before, after) @ world[SPINE]
    return world


def _pulled(directions: np.ndarray, lengths: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """Return unit directions (4, 3) that bones of some lengths (4,) lead to a goal (3,) with."""
    pull, size = np.zeros(3), 0.0
    pulled = directions
    weights = lengths * _EASE[:, 0]
    chord = lengths @ directions
    along_spine = chord / max(math.sqrt(chord @ chord), 1e-9)
    for _ in range(_STEPS):
        # Gradient and second derivative of sum(length / ease * |u + ease p|) - goal . p + wall(p).
        moved = directions + _EASE * pull
        stretched = np.sqrt(np.einsum("ij,ij->i", moved, moved))
        pulled = moved / stretched[:, None]
        gradient = lengths @ pulled - goal
        share = weights / stretched
        hessian = (share.sum() + 1e-9) * _IDENTITY - (share * pulled.T) @ pulled
        if size > FREE_PULL:
            metric = _metric(pull, along_spine)
            slope_of_size = metric @ pull / size
            push, slope = _wall(size)
            gradient += push * slope_of_size
            across = push / size
            outer = np.outer(slope_of_size, slope_of_size)
            hessian += across * metric + (slope - across) * outer
        if gradient @ gradient < _DONE**2:
            break
        step = np.linalg.solve(hessian, -gradient)
        length = math.sqrt(step @ step)
        if length > _LONGEST:
            step *= _LONGEST / length
        # Never more than nine tenths of the way to the pull that is not reached.
        most = max(size, FREE_PULL)
        most = min(most + 0.9 * (MOST_PULL - most), _HARDEST_PULL)
        pull = pull + step
        size = math.sqrt(pull @ _metric(pull, along_spine) @ pull)
        if size > most:
            pull *= most / size
            size = most
    return pulled


def _metric(pull: np.ndarray, along_spine: np.ndarray) -> np.ndarray:
    """Return the metric (3, 3) that pulls are measured in: less by STRETCH along the spine."""
    if pull @ along_spine <= 0.0:
        return _IDENTITY
    less: np.ndarray = _IDENTITY - (1.0 - STRETCH**-2) * np.outer(along_spine, along_spine)
    return less


def _wall(size: float) -> tuple[float, float]:
    """Return what a pull beyond the free one is held back with, m, and its slope."""
    width = MOST_PULL - FREE_PULL
    part = (size - FREE_PULL) / width
    push = _LEFT * part * part / (1.0 - part)
    return push, _LEFT * part * (2.0 - part) / (1.0 - part) ** 2 / width


def _shortest_turns(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the smallest turns (n, 3, 3) of unit vectors (n, 3) onto others less than pi away."""
    product = after[:, :, None] * before[:, None, :]
    cross = product - np.swapaxes(product, -1, -2)
    cosine = np.einsum("ij,ij->i", before, after)[:, None, None]
    rotation: np.ndarray = _IDENTITY + cross + cross @ cross / (1.0 + cosine)
    return rotation
