# SPDX-License-Identifier: Apache-2.0
"""Inertias that no body can have, as exported by hand or by faulty tools."""

from __future__ import annotations

import mujoco
import numpy as np

#: The least moment of inertia beside the largest, and at all, kg m^2.
_LEAST_SHARE, _LEAST = 1e-2, 1e-9


def mend_inertias(spec: mujoco.MjSpec) -> list[str]:
    """Make impossible masses and inertias possible, so that the model compiles; return notes."""
    mended = 0
    for body in spec.bodies:
        faulty = not body.mass >= 0.0
        if faulty:
            body.mass = 0.0
        if np.isfinite(body.fullinertia[0]):
            least, body.fullinertia = _possible(np.array(body.fullinertia))
        else:
            least = float(np.min(body.inertia))
            if not least >= 0.0:
                body.inertia = np.maximum(np.nan_to_num(body.inertia), _LEAST)
        # Frames without mass are no fault.
        mended += faulty or not least >= -1e-12
    if not mended:
        return []
    return [f"{mended} links have a mass or inertia that no body can have: mended"]


def _possible(full: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the least principal moment, and xx, yy, zz, xy, xz, yz with positive ones."""
    xx, yy, zz, xy, xz, yz = np.nan_to_num(full)
    moments, axes = np.linalg.eigh(np.array([(xx, xy, xz), (xy, yy, yz), (xz, yz, zz)]))
    least = float(moments[0]) if np.all(np.isfinite(full)) else -1.0
    if least > 0.0:
        return least, full
    moments = np.maximum(moments, max(_LEAST_SHARE * moments[-1], _LEAST))
    matrix = axes @ np.diag(moments) @ axes.T
    mended = [*np.diag(matrix), matrix[0, 1], matrix[0, 2], matrix[1, 2]]
    return least, np.array(mended)
