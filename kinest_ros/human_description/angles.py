# SPDX-License-Identifier: Apache-2.0
"""Joint rotations as three revolute angles each: what JointState carries and the URDF turns.

The axes, their order and the names are those of :mod:`kinest_ros.human_description.revolutes`.

Angles are unwrapped: of all equivalent triples the one nearest to the previous angles is returned.
An arm that keeps circling the singular direction winds its angles up, as a robot's wrist does.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.human_description.revolutes import CHAINS, JOINT_STATE_NAMES, TILTS

__all__ = ["JOINT_STATE_NAMES", "clearance", "compose", "decompose", "decompose_sequence"]

#: Below this ratio of the two half-angle magnitudes the outer angles cannot be told apart. Small
#: enough that freezing one of them changes the rotation by less than 1e-9.
_AMBIGUOUS = 1e-10
_TURN = 2.0 * np.pi
_QUARTER = 0.5 * np.pi

# +1 where the order is a cyclic permutation of xyz, else -1.
_PARITY = np.where((CHAINS[:, 1] - CHAINS[:, 0]) % 3 == 1, 1.0, -1.0)
# Places of the chain's angles (a, b, c) in a (63,) array, and back.
_FROM_ANGLES = 3 * np.arange(21) + CHAINS.T  # (3, 21)
_TO_ANGLES = np.argsort(_FROM_ANGLES, axis=None)


def _phases_from_quaternion() -> np.ndarray:
    """Return the (21, 4, 4) matrices that :func:`_half_angles` multiplies quaternions with.

    With the tilt t, R_first(a) R_middle(b) R_third(c) = R_j(t) R_i(a) R_j(b - t) R_k(c) for the
    basis axes i, j, k, so the quaternion is first taken to the basis (i, j, k), then multiplied by
    the one of R_j(-t) on the left, and then to the sums and differences that the phases need.
    """
    matrices = np.empty((21, 4, 4))
    link_from_joint = JOINT_FROM_LINK.T
    for joint, chain in enumerate(CHAINS):
        e = _PARITY[joint]
        wijk = np.zeros((4, 4))  # from xyzw
        wijk[0, 3] = 1.0
        wijk[1:, :3] = link_from_joint[chain]
        c, s = np.cos(0.5 * TILTS[joint]), np.sin(0.5 * TILTS[joint])
        # (c - s j)(w + x i + y j + z k), where ij = e k.
        untilt = np.array([[c, 0, s, 0], [0, c, 0, -e * s], [-s, 0, c, 0], [0, e * s, 0, c]])
        pairs = np.array([[1, 0, e, 0], [0, 1, 0, 1], [1, 0, -e, 0], [0, 1, 0, -1]])
        matrices[joint] = pairs @ untilt @ wijk
    return matrices


_TO_PHASES = _phases_from_quaternion()
# The matrices are orthogonal up to a factor of sqrt(2).
_FROM_PHASES = 0.5 * np.swapaxes(_TO_PHASES, -1, -2)


def compose(angles: np.ndarray) -> np.ndarray:
    """Return the joint rotations of revolute angles.

    Args:
        angles: (..., 63) rad, in the order of :data:`JOINT_STATE_NAMES`.

    Returns:
        (..., 21, 4) unit quaternions xyzw, the local rotations of joints 1..21 in SMPL axes.
    """
    a, b, c = np.moveaxis(np.asarray(angles, dtype=np.float64)[..., _FROM_ANGLES], -2, 0)
    b = _PARITY * (b - TILTS)
    plus, minus = 0.5 * (a + c), 0.5 * (a - c)
    p = np.sqrt(2.0) * np.cos(0.5 * (b - _QUARTER))
    m = np.sqrt(2.0) * np.cos(0.5 * (b + _QUARTER))
    phases = np.stack(
        [p * np.cos(plus), p * np.sin(plus), m * np.cos(minus), m * np.sin(minus)], axis=-1
    )
    return (_FROM_PHASES @ phases[..., None])[..., 0]


def clearance(angles: np.ndarray) -> np.ndarray:
    """Return how far each joint is from its singularity.

    Args:
        angles: (..., 63) rad, in the order of :data:`JOINT_STATE_NAMES`.

    Returns:
        (..., 21) rad in [0, pi/2]: the middle angle's distance from the nearest singular value.
    """
    middle = np.asarray(angles, dtype=np.float64)[..., _FROM_ANGLES[1]] - TILTS
    return np.abs(_QUARTER - np.abs(_wrap(middle)))


def decompose(local_rotations: np.ndarray, previous: np.ndarray | None = None) -> np.ndarray:
    """Return the revolute angles of one body.

    Exact for every rotation. Of the equivalent triples (two branches, whole turns) the one nearest
    to ``previous`` is returned, so a smooth motion gives smooth angles away from the singularity.
    At the singularity itself only the sum or the difference of the outer angles is determined; the
    other one keeps its previous value.

    Args:
        local_rotations: (22, 4) quaternions xyzw, SMPL axes, of any length but zero. Row 0 (the
            root) is not used.
        previous: (63,) rad, the angles of the previous body; None: those of the T-pose, zero.

    Returns:
        (63,) rad, in the order of :data:`JOINT_STATE_NAMES`.
    """
    start = _chain_angles(previous)
    halves, middle, ambiguous = _half_angles(np.asarray(local_rotations, dtype=np.float64))
    if ambiguous.any():
        halves = np.where(ambiguous, _halves_of(start), halves)
    steps = _wrap(_branches(halves, middle) - start)  # (2, 3, 21)
    costs = (steps * steps).sum(axis=1)
    chain = start + np.where(costs[1] < costs[0], steps[1], steps[0])
    chain[1] += TILTS
    return chain.reshape(63)[_TO_ANGLES]


def decompose_sequence(
    local_rotations: np.ndarray, previous: np.ndarray | None = None
) -> np.ndarray:
    """Return the revolute angles of consecutive bodies: :func:`decompose` frame after frame.

    Args:
        local_rotations: (T, 22, 4) quaternions xyzw, SMPL axes.
        previous: (63,) rad, the angles before the first body; None: those of the T-pose, zero.

    Returns:
        (T, 63) rad, in the order of :data:`JOINT_STATE_NAMES`.
    """
    start = _chain_angles(previous)
    halves, middle, ambiguous = _half_angles(np.asarray(local_rotations, dtype=np.float64))
    if not len(middle):
        return np.zeros((0, 63))
    if ambiguous.any():
        halves = _fill_forward(halves, ambiguous, _halves_of(start))
    branches = _branches(halves, middle)  # (2, T, 3, 21)
    # Both branches move by the same wrapped steps (swapping them is an isometry), so whether
    # staying or swapping is nearer depends on two neighbouring frames alone, and the branch of a
    # frame is the parity of the swaps before it.
    before = np.concatenate([start[None], branches[0, :-1]])
    costs = np.square(_wrap(branches - before)).sum(axis=2)  # (2, T, 21)
    swapped = np.cumsum(costs[1] < costs[0], axis=0) % 2 == 1
    chain = np.where(swapped[:, None], branches[1], branches[0])
    turns = np.rint(np.diff(chain, axis=0, prepend=start[None]) / _TURN)
    chain -= _TURN * np.cumsum(turns, axis=0)
    chain[:, 1] += TILTS
    return chain.reshape(-1, 63)[:, _TO_ANGLES]


def _chain_angles(angles: np.ndarray | None) -> np.ndarray:
    """Return (63,) angles as the untilted chain's (a, b, c), (3, 21)."""
    chain = np.zeros((3, 21)) if angles is None else np.asarray(angles, np.float64)[_FROM_ANGLES]
    chain[1] -= TILTS
    return chain


