# SPDX-License-Identifier: Apache-2.0
"""The level says what an operator must do: nothing, look, or act."""

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2")

from diagnostic_msgs.msg import DiagnosticStatus

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.diagnostics.health import HealthReport, TrackerHealth
from kinest_ros.node.diagnostics.statuses import diagnostic_array
from kinest_ros.tracking.stats import TrackerStats

TIMEOUTS = dict.fromkeys(SLOTS, 0.25)


def _body(
    trackers: dict[str, TrackerHealth], body_rate: float = 60.0, load: float = 0.5
) -> DiagnosticStatus:
    report = HealthReport(trackers, body_rate, 0.004, 0.009, load)
    stats = TrackerStats()
    stats.dropped_late["left_hand"] = 3
    stats.dropped_invalid.update(head=7, left_foot=2)
    return diagnostic_array("kinest", report, stats, TIMEOUTS, {"device": "cpu"}).status[0]


LIVE = TrackerHealth(72.0, 0.01, 72.0, 60.0)
SILENT, NEVER = TrackerHealth(0.0, 3.0), TrackerHealth(0.0, None)
#: Poses come and are not taken: since three seconds, from the beginning, and a few of them.
REFUSED, NEVER_TAKEN = TrackerHealth(0.0, 3.0, 72.0), TrackerHealth(0.0, None, 72.0)
SOME_REFUSED = TrackerHealth(70.0, 0.01, 72.0, 58.0)
#: Poses come and are taken, and no body has them.
UNUSED = TrackerHealth(72.0, 0.01, 72.0, 0.0)


@pytest.mark.parametrize(
    ("trackers", "rate", "level", "text"),
    [
        ({"head": LIVE, "left_hand": LIVE}, 60.0, DiagnosticStatus.OK, "tracking"),
        ({"head": LIVE, "left_hand": NEVER}, 60.0, DiagnosticStatus.OK, "tracking"),
        ({"head": LIVE, "left_hand": SILENT}, 60.0, DiagnosticStatus.WARN, "left_hand"),
        ({"head": NEVER, "left_hand": LIVE}, 0.0, DiagnosticStatus.WARN, "first head"),
        ({"head": SILENT, "left_hand": LIVE}, 0.0, DiagnosticStatus.ERROR, "head lost"),
        ({"head": LIVE}, 0.0, DiagnosticStatus.ERROR, "stamps"),
        ({"head": REFUSED}, 0.0, DiagnosticStatus.ERROR, "refused (7 invalid): see the log"),
        ({"head": NEVER_TAKEN}, 0.0, DiagnosticStatus.ERROR, "head poses arrive but are refused"),
        ({"head": SOME_REFUSED}, 60.0, DiagnosticStatus.OK, "tracking"),
        (
            {"head": LIVE, "left_hand": UNUSED},
            60.0,
            DiagnosticStatus.WARN,
            "without left_hand (poses arrive, but their stamps do not overlap with the head's; "
            "check clocks and header stamps: 3 dropped late)",
        ),
        ({"head": UNUSED}, 0.0, DiagnosticStatus.ERROR, "stamps"),
        (
            {"head": LIVE, "left_foot": NEVER_TAKEN},
            60.0,
            DiagnosticStatus.WARN,
            "without left_foot (poses refused, 2 invalid: see the log)",
        ),
    ],
)
def test_levels(trackers: dict, rate: float, level: bytes, text: str) -> None:
    status = _body(trackers, rate)
    assert status.level == level
    assert text in status.message


def test_what_was_never_heard_is_named_with_the_reason() -> None:
    report = HealthReport(
        {"head": LIVE, "left_hand": NEVER, "right_hand": SILENT}, 60.0, 0.004, 0.009, 0.5
    )
    unheard = {"left_hand": "nobody publishes /left"}
    message = diagnostic_array("kinest", report, TrackerStats(), TIMEOUTS, {}, unheard)
    status = message.status[0]
    assert status.level == DiagnosticStatus.WARN
    assert (
        "without left_hand (never received: nobody publishes /left), right_hand" in status.message
    )


def test_faults_are_an_error_while_they_happen() -> None:
    for head in (LIVE, SILENT, NEVER, NEVER_TAKEN):
        report = HealthReport({"head": head}, 60.0, 0.004, 0.009, 0.5, faults=3)
        status = diagnostic_array("kinest", report, TrackerStats(), TIMEOUTS, {}).status[0]
        assert status.level == DiagnosticStatus.ERROR
        assert status.message == "internal errors: 3 in the last second, see the log"


