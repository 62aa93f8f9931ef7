# SPDX-License-Identifier: Apache-2.0
"""Fits an error model, so that the expected errors are as large as the actual ones."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from kinest_ros.body.joints import MIRROR, NUM_JOINTS, SLOT_JOINTS
from kinest_ros.evaluation.observed_errors import SITUATIONS, ObservedErrors
from kinest_ros.evaluation.reliability import calibration_error
from kinest_ros.model.error_model import ErrorModel, misfit_scale

#: Bounds of the powers, and of the factors.
POWERS, FACTORS = (0.0, 1.5), (0.05, 20.0)


def fit_error_model(observed: ObservedErrors) -> ErrorModel:
    """Return the error model under which the errors are most likely, datasets weighted alike.

    An error is taken for a vector of three independent normal coordinates, as in the training of
    the network. Then, for given powers, the best factor of a joint is the root mean square of its
    errors over what is expected of them, left and right together. The two powers are searched for
    on what most users have, head and hands.
    """
    usual = _Sums(observed.of(observed.situations == SITUATIONS[0]))
    found = minimize(
        lambda powers: usual.factors(powers)[1], (0.5, 0.5), method="L-BFGS-B",
        bounds=(POWERS, POWERS),
    )  # fmt: skip
    (alone, helped), _ = _Sums(observed).factors(found.x)
    return ErrorModel(alone, helped, float(found.x[0]), float(found.x[1]))


class _Sums:
    """Frames of ObservedErrors, ready for the factors that any powers ask for."""

    def __init__(self, observed: ObservedErrors) -> None:
        self._evidence, self._weights = observed.evidence, observed.weights
        self._ratios = np.square(observed.errors / observed.evidence.sigma)
        free = np.ones(self._ratios.shape, dtype=bool)
        free[:, list(SLOT_JOINTS)] = ~self._evidence.valid
        helped = self._evidence.helped
        self._groups = (free & ~helped, free & helped)

    def factors(self, powers: np.ndarray) -> tuple[list[np.ndarray], float]:
        """Return the factors (22,), alone and helped, and how unlikely the errors are then."""
        scale = misfit_scale(self._evidence, *powers)
        relative = self._ratios / scale**2
        found, unlikelihood = [], 0.0
        shares = [_both_sides(self._weights @ group) for group in self._groups]
        for share, group in zip(shares, self._groups, strict=True):
            total = _both_sides(self._weights @ (relative * group))
            squared = np.divide(total, share, out=np.ones(NUM_JOINTS), where=share > 0.0)
            squared = np.clip(squared, FACTORS[0] ** 2, FACTORS[1] ** 2)
            unlikelihood += float(share @ np.log(squared))
            unlikelihood += 2.0 * float(self._weights @ (np.log(scale) * group).sum(axis=1))
            found.append(np.sqrt(squared))
        # What was never seen one way is taken to be as the other way.
        alone, helped = found
        alone, helped = (
            np.where(shares[0] > 0.0, alone, helped),
            np.where(shares[1] > 0.0, helped, alone),
        )
        return [alone, helped], unlikelihood


def _both_sides(sums: np.ndarray) -> np.ndarray:
    """Return sums (22,) with each joint's replaced by the mean with that of its mirror image."""
    sums = np.asarray(sums, dtype=np.float64)
    return 0.5 * (sums + sums[list(MIRROR)])


def calibration_errors(observed: ObservedErrors, model: ErrorModel) -> dict[str, float]:
    """Return the expected calibration error over all joints, cm, of each dataset."""
    sizes = model.sizes(observed.evidence)
    found = {}
    for name in np.unique(observed.datasets):
        own = observed.datasets == name
        found[str(name)] = 100.0 * calibration_error(sizes[own], observed.errors[own])
    return found