def _half_angles(quaternions: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what quaternions say about their angles a, b, c about the axes i, j, k.

    Expanding (cos a/2 + i sin a/2)(cos b/2 + j sin b/2)(cos c/2 + k sin c/2) with ij = e k (e is
    the parity of the order) and b' = e b gives, for a quaternion w + x i + y j + z k,

        (w + e y, x + z) = sqrt(2) cos(b'/2 - 45°) (cos (a + c)/2, sin (a + c)/2)
        (w - e y, x - z) = sqrt(2) cos(b'/2 + 45°) (cos (a - c)/2, sin (a - c)/2).

    One of the two magnitudes vanishes at the singularity, and an error in its phase then changes
    the rotation by no more than that magnitude, so nothing is lost near it.

    Args:
        quaternions: (..., 22, 4) xyzw, SMPL axes.

    Returns:
        (..., 2, 21) rad, (a + c)/2 and (a - c)/2, both modulo a turn or both half a turn off;
        (..., 21) rad, b in [-90°, 90°]; (..., 2, 21) bool, which of the two is undetermined.
    """
    vectors = (_TO_PHASES @ quaternions[..., 1:, :, None])[..., 0]
    real = np.swapaxes(vectors[..., 0::2], -1, -2)
    imaginary = np.swapaxes(vectors[..., 1::2], -1, -2)
    size = np.hypot(real, imaginary)
    ambiguous = size < _AMBIGUOUS * size[..., ::-1, :]
    tilt = 2.0 * np.arctan2(size[..., 0, :], size[..., 1, :]) - _QUARTER
    return np.arctan2(imaginary, real), _PARITY * tilt, ambiguous


def _halves_of(chain: np.ndarray) -> np.ndarray:
    """Return (a + c)/2 and (a - c)/2, (2, 21), of the angles (3, 21) of a chain."""
    return 0.5 * np.stack([chain[0] + chain[2], chain[0] - chain[2]])


def _fill_forward(values: np.ndarray, missing: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Replace missing values (T, ...) by the last present one before, or by ``start`` (...)."""
    padded = np.concatenate([start[None], values])
    rows = np.arange(1, len(padded)).reshape(-1, *[1] * (values.ndim - 1))
    last = np.maximum.accumulate(np.where(missing, 0, rows), axis=0)
    return np.take_along_axis(padded, last, axis=0)


def _branches(halves: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Return both solutions (2, ..., 3, 21): (a, b, c) and (a + 180°, 180° - b, c + 180°)."""
    plus, minus = halves[..., 0, :], halves[..., 1, :]
    branches = np.empty((2, *middle.shape[:-1], 3, 21))
    branches[0, ..., 0, :] = plus + minus
    branches[0, ..., 1, :] = middle
    branches[0, ..., 2, :] = plus - minus
    branches[1] = np.pi + branches[0]
    branches[1, ..., 1, :] = np.pi - middle
    return branches


def _wrap(angles: np.ndarray) -> np.ndarray:
    """Return the angles modulo a turn, in [-pi, pi]."""
    return angles - _TURN * np.rint(angles / _TURN)
