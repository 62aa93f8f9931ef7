# SPDX-License-Identifier: Apache-2.0
"""What is odd about the input shows in the statuses, and is told once."""

from diagnostic_msgs.msg import DiagnosticStatus

from kinest_ros.node.diagnostics.notes import note_oddities, note_rejections
from kinest_ros.node.diagnostics.rejection_log import LASTING, RejectionLog
from kinest_ros.tracking.admission.gating import Rejection

OUT = Rejection("left_hand", 2.1)


def statuses(level=DiagnosticStatus.OK, text="tracking"):
    names = ("kinest: body", "kinest: head", "kinest: left_hand")
    return [DiagnosticStatus(name=name, level=level, message=text) for name in names]


def test_a_rejected_tracker_warns_with_its_distance():
    body, head, hand = found = statuses()
    note_rejections(found, "kinest", [OUT])
    assert head.level == DiagnosticStatus.OK and head.message == "tracking"
    assert body.level == hand.level == DiagnosticStatus.WARN
    assert hand.message == "left_hand is 2.1 m from where this arm can reach: put down?"
    assert hand.message in body.message and hand.values[-1].value == "2.10"


def test_oddities_are_the_body_s_and_lower_no_error():
    body, head, _ = found = statuses(DiagnosticStatus.ERROR, "faults")
    note_oddities(found, "kinest", {"units": "centimetres"})
    assert body.level == DiagnosticStatus.ERROR and body.message == "faults; centimetres"
    assert head.message == "faults"


def test_a_rejection_is_told_once_when_it_lasts():
    log = RejectionLog()
    told = [len(log.look([OUT], 1)) for _ in range(10 * LASTING)]
    assert sum(told) == 1 and told[LASTING - 1] == 1
    assert not log.look([], 1)
    assert sum(len(log.look([OUT], 1)) for _ in range(LASTING)) == 1
    assert not log.look([], 1) and not log.look([OUT], LASTING - 1)
