# SPDX-License-Identifier: Apache-2.0
"""Notices a headset that was laid down, where nothing tells that it is not worn.

A head on a neck is never at rest: seated people sway by a few millimetres and breathe, and so do
their hands. A headset on a table moves by the tracking's noise alone. Stillness is not enough,
since somebody may lie or lean, so the head must also be lower than on any chair, and the hands
must be lost or as still. Whoever lies perfectly still with no hand tracked looks the same; a device
or a topic that says that the headset is worn comes before this.
"""

from __future__ import annotations

import math

from kinest_ros.body.joints import HAND_SLOTS, HEAD_SLOT
from kinest_ros.tracking.sampling.resampler import TICK_RATE, Tick

#: m over the floor: head joints of people on chairs are higher.
MAX_HEIGHT = 0.95
#: Ticks for which all must be still.
STILL_TICKS = 6 * TICK_RATE
#: m and rad from where it was: the noise of a tracker at rest.
STILL = (0.003, math.radians(0.5))
#: m and rad that a headset laid down must move, within `STILL_TICKS`, to be taken up again.
AWAKE = (0.01, math.radians(3.0))

_TRACKED = [HEAD_SLOT, *range(HAND_SLOTS.start, HAND_SLOTS.stop)]


class LaidDown:
    """Compares each tick with one that it has not moved from since."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self.reset()

    def reset(self) -> None:
        """Forget what was seen."""
        self.now = False
        self._anchor: Tick | None = None

    def look(self, tick: Tick, height: float) -> bool:
        """Take a tick and return whether the headset lies somewhere, worn by nobody.

        Args:
            tick: as the devices were, mounts not applied.
            height: of the head joint over the floor, m.
        """
        if height > MAX_HEIGHT:
            self.reset()
            return False
        anchor = self._anchor
        if anchor is None:
            self._anchor = tick
        elif self.now:
            if _moved(anchor, tick, HEAD_SLOT, AWAKE):
                self.reset()
                self._anchor = tick
            elif tick.index - anchor.index >= STILL_TICKS:
                self._anchor = tick  # tracking drifts
        elif any(_moved(anchor, tick, slot, STILL) for slot in _TRACKED):
            self._anchor = tick
        else:
            self.now = tick.index - anchor.index >= STILL_TICKS
        return self.now


def _moved(anchor: Tick, tick: Tick, slot: int, by: tuple[float, float]) -> bool:
    """Return whether a tracked device is elsewhere than it was; a lost one is not."""
    if not tick.sources[slot]:
        return False
    if not anchor.sources[slot]:
        return True
    off = tick.positions[slot] - anchor.positions[slot]
    cosine = abs(float(tick.quaternions[slot] @ anchor.quaternions[slot]))
    return float(off @ off) > by[0] ** 2 or cosine < math.cos(by[1] / 2.0)
