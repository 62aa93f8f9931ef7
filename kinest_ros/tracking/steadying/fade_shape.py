# SPDX-License-Identifier: Apache-2.0
"""How a jump fades out over time: quickly to full speed, and to rest at the end."""

from __future__ import annotations

#: Share of the duration in which the fade gains speed, and again in which it loses it.
RAMP = 0.08


def remaining(progress: float, ramp_in: float = RAMP) -> float:
    """Return the share of a jump still to be faded out, from 1 at progress 0 to 0 at 1.

    Its slope has the shape of a trapezoid: it starts and ends at zero, and its steepest part is
    1 / (1 - RAMP), only that much more than the mean. Without `ramp_in` it starts with the
    steepest part.
    """
    if progress <= 0.0:
        return 1.0
    if progress >= 1.0:
        return 0.0
    slope = 1.0 / mean_share(ramp_in)
    if progress < ramp_in:
        return 1.0 - 0.5 * slope * progress * progress / ramp_in
    if progress > 1.0 - RAMP:
        return 0.5 * slope * (1.0 - progress) ** 2 / RAMP
    return 1.0 - slope * (progress - 0.5 * ramp_in)


def mean_share(ramp_in: float) -> float:
    """Return the mean slope of a fade as a share of its steepest."""
    return 1.0 - 0.5 * (ramp_in + RAMP)
