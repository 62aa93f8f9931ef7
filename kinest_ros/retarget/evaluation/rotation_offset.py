# SPDX-License-Identifier: Apache-2.0
"""How much two rotations differ over time, apart from a constant turn between them."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation


def mean_rotation_error(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean angle, degrees, between rotations, without a constant offset of their axes.

    The offset is the mean of first^T second in the sense of Markley et al., "Averaging
    Quaternions" (2007), as scipy computes it.

    Args:
        first: (N, 3, 3) rotation matrices.
        second: (N, 3, 3) of the same frames.
    """
    between = np.einsum("nji,njk->nik", first, second)
    offset = Rotation.from_matrix(between).mean().as_matrix()
    rest = Rotation.from_matrix(between @ offset.T)
    return float(np.degrees(rest.magnitude()).mean())
