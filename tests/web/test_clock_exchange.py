# SPDX-License-Identifier: Apache-2.0
"""The page's clock on ours: offset, doubt, drift, and clocks that are set."""

import random

import pytest

from kinest_ros.web.clock_exchange import DRIFT, ClockExchange

OFFSET_NS = 3_600_000_000_000


def page_ms(ns: float, ahead_ns: float = OFFSET_NS, drift: float = 0.0) -> float:
    """The page's clock at a time of ours; ours is ahead by so much at its zero."""
    return 1e-6 * (ns - ahead_ns) * (1.0 + drift)


def exchange(
    clock: ClockExchange, at_ns: int, there_ns: int, back_ns: int, drift: float = 0.0, **ahead: int
) -> int:
    """Ask at a time; the ways there and back take so long, the page 0.2 ms. Return the end."""
    heard = at_ns + there_ns
    answered = heard + 200_000
    now = answered + back_ns
    clock.add(
        at_ns, page_ms(heard, drift=drift, **ahead), page_ms(answered, drift=drift, **ahead), now
    )
    return now


def test_nothing_is_known_before_the_first_exchange():
    clock = ClockExchange()
    assert not clock.ready
    assert clock.offset_ms is clock.round_trip_ms is clock.uncertainty_ms(0) is None


def test_even_ways_give_the_offset():
    clock = ClockExchange()
    now = exchange(clock, 10**18, 2_000_000, 2_000_000)
    assert clock.to_ns(page_ms(now)) == pytest.approx(now, abs=1000)
    assert clock.to_page_ms(now) == pytest.approx(page_ms(now), abs=1e-3)
    assert clock.round_trip_ms == pytest.approx(4.0, abs=1e-3)


@pytest.mark.parametrize("there_ns, back_ns", [(9_000_000, 1_000_000), (0, 30_000_000)])
def test_the_error_is_within_the_uncertainty(there_ns: int, back_ns: int):
    clock = ClockExchange()
    now = exchange(clock, 10**18, there_ns, back_ns)
    error_ms = 1e-6 * abs(clock.to_ns(page_ms(now)) - now)
    assert error_ms <= clock.uncertainty_ms(now) + 1e-3
    assert clock.uncertainty_ms(now) == pytest.approx(0.5e-6 * (there_ns + back_ns), rel=0.01)


def test_a_drifting_clock_is_followed_within_the_uncertainty():
    clock, random_ways = ClockExchange(), random.Random(1)
    begin = 5_000_000_000_000
    for second in range(300):
        ways = [random_ways.randint(500_000, 40_000_000) for _ in range(2)]
        now = exchange(clock, begin + second * 10**9, *ways, drift=0.8 * DRIFT)
        error_ms = 1e-6 * abs(clock.to_ns(page_ms(now, drift=0.8 * DRIFT)) - now)
        assert error_ms <= clock.uncertainty_ms(now) + 1e-3
    assert clock.steps == 0


def test_stamps_keep_their_order_when_a_better_exchange_comes():
    clock = ClockExchange()
    now = exchange(clock, 10**15, 0, 60_000_000)
    before = clock.to_ns(page_ms(now))
    later = exchange(clock, now + 10_000_000, 1_000_000, 1_000_000)
    assert clock.to_ns(page_ms(later)) > before
    for _ in range(20):
        later = exchange(clock, later + 10**9, 1_000_000, 1_000_000)
    assert clock.to_ns(page_ms(later)) == pytest.approx(later, abs=1000)


@pytest.mark.parametrize("by_ns", [5 * 10**9, 150_000_000, -150_000_000])
def test_a_clock_that_is_set_is_noticed_at_once(by_ns: int):
    clock = ClockExchange()
    now = exchange(clock, 10**15, 1_000_000, 1_000_000)
    now = exchange(clock, now + 10**9, 1_000_000, 1_000_000, ahead_ns=OFFSET_NS + by_ns)
    assert clock.steps == 1
    assert clock.to_ns(page_ms(now, OFFSET_NS + by_ns)) == pytest.approx(now, abs=1000)


def test_a_small_step_is_approached_and_a_doubtful_one_not_believed():
    """Within the doubt of a slow network, or so small that stamps can keep their order."""
    for ways_ns, ahead_ns in ((1_000_000, 80_000_000), (400_000_000, 300_000_000)):
        clock = ClockExchange()
        now = exchange(clock, 10**15, ways_ns, ways_ns)
        before = clock.offset_ms
        later = OFFSET_NS + ahead_ns
        now = exchange(clock, now + 10**9, ways_ns, ways_ns, ahead_ns=later)
        assert clock.steps == 0
        assert clock.offset_ms - before < 0.005 * 1e-6 * 3e9


def test_impossible_exchanges_are_left_out():
    clock = ClockExchange()
    clock.add(1000, 0.0, 5.0, 2000)  # held it for longer than all took
    clock.add(1000, 5.0, 0.0, 2000)
    assert not clock.ready
