# SPDX-License-Identifier: Apache-2.0
"""Where another system's frame is, and where its markers sit: hand-eye calibration, A Y = X B.

A is the pose of a tracked thing here, B that of the same thing there; X takes their frame to ours,
and Y, of each thing, is how their marker sits on it. Rotations are found first: turns between any
two moments are the same in both frames but for X (Park and Martin, 1994), and then all of them
together, alternating X and Y; positions are then linear (Dornaika and Horaud, 1998).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from kinest_ros.body.rotations_numpy import rotation_vectors
from kinest_ros.errors import KinestError

#: Moments, s, between which turns are compared, at poses a second.
_SPANS, RATE = (0.25, 0.5, 1.0, 2.0), 20.0
#: Turns about a second axis, rad (root mean square), without which nothing is determined.
_SECOND_AXIS = 0.06
#: Residuals beyond so many times the median count less.
_OUTLIER = 3.0
_ROUNDS = 12


@dataclass(frozen=True)
class Pair:
    """One thing's poses in both systems at the same N times.

    Attributes:
        ours: rotations (N, 3, 3).
        places: (N, 3) m, ours.
        theirs: rotations (N, 3, 3).
        their_places: (N, 3) m.
    """

    ours: np.ndarray
    places: np.ndarray
    theirs: np.ndarray
    their_places: np.ndarray


@dataclass(frozen=True)
class HandEye:
    """What takes one system to the other.

    Attributes:
        rotation: ours_from_theirs (3, 3).
        translation: (3,) m.
        mounts: by thing, thing_from_marker: rotation (3, 3) and translation (3,), m.
    """

    rotation: np.ndarray
    translation: np.ndarray
    mounts: dict[str, tuple[np.ndarray, np.ndarray]]

    def places(self, theirs: np.ndarray) -> np.ndarray:
        """Return their positions (..., 3) in our frame."""
        return np.asarray(theirs @ self.rotation.T + self.translation)

    def residuals(self, pairs: Mapping[str, Pair]) -> tuple[np.ndarray, np.ndarray]:
        """Return what is left unexplained: angles, rad, and distances, m, of all poses."""
        angles, distances = [], []
        for name, pair in pairs.items():
            turn, place = self.mounts[name]
            angles.append(_angles(pair.ours @ turn, self.rotation @ pair.theirs))
            distances.append(
                np.linalg.norm(
                    pair.ours @ place + pair.places - self.places(pair.their_places), axis=-1
                )
            )
        return np.concatenate(angles), np.concatenate(distances)


def hand_eye(pairs: Mapping[str, Pair]) -> HandEye:
    """Return the frames and mounts that explain pairs of poses best.

    Args:
        pairs: by thing, its poses in both systems, `RATE` a second.

    Raises:
        KinestError: the motion does not determine them.
    """
    rotation = _frame_rotation(pairs)
    weights = {name: np.ones(len(pair.ours)) for name, pair in pairs.items()}
    turns: dict[str, np.ndarray] = {}
    for _ in range(_ROUNDS):
        for name, pair in pairs.items():
            seen = np.swapaxes(pair.ours, -1, -2) @ rotation @ pair.theirs
            turns[name] = _mean(seen, weights[name])
            weights[name] = _robust(_angles(pair.ours @ turns[name], rotation @ pair.theirs))
        seen = [
            pair.ours @ turns[name] @ np.swapaxes(pair.theirs, -1, -2)
            for name, pair in pairs.items()
        ]
        rotation = _mean(np.concatenate(seen), np.concatenate([weights[name] for name in pairs]))
    translation, places = _translations(pairs, rotation)
    return HandEye(rotation, translation, {n: (turns[n], places[n]) for n in pairs})


def _frame_rotation(pairs: Mapping[str, Pair]) -> np.ndarray:
    """Return ours_from_theirs (3, 3), by how the same things turn in both frames."""
    ours, theirs = [], []
    for pair in pairs.values():
        for span in _SPANS:
            step = round(span * RATE)
            a = pair.ours[step:] @ np.swapaxes(pair.ours[:-step], -1, -2)
            b = pair.theirs[step:] @ np.swapaxes(pair.theirs[:-step], -1, -2)
            ours.append(rotation_vectors(a))
            theirs.append(rotation_vectors(b))
    a, b = np.concatenate(ours), np.concatenate(theirs)
    # About half a turn a rotation vector has no direction.
    usable = np.maximum(np.linalg.norm(a, axis=-1), np.linalg.norm(b, axis=-1)) < 2.8
    a, b = a[usable], b[usable]
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(a.T @ a / max(len(a), 1)), 0.0))
    if spread[1] < _SECOND_AXIS:
        raise KinestError(
            "the motion does not determine where the truth's frame is: "
            f"{', '.join(pairs)} turn about one axis only. Record some seconds of nodding and "
            "looking about, or of turning the hands, or give more trackers"
        )
    weights = np.ones(len(a))
    rotation = np.eye(3)
    for _ in range(_ROUNDS):
        rotation = _nearest((a * weights[:, None]).T @ b)
        weights = _robust(np.linalg.norm(a - b @ rotation.T, axis=-1))
    return rotation


def _translations(
    pairs: Mapping[str, Pair], rotation: np.ndarray
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the frame's translation (3,) and, by thing, the mount's, m."""
    names = list(pairs)
    width = 3 + 3 * len(names)
    rows, values = [], []
    for index, pair in enumerate(pairs.values()):
        row = np.zeros((len(pair.ours), 3, width))
        row[:, :, :3] = -np.eye(3)
        row[:, :, 3 + 3 * index : 6 + 3 * index] = pair.ours
        rows.append(row)
        values.append(pair.their_places @ rotation.T - pair.places)
    matrix, wanted = np.concatenate(rows), np.concatenate(values)
    weights = np.ones(len(matrix))
    solution = np.zeros(width)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)[:, None]
        weighted = (matrix * root[..., None]).reshape(-1, width)
        solution = np.linalg.lstsq(weighted, (wanted * root).ravel(), rcond=None)[0]
        weights = _robust(np.linalg.norm(matrix @ solution - wanted, axis=-1))
    places = {name: solution[3 + 3 * i : 6 + 3 * i] for i, name in enumerate(names)}
    return solution[:3], places


def _mean(rotations: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the chordal mean (3, 3) of rotations (N, 3, 3)."""
    return _nearest(np.einsum("n,nij->ij", weights, rotations))


def _nearest(matrix: np.ndarray) -> np.ndarray:
    """Return the rotation (3, 3) nearest to a matrix (Kabsch, 1976)."""
    u, _, vt = np.linalg.svd(matrix)
    return np.asarray(u @ np.diag((1.0, 1.0, np.linalg.det(u) * np.linalg.det(vt))) @ vt)


def _robust(residuals: np.ndarray) -> np.ndarray:
    """Return weights (N,): those of Huber, beyond some medians."""
    most = _OUTLIER * max(float(np.median(residuals)), 1e-9)
    return np.asarray(np.minimum(1.0, most / np.maximum(residuals, 1e-12)))


def _angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the angles (N,), rad, between rotations (N, 3, 3)."""
    chord = np.linalg.norm((first - second).reshape(-1, 9), axis=1) / np.sqrt(8.0)
    return np.asarray(2.0 * np.arcsin(np.clip(chord, 0.0, 1.0)))
