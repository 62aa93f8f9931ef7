# SPDX-License-Identifier: Apache-2.0
"""Notices feet that stand in the air: a stature, or a floor, that cannot be right.

The body hangs from the head, so where the wearer is taller than the skeleton, or the floor lower
than where it is taken to be, the feet end above it; `FootLock` holds them, but not down. Nobody
sees that from within a headset.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT
from kinest_ros.tracking.fitting.leg_snap import ANKLES, HIPS, KNEES, TOES
from kinest_ros.tracking.sampling.resampler import TICK_RATE

#: m over the floor from which on a standing foot is in the air.
LIMIT = 0.08
#: Ticks in which the feet must be in the air, nearly all the time: longer than jumps and steps.
PATIENCE = 5 * TICK_RATE
#: A body stands with a contact at least as likely as this, or with the hips at least this share of
#: the legs' length over the lower toes: the height misleads the network, but who sits has them
#: lower.
CONTACT, UPRIGHT = 0.5, 0.8


class FeetWatch:
    """Counts the ticks in which a body stands with both feet in the air."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self._ticks = 0
        self._gap = 0.0

    @property
    def gap(self) -> float | None:
        """How far (m) over the floor the standing feet are, once it is for long; None if not."""
        return self._gap if self._ticks >= PATIENCE else None

    def look(self, positions: np.ndarray, contacts: np.ndarray, floor: float) -> None:
        """Take the body of a tick.

        Args:
            positions: (22, 3) m.
            contacts: (2,) probability of contact.
            floor: its height, m.
        """
        gap = min(positions[TOES, 2].tolist()) - floor - TOE_JOINT_HEIGHT
        if gap < LIMIT:
            # Four times as fast as it rises, so that what is over is soon not said any more.
            self._ticks = max(min(self._ticks, PATIENCE) - 4, 0)
            return
        if float(contacts.max()) < CONTACT and not _stands(positions):
            return
        self._ticks += 1
        self._gap += (gap - self._gap) / min(self._ticks, TICK_RATE)


def _stands(positions: np.ndarray) -> bool:
    legs = np.linalg.norm(positions[KNEES] - positions[HIPS], axis=-1)
    legs += np.linalg.norm(positions[ANKLES] - positions[KNEES], axis=-1)
    hips = positions[HIPS, 2].mean() - positions[TOES, 2].min()
    return bool(hips > UPRIGHT * legs.mean())
