# SPDX-License-Identifier: Apache-2.0
"""Expected errors as confidences, and back."""

from __future__ import annotations

import numpy as np

#: Error, m, at which confidence has fallen to one half.
HALF_CONFIDENCE = 0.10


def confidence_from_sigma(sigma: np.ndarray) -> np.ndarray:
    """Return confidences in [0, 1] of expected errors, m; zero where any error may be."""
    return 1.0 / (1.0 + np.asarray(sigma, dtype=np.float64) / HALF_CONFIDENCE)


def sigma_from_confidence(confidence: np.ndarray) -> np.ndarray:
    """Return the expected size, m, of the errors that gave a confidence; infinite where it is 0."""
    with np.errstate(divide="ignore"):
        return HALF_CONFIDENCE * (1.0 / np.asarray(confidence, dtype=np.float64) - 1.0)
