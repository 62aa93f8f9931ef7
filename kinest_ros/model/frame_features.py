# SPDX-License-Identifier: Apache-2.0
"""The network's input for one frame, in numpy: the live counterpart of extract_features.

The same function as kinest_ros.model.features.extract_features (which says what the features
are), for one frame of one body. A frame is too small for torch: its operators cost more to call
than to compute.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import NUM_SLOTS
from kinest_ros.model.features import (
    ANGULAR_SCALE,
    CENTRES,
    FRAME_RATE,
    NUM_BODY_FEATURES,
    NUM_FEATURES,
    PER_SLOT,
    POSITION_SCALE,
    ROTATION_SCALE,
    VELOCITY_SCALE,
    BodyShape,
)

_CENTRES = np.array(CENTRES)
#: Columns 0 and 1 of the identity, in the order of 6D.
_IDENTITY_6D = np.array([1.0, 0.0, 0.0, 0.0, 1.0, 0.0])


class FrameFeatures:
    """Features of a stream of frames; remembers the frame before."""

    def __init__(self, body: BodyShape) -> None:
        """Start a stream for one wearer.

        Args:
            body: the shape, with a batch size of 1; see describe_body.
        """
        self._size = float(body.size[0])
        self._row = np.zeros((1, NUM_FEATURES), np.float32)
        self._row[0, -NUM_BODY_FEATURES:] = body.proportions[0].cpu().numpy()
        self._slots = self._row[0, : NUM_SLOTS * PER_SLOT].reshape(NUM_SLOTS, PER_SLOT)
        self.reset()

    def reset(self) -> None:
        """Forget the frame before."""
        self._valid = np.zeros(NUM_SLOTS, dtype=bool)
        self._positions = np.zeros((NUM_SLOTS, 3))
        self._rotations = np.zeros((NUM_SLOTS, 3, 3))
        self._heading = np.eye(3)

    def next(
        self, positions: np.ndarray, rotations: np.ndarray, valid: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the features of the next frame and its heading.

        Args:
            positions: (6, 3) of the tracked links in the world (z up), m; anything where not
                valid.
            rotations: (6, 3, 3) world_from_link, likewise.
            valid: (6,) bool; the head must be valid.

        Returns:
            features (1, NUM_FEATURES) float32, overwritten by the next frame, and
            world_from_heading (3, 3).
        """
        # Whatever stands where there is no tracker must not meet an operator: 0 * nan is nan.
        positions = np.where(valid[:, None], positions, 0.0)
        rotations = np.where(valid[:, None, None], rotations, 0.0)
        heading = heading_of(rotations[0])
        moving = valid & self._valid
        slots = self._slots
        offsets = positions.copy()
        offsets[:, :2] -= positions[0, :2]
        slots[:, 0:3] = ((offsets @ heading) / self._size - _CENTRES) * POSITION_SCALE
        turned = heading.T @ rotations
        slots[:, 3:9] = turned[:, :, :2].transpose(0, 2, 1).reshape(NUM_SLOTS, 6) - _IDENTITY_6D
        slots[:, 3:9] *= ROTATION_SCALE
        moved = positions - self._positions
        slots[:, 9:12] = (moved @ heading) * (FRAME_RATE * VELOCITY_SCALE / self._size)
        relative = self._rotations.transpose(0, 2, 1) @ rotations
        vee = relative[:, (2, 0, 1), (1, 2, 0)] - relative[:, (1, 2, 0), (2, 0, 1)]
        slots[:, 12:15] = vee * (0.5 * FRAME_RATE * ANGULAR_SCALE)
        slots[:, 15] = valid
        slots[~valid] = 0.0
        slots[~moving, 9:15] = 0.0
        turn = 0.0
        if moving[0]:
            before = self._heading
            # [1, 0] of heading_before^T heading: the sine of the turn.
            turn = before[:, 1] @ heading[:, 0] * (FRAME_RATE * ANGULAR_SCALE)
        self._row[0, NUM_SLOTS * PER_SLOT] = turn
        self._positions, self._rotations = positions, rotations
        self._valid, self._heading = valid.copy(), heading
        return self._row, heading


def heading_of(world_from_link: np.ndarray) -> np.ndarray:
    """Return world_from_heading (3, 3) of a link (3, 3); see heading_matrix."""
    m = world_from_link
    sine, cosine = float(m[1, 0] - m[0, 1]), float(m[0, 0] + m[1, 1])
    norm = math.hypot(sine, cosine)
    if norm <= 1e-6:
        return np.eye(3)
    sine, cosine = sine / norm, cosine / norm
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
