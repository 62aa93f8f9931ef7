# SPDX-License-Identifier: Apache-2.0
"""The chain of transforms from one tracker's frame to the fixed frame, and what waits on it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from kinest_ros.decoding.transforms import IDENTITY, Transform, between, compose, inverse

#: Transforms kept of a moving frame, and poses that wait: at 1 kHz, half a second.
CAPACITY = 512


@dataclass(eq=False)
class Edge:
    """parent_from_child as it arrives.

    Attributes:
        parent: frame.
        child: frame.
        static: whether it has no stamps.
        transform: the newest.
        last_ns: stamp of the newest, ns; None before the first and for static ones.
        paths: the paths it lies on.
        order: of edges into one frame, the lower one was there before.
        spoken: whether a transform came.
    """

    parent: str
    child: str
    static: bool
    transform: Transform = IDENTITY
    last_ns: int | None = None
    paths: list[TransformPath] = field(default_factory=list)
    order: int = 0
    spoken: bool = False
    _kept: bool = field(default=False, init=False)
    _history: deque[tuple[int, Transform]] = field(
        default_factory=lambda: deque(maxlen=CAPACITY), init=False
    )

    def keep(self, wanted: bool) -> None:
        """Say whether transforms before the newest are needed from now on."""
        if wanted and not self._kept and self.last_ns is not None:
            self._history.append((self.last_ns, self.transform))
        self._kept = wanted
        if not wanted:
            self._history.clear()

    def add(self, stamp_ns: int, transform: Transform) -> None:
        """Take a transform; ones that are not newer than the last are not kept."""
        self.transform, self.spoken = transform, True
        if self.last_ns is None or stamp_ns > self.last_ns:
            self.last_ns = stamp_ns
            if self._kept:
                self._history.append((stamp_ns, transform))

    def forget_from(self, stamp_ns: int) -> None:
        """Drop transforms at or after a time."""
        while self._history and self._history[-1][0] >= stamp_ns:
            self._history.pop()
        if self.last_ns is not None and self.last_ns >= stamp_ns:
            self.last_ns = self._history[-1][0] if self._history else None

    def around(self, stamp_ns: int) -> tuple[int, Transform, int, Transform] | None:
        """Return the last at or before a time and the first at or after it; None if one lacks."""
        later = None
        for at_ns, transform in reversed(self._history):
            if at_ns > stamp_ns:
                later = (at_ns, transform)
            elif at_ns == stamp_ns:
                return at_ns, transform, at_ns, transform
            else:
                return None if later is None else (at_ns, transform, *later)
        return None


class TransformPath:
    """Poses of one tracker, complete once the whole chain is known at their time.

    Example: map -> base at 20 Hz, base -> head at 90 Hz, wanted map -> head. Each transform of the
    head waits, in the order of arrival, until one of the base at or after its stamp is there, and
    then goes with the base interpolated. It waits for no longer, in stamps, than the patience; nor
    is the base interpolated over a gap longer than that.
    """

    def __init__(self, slot: str, steps: list[tuple[Edge, bool]], patience: float) -> None:
        """Start with nothing waiting.

        Args:
            slot: the tracker.
            steps: edges from the tracker's frame on to the fixed frame, and which to invert; one
                of them at least is not static.
            patience: s.
        """
        self.slot = slot
        self.steps = steps
        self.lead, self._lead_inverted = next(step for step in steps if not step[0].static)
        self.complaint: str | None = None
        self._others = [edge for edge, _ in steps if not edge.static and edge is not self.lead]
        self._patience_ns = round(patience * 1e9)
        self._waiting: deque[tuple[int, Transform]] = deque(maxlen=CAPACITY)

    def await_rest(self, stamp_ns: int, transform: Transform) -> None:
        """Queue a transform of the leading edge."""
        self._waiting.append((stamp_ns, transform))

    def forget_from(self, stamp_ns: int) -> None:
        """Drop what waits at or after a time."""
        kept = [entry for entry in self._waiting if entry[0] < stamp_ns]
        self._waiting.clear()
        self._waiting.extend(kept)

    def completed(self) -> Iterator[tuple[int, Transform]]:
        """Yield the stamps (ns) and poses, fixed_from_tracker, that need not wait any more."""
        while self._waiting:
            stamp_ns, lead = self._waiting[0]
            if any(edge.last_ns is None or edge.last_ns < stamp_ns for edge in self._others):
                newest = self._waiting[-1][0]
                if newest - stamp_ns <= self._patience_ns:
                    return
                self._waiting.popleft()
                self._complain_of_waiting(stamp_ns)
                continue
            self._waiting.popleft()
            pose = self._pose(stamp_ns, lead)
            if pose is not None:
                yield stamp_ns, pose

    def _pose(self, stamp_ns: int, lead: Transform) -> Transform | None:
        pose = IDENTITY
        for edge, inverted in self.steps:
            if edge is self.lead:
                step = lead
            elif edge.static:
                step = edge.transform
            else:
                found = edge.around(stamp_ns)
                if found is None:
                    return None  # older than all that is known of the other: at the start
                before_ns, before, after_ns, after = found
                if after_ns - before_ns > self._patience_ns:
                    self._complain_of_gap(edge, after_ns - before_ns)
                    return None
                step = before
                if after_ns > before_ns:
                    share = (stamp_ns - before_ns) / (after_ns - before_ns)
                    step = between(before, after, share)
            pose = compose(inverse(step) if inverted else step, pose)
        return pose

    def _complain_of_waiting(self, stamp_ns: int) -> None:
        late = [edge for edge in self._others if edge.last_ns is None or edge.last_ns < stamp_ns]
        behind = [
            f"'{edge.parent}' -> '{edge.child}' "
            + ("is not there" if edge.last_ns is None else f"is at {edge.last_ns * 1e-9:.3f} s")
            for edge in late
        ]
        self.complaint = (
            f"poses at {stamp_ns * 1e-9:.3f} s were dropped: {', '.join(behind)}; all transforms "
            "between a tracker and tf_fixed_frame must be on one clock and keep coming, or be on "
            "/tf_static"
        )

    def _complain_of_gap(self, edge: Edge, gap_ns: int) -> None:
        self.complaint = (
            f"poses were dropped: '{edge.parent}' -> '{edge.child}' comes only every "
            f"{gap_ns * 1e-9:.2f} s; publish it more often, set timeout.{self.slot} higher, or put "
            "it on /tf_static"
        )
