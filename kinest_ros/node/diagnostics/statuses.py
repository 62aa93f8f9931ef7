# SPDX-License-Identifier: Apache-2.0
"""Turns the node's health into a DiagnosticArray."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

from kinest_ros.node.diagnostics.health import HealthReport, TrackerHealth
from kinest_ros.tracking.stats import TrackerStats

#: Share of busy time over which poses pile up.
OVERLOAD = 0.95
_UNUSED = (
    "poses arrive, but their stamps do not overlap with the head's; check clocks and header stamps"
)


def diagnostic_array(
    name: str,
    report: HealthReport,
    stats: TrackerStats,
    timeouts: Mapping[str, float],
    facts: Mapping[str, Any],
    unheard: Mapping[str, str] | None = None,
    inactive: str = "",
    conflicts: Sequence[str] = (),
    absent: Mapping[str, str] | None = None,
    unmet_floor: str = "",
) -> DiagnosticArray:
    """Return one status for the body and one for each tracker that was ever heard.

    Args:
        name: what the statuses' names begin with: node name, or node name and body id.
        report: rates, ages and latencies of the last second.
        stats: counters of the BodyTracker.
        timeouts: by slot, seconds of silence after which a tracker counts as lost.
        facts: further values for the body's status (device, weights, ...).
        unheard: by slot, why a tracker that should be there was never heard.
        inactive: full name of the node if it is not active; empty if it is.
        conflicts: what of the input contradicts itself.
        absent: by slot, why poses that come of a tracker are not used; the head's is why there is
            no body.
        unmet_floor: what is wrong with feet that stand above the floor; empty if they do not.
    """
    if inactive:
        level = DiagnosticStatus.WARN
        text = f"inactive: activate the node (ros2 lifecycle set {inactive} activate)"
    else:
        level, text = _judgement(report, stats, timeouts, unheard or {}, absent or {})
        if unmet_floor and level != DiagnosticStatus.ERROR and "head" not in (absent or {}):
            level, text = DiagnosticStatus.WARN, f"{text}; {unmet_floor}"
        if conflicts:
            level = max(level, DiagnosticStatus.WARN)
            text = "; ".join((text, *conflicts))
    statuses = [_status(name + ": body", level, text, _body_values(report, stats, facts))]
    for slot, tracker in report.trackers.items():
        if tracker.age is not None:
            status = _tracker_status(name, slot, tracker, timeouts[slot], report.body_rate)
            if status.level != DiagnosticStatus.OK and slot in (absent or {}):
                status.message = (absent or {})[slot]
            statuses.append(status)
    return DiagnosticArray(status=statuses)


def _judgement(
    report: HealthReport,
    stats: TrackerStats,
    timeouts: Mapping[str, float],
    unheard: Mapping[str, str],
    absent: Mapping[str, str],
) -> tuple[bytes, str]:
    """Return the body's level and message."""
    head = report.trackers["head"]
    head_absent = head.age is None or head.age > timeouts["head"]
    if report.faults:
        level = DiagnosticStatus.ERROR
        text = f"internal errors: {report.faults} in the last second, see the log"
    elif absent.get("head", "").startswith("headset"):
        level, text = DiagnosticStatus.WARN, f"{absent['head']}: nothing is published until it is"
    elif "head" in absent:
        level = DiagnosticStatus.ERROR
        text = f"head lost ({absent['head']}): nothing is published until it is back"
    elif head_absent and head.refused:
        level = DiagnosticStatus.ERROR
        text = f"head poses arrive but are refused ({_invalid(stats, 'head')}): see the log"
    elif head.age is None:
        level, text = DiagnosticStatus.WARN, "waiting for the first head pose"
    elif head.age > timeouts["head"]:
        level, text = DiagnosticStatus.ERROR, "head lost: nothing is published until it is back"
    elif report.body_rate == 0.0 and head.rate > 0.0:
        level = DiagnosticStatus.ERROR
        text = "poses arrive but no body comes out: do their header stamps advance?"
    else:
        level, text = DiagnosticStatus.OK, "tracking"
        lost = []
        for slot, tracker in report.trackers.items():
            missing = tracker.age is None or tracker.age > timeouts[slot]
            if slot in absent:
                lost.append(f"{slot} ({absent[slot]})")
            elif missing and tracker.refused:
                lost.append(f"{slot} (poses refused, {_invalid(stats, slot)}: see the log)")
            elif missing and slot in unheard:
                lost.append(f"{slot} (never received: {unheard[slot]})")
            elif missing and tracker.age is not None:
                lost.append(slot)
            elif _unused(tracker, report.body_rate):
                lost.append(f"{slot} ({_UNUSED}: {stats.dropped_late[slot]} dropped late)")
        if lost:
            level, text = DiagnosticStatus.WARN, f"tracking without {', '.join(lost)}"
        elif report.load > OVERLOAD:
            level, text = DiagnosticStatus.WARN, "too slow for the incoming poses: bodies are late"
    return level, text


def _body_values(
    report: HealthReport, stats: TrackerStats, facts: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "body rate (Hz)": f"{report.body_rate:.1f}",
        "latency p50 (ms)": _milliseconds(report.latency_p50),
        "latency p99 (ms)": _milliseconds(report.latency_p99),
        "load (%)": f"{100.0 * report.load:.0f}",
        "received": stats.received,
        "dropped late": stats.dropped_late,
        "dropped duplicate": stats.dropped_duplicate,
        "dropped outlier": stats.dropped_outlier,
        "dropped invalid": stats.dropped_invalid,
        "dropped placeholder": stats.dropped_placeholder,
        "dropped frozen": stats.dropped_frozen,
        "dropped not worn": stats.dropped_not_worn,
        "ticks without the head": stats.head_lost,
        "resets": stats.resets,
        "network resets": stats.network_resets,
        "non-finite results withheld": stats.not_finite,
        "recentrings": stats.recentrings,
        "floor moved by recentring (m)": f"{stats.floor_moved:.2f}",
        **facts,
    }


def _tracker_status(
    name: str, slot: str, tracker: TrackerHealth, timeout: float, body_rate: float
) -> DiagnosticStatus:
    age = tracker.age or 0.0
    lost = age > timeout
    level = DiagnosticStatus.WARN if lost else DiagnosticStatus.OK
    if lost and slot == "head":
        level = DiagnosticStatus.ERROR
    values = {"rate (Hz)": f"{tracker.rate:.1f}", "age (s)": f"{age:.3f}"}
    text = "tracking"
    if lost:
        text = "poses arrive but are refused" if tracker.refused else "lost"
    elif _unused(tracker, body_rate):
        level, text = DiagnosticStatus.WARN, _UNUSED
    return _status(f"{name}: {slot}", level, text, values)


def _unused(tracker: TrackerHealth, body_rate: float) -> bool:
    """Return whether bodies come, and poses of a tracker, but not of the same time."""
    return body_rate > 0.0 and tracker.rate > 0.0 and tracker.used == 0.0


def _status(name: str, level: bytes, text: str, values: Mapping[str, Any]) -> DiagnosticStatus:
    pairs = [KeyValue(key=key, value=_text(value)) for key, value in values.items()]
    hardware = name.partition(":")[0].partition(" ")[0]  # the node
    return DiagnosticStatus(
        level=level, name=name, message=text, hardware_id=hardware, values=pairs
    )


def _invalid(stats: TrackerStats, slot: str) -> str:
    return f"{stats.dropped_invalid[slot]} invalid"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {count}" for key, count in value.items() if count) or "0"
    return str(value)


def _milliseconds(seconds: float | None) -> str:
    return "none yet" if seconds is None else f"{1e3 * seconds:.2f}"
