# SPDX-License-Identifier: Apache-2.0
"""What a body's stamps are worth: clocks that are apart, poses that were not measured in time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.diagnostics.slot_clocks import SlotClocks, described
from kinest_ros.node.diagnostics.throttle import Throttle
from kinest_ros.node.outputs.restamp import Restamp
from kinest_ros.tracking.body_pose import BodyPose, TrackerState
from kinest_ros.tracking.frame import TrackerFrame

#: Stamps farther from ROS time than this, s, are of no use to those who look /tf up at now.
FAR = 0.5
#: Seconds between two lines about the same clock.
PERIOD = 60.0
_STATES = (TrackerState.MEASURED, TrackerState.EXTRAPOLATED, TrackerState.HELD)
#: Head samples in one judgement at least.
_ENOUGH = 10


class Timing:
    """Watches the stamps of frames, counts where poses came from, and restamps bodies if asked.

    The body itself depends on stamps and poses alone; here, and only here, they are compared with
    the time of arrival.
    """

    def __init__(self, restamp: bool, now_ns: Callable[[], int]) -> None:
        """Start with nothing heard.

        Args:
            restamp: whether bodies get stamps in ROS time.
            now_ns: ROS time, ns; zero while there is none, as before the first /clock.
        """
        self._restamp = Restamp() if restamp else None
        self._now_ns = now_ns
        self._clocks = SlotClocks()
        self._throttle = Throttle(PERIOD)
        self.reset()

    def reset(self) -> None:
        """Forget what was heard."""
        self._clocks.reset()
        if self._restamp is not None:
            self._restamp.reset()
        self._delays: list[int] = []
        self._before: list[int] = []
        self._states: Counter[tuple[int, int]] = Counter()
        self._bodies = 0

    def heard(self, frame: TrackerFrame) -> None:
        """Take a frame that has just arrived."""
        self._clocks.heard(frame.stamp_ns, frame.poses)
        if SLOTS[0] not in frame.poses or frame.stamp_ns == 0:
            return
        now_ns = self._now_ns()
        if now_ns:
            self._delays.append(now_ns - frame.stamp_ns)
            if self._restamp is not None:
                self._restamp.heard(frame.stamp_ns, now_ns)

    def stamped(self, body: BodyPose) -> BodyPose:
        """Count a body, and return it with the stamp to publish it with."""
        self._bodies += 1
        self._states.update(enumerate(body.tracker_state.tolist()))
        if self._restamp is None:
            return body
        return replace(body, stamp_ns=self._restamp(body.stamp_ns))

    def annotate(self, statuses: list[DiagnosticStatus], body_rate: float) -> list[str]:
        """Add to the body's and the trackers' statuses; return the lines to log.

        Args:
            statuses: the body's first; the one about the clock is added to them.
            body_rate: bodies per second since the last call.
        """
        lines = []
        offsets, apart = self._clocks.look()
        each = body_rate / max(self._bodies, 1)
        name = statuses[0].name.removesuffix(": body")
        by_name = {status.name: status for status in statuses}
        for index, slot in enumerate(SLOTS):
            status = by_name.get(f"{name}: {slot}")
            if status is None:
                continue
            for state in _STATES:
                rate = self._states[index, int(state)] * each
                _add(status, f"{state.name.lower()} (Hz)", f"{rate:.1f}")
            if slot in offsets:
                _add(status, "offset to the head (ms)", f"{offsets[slot] / 1e6:.0f}")
            if slot in apart:
                text = described(slot, apart[slot])
                _warn(status, text.removeprefix(f"{slot}: "))
                _warn(statuses[0], text)
                lines.append(self._throttle((slot, "clock"), text))
        self._states.clear()
        self._bodies = 0
        clock = self._clock_status(name)
        if clock is not None:
            statuses.append(clock)
            if clock.level != DiagnosticStatus.OK:
                lines.append(self._throttle("ROS time", clock.message))
        return [line for line in lines if line]

    def _clock_status(self, name: str) -> DiagnosticStatus | None:
        delays, self._before, self._delays = self._before + self._delays, self._delays, []
        if len(delays) < _ENOUGH:
            return None
        behind = float(np.median(delays)) * 1e-9
        status = DiagnosticStatus(
            level=DiagnosticStatus.OK,
            name=f"{name}: clock",
            hardware_id=name.partition(" ")[0],  # the node
            message="ok",
        )
        _add(status, "stamps behind ROS time (s)", f"{behind:.3f}")
        _add(status, "restamp", str(self._restamp is not None).lower())
        if abs(behind) > FAR:
            side = "behind" if behind > 0 else "ahead of"
            text = f"the head's stamps are {_duration(abs(behind))} {side} ROS time"
            if self._restamp is not None:
                status.message = f"{text}: restamped"
            else:
                status.level = DiagnosticStatus.WARN
                status.message = (
                    f"{text}: tf2 finds no /tf at the current time. Synchronise the clock that "
                    "stamps the poses, or set the parameter restamp; with a bag, use_sim_time"
                )
        return status


def _warn(status: DiagnosticStatus, text: str) -> None:
    status.message += f", but {text}" if status.message == "tracking" else f"; {text}"
    if status.level == DiagnosticStatus.OK:
        status.level = DiagnosticStatus.WARN


def _add(status: DiagnosticStatus, key: str, value: str) -> None:
    status.values.append(KeyValue(key=key, value=value))


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 1e4 else f"{seconds / 86400:.1f} days"
