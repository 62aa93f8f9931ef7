# SPDX-License-Identifier: Apache-2.0
"""One Gauss-Newton step as a quadratic program with bounds and soft rows."""

from __future__ import annotations

import math

import daqp
import numpy as np

#: What a soft row that is missed costs; DAQP divides by it.
SOFTNESS = 1e-4
_SOFT = 8
_FAR = 1e20


def solve_step(
    jacobian: np.ndarray,
    residual: np.ndarray,
    diagonal: np.ndarray,
    linear: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    rows: np.ndarray,
    least: np.ndarray,
) -> np.ndarray | None:
    """Return the step x (n,) with the least |J x - r|^2 + x D x - 2 c x within its bounds.

    Args:
        jacobian: (r, n).
        residual: (r,).
        diagonal: (n,) of D, positive.
        linear: (n,) c.
        low: (n,) bounds.
        high: (n,) bounds, not below `low`.
        rows: (m, n) of soft inequalities rows x >= least.
        least: (m,).

    Returns:
        The step, or None where the solver found none.
    """
    count, soft = len(low), len(least)
    hessian = jacobian.T @ jacobian
    hessian.reshape(-1)[:: count + 1] += diagonal
    gradient = -(residual @ jacobian) - linear
    upper, lower = np.empty(count + soft), np.empty(count + soft)
    upper[:count], lower[:count] = high, low
    upper[count:], lower[count:] = _FAR, least
    sense = np.zeros(count + soft, np.int32)
    sense[count:] = _SOFT
    step, _, flag, _ = daqp.solve(
        hessian, gradient, rows, upper, lower, sense, rho_soft=SOFTNESS, iter_limit=500
    )
    if flag < 0 or not math.isfinite(step @ step):
        return None
    # The bounds hold to the last bit, not to the solver's tolerance.
    return np.asarray(np.minimum(np.maximum(step, low), high))
