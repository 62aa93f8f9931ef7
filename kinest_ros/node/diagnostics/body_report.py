# SPDX-License-Identifier: Apache-2.0
"""What is said of one body once a second: its diagnostics, and log lines on silent trackers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.diagnostics.absence import Absence
from kinest_ros.node.diagnostics.health import HealthReport
from kinest_ros.node.diagnostics.notes import note_oddities, note_rejections
from kinest_ros.node.diagnostics.plausibility import PlausibilityWatch
from kinest_ros.node.diagnostics.silence_watch import SilenceWatch
from kinest_ros.node.diagnostics.statuses import diagnostic_array
from kinest_ros.node.diagnostics.timing import Timing
from kinest_ros.node.inputs.source import InputSource
from kinest_ros.node.inputs.worn_topic import WornTopic
from kinest_ros.tracking.body_tracker import BodyTracker


class BodyReport:
    """Asks all that watch a body, and makes one report of it."""

    def __init__(
        self,
        node_name: str,
        label: str,
        tracker: BodyTracker,
        input_name: str,
        source: InputSource,
        worn: WornTopic,
        absence: Absence,
        plausibility: PlausibilityWatch,
        timing: Timing,
        warn: Callable[[str], object],
    ) -> None:
        """Keep whom to ask.

        Args:
            node_name: full name of the node.
            label: what the statuses' names begin with.
            tracker: of the body.
            input_name: of its kind of input, one of `INPUTS`.
            source: the input.
            worn: says whether the headset is worn.
            absence: why poses that come are not used.
            plausibility: what poses seem to be instead.
            timing: what the stamps are worth.
            warn: logs a line.
        """
        self._node_name, self._label, self._warn = node_name, label, warn
        self._tracker, self._input_name, self._input, self._worn = tracker, input_name, source, worn
        self._absence, self._plausibility, self._timing = absence, plausibility, timing
        self.restart()

    def restart(self) -> None:
        """Wait for trackers as at the start."""
        source = self._input
        self._silence = SilenceWatch(source.missing, source.awaited, source.why_unheard)

    def statuses(
        self, report: HealthReport, facts: Mapping[str, Any], active: bool
    ) -> list[DiagnosticStatus]:
        """Return the body's diagnostics of the last second, and log what is new.

        Args:
            report: rates and ages.
            facts: further values of the body's status.
            active: whether the input has been started.
        """
        arriving = {slot for slot, tracker in report.trackers.items() if tracker.arriving}
        absent = self._absence.reasons(arriving, self._worn.denies) if active else {}
        unheard = self.explain_silence(report, absent) if active else {}
        statuses: list[DiagnosticStatus] = diagnostic_array(
            self._label,
            report,
            self._tracker.stats,
            {slot: self._tracker.settings.timeout_of(slot) for slot in SLOTS},
            {"lost by DDS": self._input.lost, **facts},
            unheard,
            "" if active else self._node_name,
            self._input.conflicts() if active else (),
            absent,
            self._absence.unmet_floor() or "",
        ).status
        for line in self._timing.annotate(statuses, report.body_rate):
            self._warn_of_input(line)
        if active and report.body_rate > 0.0:
            note_rejections(statuses, self._label, self._tracker.rejections)
            note_oddities(statuses, self._label, self._plausibility.notes)
        return statuses

    def explain_silence(self, report: HealthReport, absent: dict[str, str]) -> dict[str, str]:
        """Log what is new of trackers that send nothing; return, by slot, why some never did.

        Args:
            report: ages of the trackers.
            absent: by slot, why poses that come are not used.
        """
        for line in self._absence.lines(absent):
            self._warn(line)
        named = self._tracker.worn_slot  # the input goes by the names that the trackers have
        ages = {named(slot): tracker.age for slot, tracker in report.trackers.items()}
        ages.update({named(slot): 0.0 for slot in absent})  # they come, and it was said
        silence, unheard = self._silence.look(ages["head"]), self._silence.unheard(ages)
        # What the input explains of itself names the same trackers, and comes again and again.
        for line in [silence] if silence else self._silence.lines(unheard):
            self._warn_of_input(line)
        return {named(slot): why for slot, why in unheard.items()}

    def _warn_of_input(self, line: str) -> None:
        self._warn(f"input {self._input_name}: {line}")
