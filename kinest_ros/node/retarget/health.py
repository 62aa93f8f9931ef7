# SPDX-License-Identifier: Apache-2.0
"""What the retargeting node says of itself on /diagnostics."""

from __future__ import annotations

from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from kinest_ros.retarget.live.sample import Phase
from kinest_ros.retarget.solver.robot_pose import RobotPose

_LEVELS = {
    Phase.WAITING: DiagnosticStatus.WARN,
    Phase.FOLLOWING: DiagnosticStatus.OK,
    Phase.BLENDING: DiagnosticStatus.OK,
    Phase.HOLDING: DiagnosticStatus.WARN,
    Phase.STOPPED: DiagnosticStatus.ERROR,
    Phase.PAUSED: DiagnosticStatus.WARN,
    Phase.DISABLED: DiagnosticStatus.WARN,
}


class RetargetHealth:
    """Collects figures between two diagnoses."""

    def __init__(self) -> None:
        """Begin with none."""
        self.refused = self.faults = 0
        self._clear()

    def _clear(self) -> None:
        self._solve: list[float] = []
        self._limits = 0
        self._closest: tuple[float, tuple[str, str]] = (np.inf, ("", ""))
        self._worst = 0.0
        self._samples = 0

    def pose(self, pose: RobotPose) -> None:
        """Take a solved pose into account."""
        self._solve.append(pose.milliseconds)
        self._limits = max(self._limits, pose.limits_hit)
        if pose.closest < self._closest[0]:
            self._closest = (pose.closest, pose.closest_pair)
        self._worst = max(self._worst, pose.worst_error)

    def sample(self) -> None:
        """Count a sample that was published."""
        self._samples += 1

    def status(
        self, name: str, phase: Phase, age: float, active: bool, facts: dict[str, Any]
    ) -> DiagnosticStatus:
        """Return the status since the last one, and begin anew.

        Args:
            name: of the node.
            phase: what the output is doing.
            age: s since the last body.
            active: whether the node is.
            facts: further values.
        """
        level, text = _LEVELS[phase], phase.value
        if not active:
            level, text = DiagnosticStatus.WARN, f"inactive: activate the node {name}"
        elif self.faults:
            level, text = DiagnosticStatus.ERROR, f"internal errors: {self.faults}, see the log"
        elif self.refused:
            level = max(level, DiagnosticStatus.WARN)
            text += f"; bodies refused: {self.refused}, see the log"
        solve = np.array(self._solve) if self._solve else np.array([np.nan])
        distance, pair = self._closest
        values = {
            "samples": self._samples,
            "solve ms p50": f"{np.percentile(solve, 50):.2f}",
            "solve ms max": f"{solve.max():.2f}",
            "joints at a limit": self._limits,
            "closest links": f"{' and '.join(pair)}: {1e3 * distance:.0f} mm"
            if np.isfinite(distance)
            else "none near",
            "worst direction error deg": f"{np.degrees(self._worst):.1f}",
            "reference age s": f"{age:.2f}" if np.isfinite(age) else "never",
            **facts,
        }
        self.refused = self.faults = 0
        self._clear()
        return DiagnosticStatus(
            level=level,
            name=f"{name.strip('/')}: robot",
            message=text,
            values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
        )
