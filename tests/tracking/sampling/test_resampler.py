# SPDX-License-Identifier: Apache-2.0
"""Ticks depend on the motion alone: not on rates, bundling, order or bursts of the samples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.tracking.sampling.resampler import (
    PATIENCE,
    Resampler,
    first_tick_from,
    tick_stamp,
)
from kinest_ros.tracking.sampling.sample_track import Source
from tests.search import examples
from tests.tracking.sampling.motions import (
    HEAD,
    LEFT,
    MS,
    RIGHT,
    assert_on,
    assert_same,
    phases,
    rates,
    recordings,
    run,
    stamps,
    steady,
    swinging,
)


@given(st.integers(-(10**12), 10**12))
def test_tick_stamps(index):
    stamp_ns = tick_stamp(index)
    assert abs(60 * stamp_ns - 10**9 * index) <= 30
    assert first_tick_from(stamp_ns) == index
    assert first_tick_from(stamp_ns + 1) == index + 1


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(rates, phases, st.floats(0.0, 0.4), st.integers(0, 99))
def test_any_rate_of_a_steady_motion_gives_it_exactly(rate, phase, jitter, seed):
    times = stamps(rate, phase, 1.0, jitter, seed)
    ticks = run([(time, (HEAD, LEFT, RIGHT)) for time in times])
    # A microsecond beside a tick is on it.
    first, last = first_tick_from(times[0] - 1000), first_tick_from(times[-1] + 1001) - 1
    assert [tick.index for tick in ticks] == list(range(first, last + 1))
    assert_on(ticks, steady, (HEAD, LEFT, RIGHT))


@settings(max_examples=examples(25))
@given(st.tuples(st.floats(45.0, 120.0), rates, rates), st.tuples(phases, phases, phases))
def test_trackers_with_rates_of_their_own(own_rates, own_phases):
    """A slow tracker is waited for or extrapolated; both are exact for a steady motion."""
    samples = sorted(
        (time, (slot,))
        for slot in (HEAD, LEFT, RIGHT)
        for time in stamps(own_rates[slot], own_phases[slot], 1.0)
    )
    ticks = run(samples)
    assert len(ticks) > 45
    for tick in ticks:
        for slot in (HEAD, LEFT, RIGHT):
            if tick.sources[slot] in (Source.MEASURED, Source.EXTRAPOLATED):
                position, _ = steady(slot, tick.stamp_ns)
                lone = tick.stamp_ns < min(t for t, s in samples if s == (slot,)) + 70 * MS
                if tick.sources[slot] == Source.MEASURED or not lone:
                    np.testing.assert_allclose(tick.positions[slot], position, atol=5e-6)


@pytest.mark.parametrize("jitter", [0.0, 0.3])
def test_headset_and_controllers_at_their_usual_rates(jitter):
    """72, 90 and 120 Hz, one tracker's after the other's in bursts of 50 ms, as over radio.

    No tick is skipped, none is later than the burst that brings the slowest tracker's next sample,
    none is without a tracker; for what a burst has not brought yet, constant velocity stands in.
    """
    each = {HEAD: 72.0, LEFT: 90.0, RIGHT: 120.0}
    samples = sorted(
        (time // (50 * MS), slot, time)
        for slot, rate in each.items()
        for time in stamps(rate, 0.2 * slot, 2.0, jitter, slot)
    )
    resampler, ticks = Resampler(0.25), []
    for burst, slot, time in samples:
        for tick in run([(time, (slot,))], resampler=resampler):
            ticks.append(tick)
            assert (burst + 1) * 50 * MS - tick.stamp_ns <= 50 * MS + PATIENCE * 1e9 + 18 * MS
    assert [tick.index for tick in ticks] == list(range(ticks[0].index, ticks[-1].index + 1))
    assert len(ticks) > 110
    assert np.mean([tick.sources[:3] == Source.HELD for tick in ticks]) < 0.02
    for tick in ticks[3:]:
        assert tick.valid[:3].all()
        for slot in each:
            if tick.sources[slot] == Source.HELD:
                continue
            position, quaternion = steady(slot, tick.stamp_ns)
            np.testing.assert_allclose(tick.positions[slot], position, atol=5e-6)
            assert abs(quaternion @ tick.quaternions[slot]) == pytest.approx(1.0, abs=1e-10)


@pytest.mark.slow
@settings(max_examples=examples(15))
@given(recordings(), st.randoms(use_true_random=False))
def test_bundling_changes_nothing(recording, random):
    """One message per tracker, in any order within a stamp, or all of a stamp in one."""
    split = []
    for time, slots in recording:
        order = list(slots)
        random.shuffle(order)
        split += [(time, (slot,)) for slot in order]
    assert_same(run(recording, swinging), run(split, swinging))


@pytest.mark.parametrize("order", [(HEAD, LEFT), (LEFT, HEAD)])
def test_bundling_where_the_head_is_believed_again(order):
    """One sample of the head after a loss is not believed; the next one completes many ticks."""
    regular = [(5_000 * MS + step * 20 * MS, (HEAD, LEFT, RIGHT)) for step in range(5)]
    away = [(5_100 * MS + step * 50 * MS, (LEFT, RIGHT)) for step in range(7)]
    back = [(5_490 * MS, (HEAD, LEFT, RIGHT)), (5_560 * MS, (RIGHT,))]
    last = [(5_700 * MS, (HEAD, LEFT)), (5_730 * MS, (LEFT,)), (5_760 * MS, (HEAD, LEFT, RIGHT))]
    whole = regular + away + back + last
    split = [
        (time, (slot,))
        for time, slots in whole
        for slot in (order if slots == (HEAD, LEFT) else slots)
    ]
    assert_same(run(whole, swinging), run(split, swinging))


@settings(max_examples=examples(25))
@given(recordings())
def test_ticks_increase_strictly(recording):
    ticks = run(recording, swinging)
    indices = [tick.index for tick in ticks]
    assert indices == sorted(set(indices))
    assert all(tick.sources[HEAD] != Source.LOST for tick in ticks)
    assert all(np.isfinite(tick.positions).all() for tick in ticks)


@settings(max_examples=examples(25))
@given(st.floats(60.0, 120.0), st.tuples(phases, phases, phases), st.integers(0, 2**32 - 1))
def test_delays_change_nothing(rate, own_phases, seed):
    """Messages of different trackers overtake each other by up to 8 ms, and come in bursts."""
    rng = np.random.default_rng(seed)
    samples = [
        (time, slot) for slot in (HEAD, LEFT, RIGHT) for time in stamps(rate, own_phases[slot], 0.8)
    ]
    on_time = sorted(samples)
    delayed = [
        (time + delay, time, slot)
        for (time, slot), delay in zip(on_time, rng.uniform(0, 8 * MS, len(on_time)), strict=True)
    ]
    # Within one tracker the order stays, as on any topic.
    for slot in (HEAD, LEFT, RIGHT):
        arrivals = sorted(arrival for arrival, _, s in delayed if s == slot)
        times = sorted(time for _, time, s in delayed if s == slot)
        delayed = [d for d in delayed if d[2] != slot]
        delayed += [(arrival, time, slot) for arrival, time in zip(arrivals, times, strict=True)]
    mixed = [(time, slot) for _, time, slot in sorted(delayed)]
    first = run([(time, (slot,)) for time, slot in on_time], swinging)
    second = run([(time, (slot,)) for time, slot in mixed], swinging)
    # The very first ticks depend on which tracker was heard first.
    first, second = ([t for t in ticks if t.stamp_ns > 5_060 * MS] for ticks in (first, second))
    shorter = min(len(first), len(second))
    assert shorter > 30
    assert_same(first[:shorter], second[:shorter])
