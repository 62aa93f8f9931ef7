# SPDX-License-Identifier: Apache-2.0
"""The errors that are expected of the finished pose of one tick: `ErrorModel.sizes`, but quicker.

What follows from which trackers there are is kept, since that seldom changes, and what is left is
as few numpy calls as it takes.
"""

from __future__ import annotations

import math

import numpy as np

from kinest_ros.body.joints import SLOT_JOINTS
from kinest_ros.model.error_model import (
    LARGEST_ERROR,
    TOLERATED,
    TRACKER_ERROR,
    ErrorModel,
    Evidence,
    factors_by_misfit,
    relative_misfit,
)


class ExpectedErrors:
    """Expected errors tick by tick; remembers what one set of trackers makes of the model."""

    def __init__(self, model: ErrorModel) -> None:
        """Start with no trackers.

        Args:
            model: of the network.
        """
        self._model = model
        self._valid = b""
        self._fixed = self._scaled = np.zeros(0)

    def sizes(
        self,
        sigma: np.ndarray,
        valid: np.ndarray,
        residuals: list[float],
        hands: float,
        floor: float,
    ) -> np.ndarray:
        """Return the expected position errors (22,), m; see `Evidence` and `ErrorModel.sizes`.

        Args:
            sigma: (22,) m.
            valid: (6,) bool.
            residuals: (6,) m.
            hands: m.
            floor: m.
        """
        model, met = self._model, valid.tolist()
        contradicted = any(
            is_met and left > TOLERATED for is_met, left in zip(met, residuals, strict=True)
        )
        if contradicted or type(model) is not ErrorModel:
            return model.sizes(
                Evidence(sigma, valid, np.array(residuals), np.asarray(hands), np.asarray(floor))
            )
        key = valid.tobytes()
        if key != self._valid:
            self._valid = key
            self._fixed, self._scaled = factors_by_misfit(model, valid)
        scale = relative_misfit(hands) ** model.hands_power
        scale *= relative_misfit(floor) ** model.floor_power
        sizes: np.ndarray = sigma * (self._fixed + scale * self._scaled)
        # Infinite is of a network that says nothing of its errors: that stays.
        if not sizes.max() <= LARGEST_ERROR:
            sizes = np.where(sizes < math.inf, np.minimum(sizes, LARGEST_ERROR), sizes)
        for joint, is_met, left in zip(SLOT_JOINTS, met, residuals, strict=True):
            if is_met:
                sizes[joint] = math.hypot(left, TRACKER_ERROR)
        return sizes