def test_a_trackers_status_tells_refused_from_lost() -> None:
    report = HealthReport({"head": REFUSED, "left_hand": SILENT}, 0.0, None, None, 0.0)
    _, head, hand = diagnostic_array("kinest", report, TrackerStats(), TIMEOUTS, {}).status
    assert (head.level, head.message) == (DiagnosticStatus.ERROR, "poses arrive but are refused")
    assert (hand.level, hand.message) == (DiagnosticStatus.WARN, "lost")


def test_an_inactive_node_says_how_to_activate_it() -> None:
    report = HealthReport({"head": NEVER}, 0.0, None, None, 0.0)
    (status,) = diagnostic_array(
        "kinest", report, TrackerStats(), TIMEOUTS, {}, inactive="/room/kinest"
    ).status
    assert status.level == DiagnosticStatus.WARN
    assert (
        status.message == "inactive: activate the node (ros2 lifecycle set /room/kinest activate)"
    )


def test_overload_is_a_warning() -> None:
    status = _body({"head": LIVE}, load=0.99)
    assert status.level == DiagnosticStatus.WARN
    assert "slow" in status.message


def test_values_are_readable() -> None:
    values = {pair.key: pair.value for pair in _body({"head": LIVE}).values}
    assert values["latency p50 (ms)"] == "4.00"
    assert values["dropped late"] == "left_hand 3"
    assert values["dropped duplicate"] == "0"
    assert values["device"] == "cpu"


def test_a_status_for_each_tracker_that_was_heard() -> None:
    report = HealthReport(
        {"head": SILENT, "left_hand": LIVE, "pelvis": NEVER}, 0.0, None, None, 0.0
    )
    message = diagnostic_array("kinest bob", report, TrackerStats(), TIMEOUTS, {})
    levels = {status.name: status.level for status in message.status}
    assert levels == {
        "kinest bob: body": DiagnosticStatus.ERROR,
        "kinest bob: head": DiagnosticStatus.ERROR,
        "kinest bob: left_hand": DiagnosticStatus.OK,
    }


def test_a_tracker_of_another_time_is_no_tracker() -> None:
    report = HealthReport({"head": LIVE, "left_hand": UNUSED}, 60.0, 0.004, 0.009, 0.5)
    _, head, hand = diagnostic_array("kinest", report, TrackerStats(), TIMEOUTS, {}).status
    assert (head.level, head.message) == (DiagnosticStatus.OK, "tracking")
    assert hand.level == DiagnosticStatus.WARN
    assert hand.message.startswith("poses arrive, but their stamps do not overlap with the head's")


@pytest.mark.parametrize("name", ["kinest", "kinest bob", "/robot1/kinest", "/robot1/kinest bob"])
def test_the_hardware_is_the_node(name: str) -> None:
    report = HealthReport({"head": LIVE}, 60.0, 0.004, 0.009, 0.5)
    message = diagnostic_array(name, report, TrackerStats(), TIMEOUTS, {})
    assert {status.hardware_id for status in message.status} == {name.split()[0]}


def test_what_contradicts_itself_is_at_least_a_warning() -> None:
    for head, level in ((LIVE, DiagnosticStatus.WARN), (SILENT, DiagnosticStatus.ERROR)):
        report = HealthReport({"head": head}, 60.0, 0.004, 0.009, 0.5)
        conflicts = ["/head has two publishers"]
        status = diagnostic_array(
            "kinest", report, TrackerStats(), TIMEOUTS, {}, conflicts=conflicts
        ).status[0]
        assert status.level == level
        assert status.message.endswith("; /head has two publishers")


@pytest.mark.parametrize("absent", [{}, {"left_hand": "lies still"}, {"head": "is not worn"}])
def test_feet_that_stand_above_the_floor_are_told_while_there_is_a_body(absent: dict) -> None:
    report = HealthReport({"head": LIVE, "left_hand": LIVE}, 60.0, 0.004, 0.009, 0.5)
    body = diagnostic_array(
        "kinest", report, TrackerStats(), TIMEOUTS, {}, absent=absent, unmet_floor="feet hang"
    ).status[0]
    assert ("feet hang" in body.message) == ("head" not in absent)
    if "head" not in absent:
        assert body.level == DiagnosticStatus.WARN
