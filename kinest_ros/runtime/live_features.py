# SPDX-License-Identifier: Apache-2.0
"""The network's input for one frame of each body, in numpy: extract_features for live use.

The same function as kinest_ros.model.features.extract_features (which says what the features
are), frame by frame. A frame is too small for torch: its operators cost more to call than to
compute.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import NUM_SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.feature_layout import (
    ANGULAR_SCALE,
    CENTRES,
    FRAME_RATE,
    NUM_BODY_FEATURES,
    NUM_FEATURES,
    PER_SLOT,
    POSITION_SCALE,
    ROTATION_SCALE,
    VELOCITY_SCALE,
    deviations,
    size_factor,
)
from kinest_ros.runtime.native import kernels

_CENTRES = np.array(CENTRES)
#: Columns 0 and 1 of the identity, in the order of 6D.
_IDENTITY_6D = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
_TURN = NUM_SLOTS * PER_SLOT
_SCALES = np.array(
    (
        *_CENTRES.ravel(), POSITION_SCALE, ROTATION_SCALE, FRAME_RATE * VELOCITY_SCALE,
        FRAME_RATE * ANGULAR_SCALE,
    )
)  # fmt: skip


class FrameFeatures:
    """Features of the streams of some bodies; remembers each one's frame before."""

    def __init__(self, bodies: int = 1, canonical: bool = True) -> None:
        """Start with bodies of the reference size that have no frame before.

        Args:
            bodies: rows of the batch.
            canonical: as in extract_features.
        """
        self._canonical = canonical
        self._row = np.zeros((bodies, NUM_FEATURES), np.float32)
        self._slots = self._row[:, :_TURN].reshape(bodies, NUM_SLOTS, PER_SLOT)
        # In the order in which the compiled kernel has them.
        self._memory = np.zeros((bodies, kernels.FRAME))
        sizes = (NUM_SLOTS * 3, NUM_SLOTS * 9, 9, NUM_SLOTS)
        places, turns, heading, self._valid, size = np.split(self._memory, np.cumsum(sizes), axis=1)
        self._positions = places.reshape(bodies, NUM_SLOTS, 3)
        self._rotations = turns.reshape(bodies, NUM_SLOTS, 3, 3)
        self._heading = heading.reshape(bodies, 3, 3)
        self._size = size.reshape(bodies, 1, 1)
        self._heading[...], self._size[...] = np.eye(3), 1.0
        self._places = (
            kernels.place(_SCALES), kernels.place(self._memory), kernels.place(self._row)
        )  # fmt: skip

    def set_body(self, row: int, skeleton: Skeleton) -> None:
        """Say who a body is."""
        # In single precision, as it was in training.
        offsets = skeleton.rest_offsets.astype(np.float32)
        size = size_factor(offsets)
        self._size[row] = size
        self._row[row, -NUM_BODY_FEATURES:] = deviations(offsets, size)

    def reset(self, row: int | None = None) -> None:
        """Forget the frame before of one body, or of all."""
        self._valid[slice(None) if row is None else row] = 0.0

    def next(
        self, positions: np.ndarray, rotations: np.ndarray, valid: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the features of the next frame and its heading.

        Args:
            positions: (b, 6, 3) of the tracked links in the world (z up), m; anything where not
                valid.
            rotations: (b, 6, 3, 3) world_from_link, likewise.
            valid: (b, 6) bool. A body without a head has no frame: its features mean nothing, and
                the frame before stays.

        Returns:
            features (b, NUM_FEATURES) float32, overwritten by the next frame, and
            world_from_heading (b, 3, 3).
        """
        if kernels.COMPILED:
            headings = kernels.features(
                *self._places, NUM_FEATURES, positions, rotations, valid, self._canonical
            )
            return self._row, headings
        # Whatever stands where there is no tracker must not meet an operator: 0 * nan is nan.
        positions = np.where(valid[..., None], positions, 0.0)
        rotations = np.where(valid[..., None, None], rotations, 0.0)
        if self._canonical:
            heading = headings_of(rotations[:, 0])
        else:
            heading = np.tile(np.eye(3), (len(rotations), 1, 1))
        moving = valid & (self._valid != 0.0)
        slots = self._slots
        offsets = positions.copy()
        if self._canonical:
            offsets[..., :2] -= positions[:, :1, :2]
        slots[..., 0:3] = ((offsets @ heading) / self._size - _CENTRES) * POSITION_SCALE
        turned = (heading.transpose(0, 2, 1)[:, None] @ rotations)[..., :2].swapaxes(-1, -2)
        slots[..., 3:9] = (turned.reshape(-1, NUM_SLOTS, 6) - _IDENTITY_6D) * ROTATION_SCALE
        moved = (positions - self._positions) @ heading
        slots[..., 9:12] = moved * (FRAME_RATE * VELOCITY_SCALE) / self._size
        relative = self._rotations.swapaxes(-1, -2) @ rotations
        vee = relative[..., (2, 0, 1), (1, 2, 0)] - relative[..., (1, 2, 0), (2, 0, 1)]
        slots[..., 12:15] = vee * (0.5 * FRAME_RATE * ANGULAR_SCALE)
        slots[..., 15] = valid
        slots[~valid] = 0.0
        slots[~moving, 9:15] = 0.0
        # [1, 0] of heading_before^T heading: the sine of the turn.
        turn = (self._heading[..., 1] * heading[..., 0]).sum(-1)
        self._row[:, _TURN] = turn * moving[:, 0] * (FRAME_RATE * ANGULAR_SCALE)
        self._remember(positions, rotations, valid, heading)
        return self._row, heading

    def _remember(
        self, positions: np.ndarray, rotations: np.ndarray, valid: np.ndarray, heading: np.ndarray
    ) -> None:
        came = valid[:, 0]
        for kept, new in (
            (self._positions, positions),
            (self._rotations, rotations),
            (self._heading, heading),
            (self._valid, valid),
        ):
            kept[came] = new[came]


def headings_of(world_from_link: np.ndarray) -> np.ndarray:
    """Return world_from_heading (b, 3, 3) of links (b, 3, 3); see heading_matrix."""
    m = world_from_link
    sine, cosine = m[:, 1, 0] - m[:, 0, 1], m[:, 0, 0] + m[:, 1, 1]
    norm = np.hypot(sine, cosine)
    defined = norm > 1e-6
    if not defined.all():
        sine, cosine = np.where(defined, sine, 0.0), np.where(defined, cosine, 1.0)
        norm = np.where(defined, norm, 1.0)
    headings = np.zeros((len(m), 3, 3))
    headings[:, 0, 0] = headings[:, 1, 1] = cosine / norm
    headings[:, 1, 0] = sine / norm
    headings[:, 0, 1] = -headings[:, 1, 0]
    headings[:, 2, 2] = 1.0
    return headings
