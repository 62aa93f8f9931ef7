# SPDX-License-Identifier: Apache-2.0
"""Poses that no device measured: placeholders, and streams that froze.

Bridges go on sending when a device is lost, asleep or not yet worn: a placeholder, mostly the
origin without a rotation, or the last pose over and over. To the body such a pose is as good as
any other, so it is withheld, and the slot is lost as if the bridge had fallen silent. Judged are
the raw values, slot by slot, each sample by its stamp and those before it alone.

A placeholder is withheld from its first sample on where it can be told at sight: exactly at the
origin, and turned by a multiple of 90 degrees (not at all, or by a change of axes), or turned
anyhow but twice the same. A device that tells rotations alone sits at the origin too, but turns.

Any other pose that repeats bit by bit for `frozen_timeout` while its stamps go on is frozen: real
trackers have noise, and in recordings of headsets nothing repeats for longer than 0.15 s. The same
bits coming again after that are known for what they are, and withheld at once. What is perfectly
still by design, such as a simulated hand at rest, needs `frozen_timeout` 0.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from kinest_ros.tracking.sampling.clock import JUMP_BACK_NS

#: A pose is frozen after no fewer samples than this: a second of a tracker at 5 Hz.
MIN_REPEATS = 5
#: Frozen poses that are remembered, by slot.
REMEMBERED = 8
#: Components of the quaternions (xyzw) that turn by multiples of 90 degrees, and float32's error.
_QUARTERS = np.array((0.0, 0.5, np.sqrt(0.5), 1.0))
_ROUNDING = 1e-6


class Withheld(Enum):
    """Why a sample is not let in."""

    PLACEHOLDER = "placeholder"
    FROZEN = "frozen"
    NOT_WORN = "not worn"


@dataclass
class PoseStream:
    """The newest sample of a slot, for how long it has been the same, and since when withheld.

    With 1 s for `frozen_ns`, of a hand that is lost at 10 s, sent at the origin until 12 s, and
    frozen from 20 s on::

        up to 10 s     let in
        10 to 12 s     PLACEHOLDER, all of them
        12 to 21 s     let in
        from 21 s      FROZEN, until the first sample with another pose

    Attributes:
        frozen_ns: for how long a pose must be the same to be frozen; 0: never.
        cause: why the newest sample is withheld; None where it is not.
        spell_ns: how long those before the newest sample were withheld, if it is the first that
            is let in again; 0 if not.
        span: stamps of the first and the newest sample of the newest time in which they were
            withheld, or that of the first one let in after it, ns.
    """

    frozen_ns: int
    cause: Withheld | None = None
    spell_ns: int = 0
    span: tuple[int, int] | None = None
    _last_ns: int | None = None
    _value: bytes = b""
    _since_ns: int = 0
    _repeats: int = 0
    _known: deque[bytes] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def forget(self) -> None:
        """Be as at the start."""
        self.cause, self.spell_ns = None, 0
        self._last_ns, self._value, self.span = None, b"", None
        self._known.clear()

    def judge(self, stamp_ns: int, position: np.ndarray, quaternion: np.ndarray) -> Withheld | None:
        """Return why a sample is withheld; None where it is not.

        Args:
            stamp_ns: its time, ns.
            position: (3,) m, as it came.
            quaternion: (4,) xyzw, of unit length.
        """
        self.spell_ns = 0
        if self._last_ns is not None and stamp_ns <= self._last_ns:
            if stamp_ns >= self._last_ns - JUMP_BACK_NS:
                return self.cause  # late: nothing to learn from, and no better than its successor
            self.forget()
        self._last_ns = stamp_ns
        value = position.tobytes() + quaternion.tobytes()
        if value != self._value:
            self._value, self._since_ns, self._repeats = value, stamp_ns, 0
        self._repeats += 1
        before, self.cause = self.cause, self._cause(position, quaternion)
        if before is not None and self.span is not None:
            self.span = (self.span[0], stamp_ns)
            if self.cause is None:
                self.spell_ns = stamp_ns - self.span[0]
        elif self.cause is not None:
            self.span = (stamp_ns, stamp_ns)
        return self.cause

    def withheld_at(self, stamp_ns: int, timeout_ns: int) -> bool:
        """Return whether samples were withheld at a time, no longer ago than the timeout."""
        if self.span is None:
            return False
        first, last = self.span
        return first <= stamp_ns < last + (timeout_ns if self.cause else 0)

    @property
    def reason(self) -> str:
        """What is wrong with the newest sample, in words."""
        still_ns = (self._last_ns or 0) - self._since_ns
        if self.cause is Withheld.PLACEHOLDER:
            return "sent at (0, 0, 0) without a rotation: a placeholder, lost or not worn"
        if self.cause is None:
            return ""
        if still_ns < self.frozen_ns:
            return "the same pose in which it froze before: frozen"
        return f"the same pose for {still_ns * 1e-9:.1f} s: frozen"

    def _cause(self, position: np.ndarray, quaternion: np.ndarray) -> Withheld | None:
        # The first look is cheap, and all that most samples need.
        at_origin = position[0] == 0.0 and not position.any()
        if at_origin and (self._repeats > 1 or _is_quarter_turn(quaternion)):
            return Withheld.PLACEHOLDER
        if self._known and self._value in self._known:
            return Withheld.FROZEN
        still_ns = (self._last_ns or 0) - self._since_ns
        if self.frozen_ns and still_ns >= self.frozen_ns and self._repeats >= MIN_REPEATS:
            self._known.append(self._value)
            return Withheld.FROZEN
        return None


def _is_quarter_turn(quaternion: np.ndarray) -> bool:
    """Return whether a unit quaternion is one of the 24 rotations that take axes to axes."""
    off = np.abs(np.abs(quaternion)[:, None] - _QUARTERS).min(axis=1)
    return bool(off.max() < _ROUNDING)
