# SPDX-License-Identifier: Apache-2.0
"""Quaternions sent w, x, y, z."""

from __future__ import annotations

import numpy as np

from kinest_ros.node.diagnostics.plausibility.window import Window

#: Cosines of the head's tilt: below the first it is upside down, above the second upright.
TILTED, UPRIGHT = -0.3, 0.65
#: m, a head this high is not lying down.
STANDING = 1.0


def judge(window: Window) -> str | None:
    """Return what is wrong with the order of a window's quaternions, if anything.

    A level head that turns to an angle y about the vertical, sent w first, reads as one that is
    tilted by pi - y: upside down when it faces the world's x axis, and upright when it faces the
    other way. So it shows to those who face ahead; with Y up it shows always.
    """
    tilted = float(np.median(window.up)) < TILTED
    upright = float(np.mean(window.up_w_first > UPRIGHT)) > 0.9
    if not (tilted and upright and window.height > STANDING):
        return None
    return (
        "the head is upside down or on its side, and would be upright if quaternions were sent w "
        "first: ROS has them in the order x, y, z, w"
    )
