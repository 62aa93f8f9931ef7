# SPDX-License-Identifier: Apache-2.0
"""What is odd about the input, written into statuses that were made without knowing of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue

from kinest_ros.tracking.admission.gating import Rejection


def note_rejections(
    statuses: Iterable[DiagnosticStatus], label: str, rejections: Iterable[Rejection]
) -> None:
    """Warn in the statuses of body and trackers of those that the body does not follow.

    Args:
        statuses: of the body, changed in place.
        label: what their names begin with.
        rejections: the trackers that are out of reach now.
    """
    by_name = {f"{label}: {each.slot}": each for each in rejections}
    if not by_name:
        return
    texts = "; ".join(str(each) for each in by_name.values())
    for status in statuses:
        rejection = by_name.get(status.name)
        if rejection is not None:
            _warn(status, str(rejection), replaced=True)
            value = f"{rejection.excess:.2f}"
            status.values = [*status.values, KeyValue(key="out of reach by (m)", value=value)]
        elif status.name == f"{label}: body":
            _warn(status, f"the body does not follow {texts}")


def note_oddities(
    statuses: Iterable[DiagnosticStatus], label: str, notes: Mapping[str, str]
) -> None:
    """Warn in the body's status of what its poses seem to be instead.

    Args:
        statuses: of the body, changed in place.
        label: what their names begin with.
        notes: by what was looked for (`PlausibilityWatch.notes`).
    """
    for status in statuses:
        if status.name == f"{label}: body":
            for text in notes.values():
                _warn(status, text)


def _warn(status: DiagnosticStatus, text: str, replaced: bool = False) -> None:
    """Raise a status to WARN at least; errors keep their message in front."""
    known = status.level != DiagnosticStatus.OK and not replaced
    status.message = f"{status.message}; {text}" if known else text
    status.level = max(status.level, DiagnosticStatus.WARN)
