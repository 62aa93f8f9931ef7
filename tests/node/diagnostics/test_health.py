# SPDX-License-Identifier: Apache-2.0
"""Rates, ages and latencies from counts and a clock of our own."""

import numpy as np
import pytest

from kinest_ros.body.joints import SLOTS
from kinest_ros.node.diagnostics.health import LATENCY_WINDOW, Health


def test_rates_and_ages_are_since_the_last_report() -> None:
    now = [100.0]
    health = Health(("head", "left_hand"), clock=lambda: now[0])
    for index in range(90):
        now[0] = 100.0 + (index + 1) / 90
        health.sample("head")
        health.body(0.004, (True, index < 45, False, False, False, False))
    now[0] = 101.5
    report = health.report()
    assert report.trackers["head"].rate == pytest.approx(60.0)
    assert report.trackers["head"].age == pytest.approx(0.5)
    assert report.trackers["left_hand"].age is None
    assert report.body_rate == pytest.approx(60.0)
    assert report.trackers["head"].used == pytest.approx(60.0)
    assert report.trackers["left_hand"].used == pytest.approx(30.0)
    now[0] = 102.5
    later = health.report()
    assert later.trackers["head"].rate == later.trackers["head"].used == 0.0
    assert later.body_rate == 0.0
    assert later.trackers["head"].age == pytest.approx(1.5)


def test_what_arrives_is_counted_apart_from_what_is_taken() -> None:
    now = [0.0]
    health = Health(("head", "left_hand"), clock=lambda: now[0])
    for _ in range(3):
        health.arrival("head")
        health.arrival("left_hand")
        health.sample("left_hand")
    health.fault()
    now[0] = 0.5
    report = health.report()
    head, hand = report.trackers["head"], report.trackers["left_hand"]
    assert (head.rate, head.age, head.arriving, head.refused) == (0.0, None, 6.0, True)
    assert (hand.rate, hand.arriving, hand.refused) == (6.0, 6.0, False)
    assert report.faults == 1
    now[0] = 1.0
    later = health.report()
    assert later.faults == 0 and not later.trackers["head"].refused


def test_load_is_the_share_of_busy_time_since_the_last_report() -> None:
    now = [0.0]
    health = Health(("head",), clock=lambda: now[0])
    for _ in range(60):
        health.busy(0.010)
    now[0] = 1.0
    assert health.report().load == pytest.approx(0.6)
    now[0] = 2.0
    assert health.report().load == 0.0
    health.busy(5.0)
    now[0] = 3.0
    assert health.report().load == 1.0


def test_percentiles_are_over_the_latest_bodies() -> None:
    health = Health(("head",))
    assert health.report().latency_p50 is None
    for latency in [9.0] * 50 + list(np.arange(LATENCY_WINDOW) / 1e4):
        health.body(float(latency), [True] * 6)
    report = health.report()
    assert report.latency_p50 == pytest.approx((LATENCY_WINDOW - 1) / 2e4)
    assert report.latency_p99 == pytest.approx(0.99 * (LATENCY_WINDOW - 1) / 1e4)


@pytest.mark.parametrize("slots", [("head",), ("right_hand", "head", "pelvis"), SLOTS[::-1]])
def test_a_body_is_booked_by_the_names_of_the_slots(slots: tuple[str, ...]) -> None:
    now = [0.0]
    health = Health(slots, clock=lambda: now[0])
    for _ in range(10):
        health.body(0.004, [slot in ("head", "right_hand") for slot in SLOTS])
    now[0] = 1.0
    used = {slot: tracker.used for slot, tracker in health.report().trackers.items()}
    assert used == {slot: 10.0 * (slot in ("head", "right_hand")) for slot in slots}


def test_hands_that_turn_out_to_be_exchanged_take_their_counts_along() -> None:
    now = [0.0]
    health = Health(clock=lambda: now[0])
    health.arrival("left_hand")
    health.sample("left_hand")
    health.exchange("left_hand", "right_hand")
    now[0] = 1.0
    trackers = health.report().trackers
    assert (trackers["left_hand"].age, trackers["left_hand"].arriving) == (None, 0.0)
    assert (trackers["right_hand"].age, trackers["right_hand"].arriving) == (1.0, 1.0)
