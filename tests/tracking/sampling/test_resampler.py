# SPDX-License-Identifier: Apache-2.0
"""Ticks depend on the motion alone: not on rates, bundling, order or bursts of the samples."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.tracking.sampling.resampler import (
    PATIENCE,
    Fate,
    Resampler,
    first_tick_from,
    tick_stamp,
)
from kinest_ros.tracking.sampling.sample_track import CAPACITY, Source
from tests.search import examples

MS = 1_000_000
HEAD, LEFT, RIGHT = 0, 1, 2
SPEED = np.array([0.7, -0.3, 0.2])
AXIS = np.array([0.36, -0.48, 0.8])


def turned(angle: float) -> np.ndarray:
    """The quaternion of a turn about one axis."""
    return np.append(math.sin(0.5 * angle) * AXIS, math.cos(0.5 * angle))


def steady(slot: int, stamp_ns: int) -> tuple[np.ndarray, np.ndarray]:
    """Constant velocity and angular velocity, another for each slot."""
    time = stamp_ns * 1e-9
    return (slot + 1) * SPEED * time + [0.0, slot, 1.0], turned(2.5 * (slot + 1) * time)


def swinging(slot: int, stamp_ns: int) -> tuple[np.ndarray, np.ndarray]:
    time = stamp_ns * 1e-9
    return math.sin((slot + 3) * time) * SPEED, turned(math.sin((slot + 2) * time))


def run(samples, motion=steady, resampler=None, timeout=0.25):
    """Push (stamp, slots) one after the other; return all ticks."""
    resampler = resampler or Resampler(timeout)
    ticks = []
    for stamp_ns, slots in samples:
        ticks += resampler.push(stamp_ns, {slot: motion(slot, stamp_ns) for slot in slots})[0]
    return ticks


def assert_same(first, second):
    assert [tick.index for tick in first] == [tick.index for tick in second]
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.sources, other.sources)
        np.testing.assert_array_equal(one.positions, other.positions)
        np.testing.assert_array_equal(one.quaternions, other.quaternions)


def assert_on(ticks, motion, slots):
    """The given slots are measured where the motion was."""
    for tick in ticks:
        assert tick.stamp_ns == round(tick.index * 1e9 / 60)
        for slot in slots:
            position, quaternion = motion(slot, tick.stamp_ns)
            assert tick.sources[slot] == Source.MEASURED
            np.testing.assert_allclose(tick.positions[slot], position, atol=5e-6)
            assert abs(quaternion @ tick.quaternions[slot]) == pytest.approx(1.0, abs=1e-10)


rates = st.floats(15.0, 120.0)
phases = st.floats(0.0, 1.0)


def stamps(rate: float, phase: float, seconds: float, jitter: float = 0.0, seed: int = 0):
    count = int(seconds * rate)
    wobble = np.random.default_rng(seed).uniform(-jitter, jitter, count) / rate
    times = 5.0 + (np.arange(count) + phase) / rate + wobble
    return [int(time * 1e9) for time in times]


@given(st.integers(-(10**12), 10**12))
def test_tick_stamps(index):
    stamp_ns = tick_stamp(index)
    assert abs(60 * stamp_ns - 10**9 * index) <= 30
    assert first_tick_from(stamp_ns) == index
    assert first_tick_from(stamp_ns + 1) == index + 1


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


@st.composite
def recordings(draw):
    """Samples of three trackers in the order of their stamps, with losses of any length."""
    rate = draw(rates)
    times = stamps(rate, draw(phases), draw(st.floats(0.3, 1.5)), 0.3, draw(st.integers(0, 99)))
    if draw(st.booleans()):
        times = [tick_stamp(first_tick_from(time)) for time in times]
        times = sorted(set(times))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    there = rng.random((len(times), 3)) > draw(st.floats(0.0, 0.5))
    for slot in (HEAD, LEFT, RIGHT):
        if draw(st.booleans()):
            start = rng.integers(0, len(times))
            there[start : start + rng.integers(1, len(times) + 1), slot] = False
    return [
        (time, tuple(np.flatnonzero(row).tolist())) for time, row in zip(times, there, strict=True)
    ]


@settings(max_examples=examples(25))
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


def test_a_tick_waits_for_all_live_trackers():
    resampler = Resampler(0.25)
    times = [tick_stamp(index) for index in range(60, 66)]
    run([(time, (HEAD, LEFT)) for time in times], resampler=resampler)
    assert run([(tick_stamp(66), (HEAD,))], resampler=resampler) == []
    ticks = run([(tick_stamp(66), (LEFT,))], resampler=resampler)
    assert [tick.index for tick in ticks] == [66]


def test_a_tick_does_not_wait_longer_than_25_ms():
    resampler = Resampler(0.25)
    run([(tick_stamp(i), (HEAD, LEFT)) for i in range(60, 66)], resampler=resampler)
    ticks = run([(tick_stamp(i), (HEAD,)) for i in range(66, 70)], resampler=resampler)
    # The head's samples at 67.5 ticks and later have let tick 66 go once they were followed.
    assert [tick.index for tick in ticks] == [66]
    assert ticks[0].sources[HEAD] == Source.MEASURED
    assert ticks[0].sources[LEFT] == Source.EXTRAPOLATED
    position, quaternion = steady(LEFT, ticks[0].stamp_ns)
    np.testing.assert_allclose(ticks[0].positions[LEFT], position, atol=1e-9)
    assert abs(quaternion @ ticks[0].quaternions[LEFT]) == pytest.approx(1.0)


def test_how_long_it_waits_can_be_chosen():
    waited = {}
    for patience in (0.0, 0.05):
        resampler = Resampler(0.25, patience)
        run([(tick_stamp(i), (HEAD, LEFT)) for i in range(60, 66)], resampler=resampler)
        waited[patience] = 0
        while not run([(tick_stamp(66 + waited[patience]), (HEAD,))], resampler=resampler):
            waited[patience] += 1
    # The head's stamp of its first sample that is past it by the patience, and one more.
    assert waited == {0.0: 1, 0.05: 4}


@pytest.mark.parametrize("ahead_ms", [50, 100, 200, 700])
def test_other_trackers_cannot_push_the_head(ahead_ms):
    """Hands on a clock that is ahead, or a head that arrives later than they: head measured."""
    slots = (LEFT, RIGHT)
    times = [(tick_stamp(60) + round(i * 1e9 / 90), i) for i in range(180)]
    apart = [s for t, _ in times for s in ((t, (HEAD,)), (t + ahead_ms * MS, slots))]
    assert_on(run(apart, swinging_head), swinging_head, (HEAD,))
    late = [(t, slots) for t, _ in times if t <= times[0][0] + ahead_ms * MS]
    for time, _ in times:
        late += [(time, (HEAD,)), (time + (ahead_ms + 11) * MS, slots)]
    ticks = run(late, swinging_head, timeout=1.0)
    assert len(ticks) > 110
    assert_on(ticks, swinging_head, (HEAD,))


def swinging_head(slot, stamp_ns):
    """Piecewise linear on 1/90 s, so that interpolation is exact where ticks are interpolated."""
    return steady(HEAD, stamp_ns) if slot == HEAD else swinging(slot, stamp_ns)


@settings(max_examples=examples(40))
@given(recordings(), st.integers(-300, 300), st.randoms(use_true_random=False))
def test_bundling_changes_nothing_where_clocks_are_apart_and_samples_wild(
    recording, apart_ms, random
):
    wild = {(time, slot) for time, slots in recording for slot in slots if random.random() < 0.1}

    def motion(slot, stamp_ns):
        position, quaternion = swinging(slot, stamp_ns)
        return position + ((stamp_ns, slot) in wild) * np.array([1.0, 0.0, 0.0]), quaternion

    samples = [(time, tuple(s for s in slots if s != RIGHT)) for time, slots in recording]
    samples += [(t + apart_ms * MS, (RIGHT,)) for t, slots in recording if RIGHT in slots]
    samples.sort(key=lambda s: s[0] - (apart_ms * MS if RIGHT in s[1] else 0))
    split = []
    for time, slots in samples:
        each = list(slots)
        random.shuffle(each)
        split += [(time, (slot,)) for slot in each]
    assert_same(run(samples, motion), run(split, motion))


def test_a_lone_outlier_of_the_head_is_interpolated_over():
    def motion(slot, stamp_ns):
        position, quaternion = steady(slot, stamp_ns)
        return position + (stamp_ns == tick_stamp(80)) * np.array([0.25, 0.0, 0.0]), quaternion

    resampler, delays = Resampler(0.25), {}
    ticks = []
    for i in range(60, 100):
        for tick in run([(tick_stamp(i), (HEAD, LEFT))], motion, resampler):
            delays[tick.index] = i - tick.index
            ticks.append(tick)
    assert_on(ticks, steady, (HEAD,))
    assert resampler.outliers(HEAD) == 1
    # Only the tick itself waits for the sample that settles it.
    assert {i: d for i, d in delays.items() if i > 63} == {i: int(i == 80) for i in range(64, 100)}


def test_a_silent_tracker_is_extrapolated_held_and_lost():
    samples = [(tick_stamp(i), (HEAD, LEFT) if i < 66 else (HEAD,)) for i in range(60, 100)]
    ticks = {tick.index: tick for tick in run(samples)}
    last_ns = tick_stamp(65)
    for index, tick in ticks.items():
        if index < 66:
            continue
        age = (tick.stamp_ns - last_ns) / MS
        expected = Source.EXTRAPOLATED if age <= 25 else Source.HELD if age <= 250 else Source.LOST
        assert tick.sources[LEFT] == expected
        if expected is Source.HELD:
            position, _ = steady(LEFT, last_ns + 25 * MS)
            np.testing.assert_allclose(tick.positions[LEFT], position, atol=1e-9)
    assert ticks[66].valid[LEFT]
    assert not ticks[90].valid[LEFT]


@pytest.mark.parametrize(("gap", "bridged"), [(0.2, True), (0.3, False)])
def test_gaps_are_bridged_up_to_the_timeout(gap, bridged):
    before = [(tick_stamp(i), (HEAD,)) for i in range(60, 70)]
    after = [(tick_stamp(i) + round(gap * 1e9), (HEAD,)) for i in range(70, 80)]
    ticks = run(before + after)
    inside = [t for t in ticks if tick_stamp(69) < t.stamp_ns < after[0][0]]
    if bridged:
        assert len(inside) >= 11
        assert_on(inside, steady, (HEAD,))
    else:
        assert inside == []
        assert max(tick.index for tick in ticks) >= 87  # and those after it are there


def test_each_tracker_has_a_timeout_of_its_own():
    """Seven samples each, then the head alone: the tick at which each of the others is lost."""
    samples = [(tick_stamp(i), (HEAD, LEFT, RIGHT) if i < 67 else (HEAD,)) for i in range(60, 120)]
    resampler = Resampler([0.25, 0.1, 0.5, 0.25, 0.25, 0.25])
    ticks = run(samples, resampler=resampler)
    last = {slot: max(t.index for t in ticks if t.valid[slot]) for slot in (HEAD, LEFT, RIGHT)}
    assert last == {HEAD: 119, LEFT: 66 + 6, RIGHT: 66 + 30}


def test_a_tracker_is_waited_for_until_its_own_timeout():
    """While the hand is missed, ticks come when the head is 25 ms past them; then at once."""
    resampler = Resampler([0.25, 0.1, 0.25, 0.25, 0.25, 0.25])
    run([(tick_stamp(i), (HEAD, LEFT)) for i in range(60, 67)], resampler=resampler)
    delays = {}
    for i in range(67, 80):
        for tick in run([(tick_stamp(i), (HEAD,))], resampler=resampler):
            delays[tick.index] = i - tick.index
    assert delays[67] >= 2
    assert [delays[index] for index in range(76, 80)] == [0] * 4


def test_the_head_alone_opens_a_tick():
    samples = [(tick_stamp(i), (HEAD, LEFT) if i < 67 else (LEFT,)) for i in range(60, 120)]
    assert run(samples)[-1].index == 66


@pytest.mark.parametrize(("timeout", "bridged"), [(0.05, False), (0.3, True)])
def test_the_timeout_of_the_head_says_which_gaps_are_bridged(timeout, bridged):
    samples = [(tick_stamp(i), (LEFT,) if 67 <= i < 75 else (HEAD, LEFT)) for i in range(60, 90)]
    ticks = run(samples, resampler=Resampler([timeout, 1.0, 1.0, 1.0, 1.0, 1.0]))
    expected = [*range(60, 90)] if bridged else [*range(60, 67), *range(76, 90)]
    assert [tick.index for tick in ticks] == expected
    assert_on(ticks, steady, (HEAD,))


def test_without_the_head_there_are_no_ticks():
    """The first sample after the loss is not believed before there is a second one."""
    samples = [
        (tick_stamp(i), (LEFT, RIGHT) if 80 <= i < 140 else (HEAD, LEFT, RIGHT))
        for i in range(60, 160)
    ]
    indices = [tick.index for tick in run(samples)]
    assert indices == [*range(60, 80), *range(141, 160)]


def test_samples_on_a_tick_count_despite_rounding():
    """Stamps through float seconds of the epoch's size are off by some 100 ns."""
    ticks = run([(tick_stamp(i) - 300, (HEAD, LEFT)) for i in range(60, 90)])
    assert [tick.index for tick in ticks] == list(range(60, 90))


def test_duplicate_late_and_out_of_order_samples():
    resampler = Resampler(0.25)
    times = [tick_stamp(i) for i in range(60, 70)]
    plain = run([(time, (HEAD, LEFT)) for time in times])
    ticks = []
    fates = []
    for time in times:
        for shift in (0, 0, -20 * MS, -400 * MS):
            poses = {slot: swinging(slot, 7) if shift else steady(slot, time) for slot in (0, 1)}
            more, fate = resampler.push(time + shift, poses)
            ticks += more
            fates.append(fate[HEAD])
    assert fates[4:8] == [Fate.TAKEN, Fate.DUPLICATE, Fate.LATE, Fate.LATE]
    assert_same(ticks, plain)


def test_one_duplicate_does_not_spoil_the_others_of_its_frame():
    resampler = Resampler(0.25)
    run([(tick_stamp(60), (HEAD,))], resampler=resampler)
    _, fates = resampler.push(tick_stamp(60), {s: steady(s, tick_stamp(60)) for s in (0, 1)})
    assert fates == {HEAD: Fate.DUPLICATE, LEFT: Fate.TAKEN}


def test_a_loop_is_told_from_a_late_sample():
    resampler = Resampler(0.25)
    run([(tick_stamp(i), (HEAD,)) for i in range(600, 700)], resampler=resampler)
    assert not resampler.jumped_back(tick_stamp(699) - 499 * MS, (HEAD,))
    assert not resampler.jumped_back(tick_stamp(100), (LEFT,))
    assert resampler.jumped_back(tick_stamp(699) - 501 * MS, (HEAD,))


def test_a_loop_gives_the_same_ticks_again_whoever_comes_first():
    samples = [(tick_stamp(i) + 3 * MS, (slot,)) for i in range(60, 160) for slot in (1, 0, 2)]
    resampler = Resampler(0.25)
    first = run(samples, swinging, resampler)
    second = []
    for stamp_ns, slots in samples:
        if resampler.jumped_back(stamp_ns, slots):
            resampler.begin_anew(stamp_ns)
        second += run([(stamp_ns, slots)], swinging, resampler)
    assert_same(first, second)


def test_a_loop_forgets_a_tracker_that_was_lost_early_on():
    samples = [(tick_stamp(i), (HEAD, LEFT) if i < 75 else (HEAD,)) for i in range(60, 160)]
    resampler = Resampler(0.25)
    first = run(samples, swinging, resampler)
    assert resampler.jumped_back(*samples[0])
    resampler.begin_anew(samples[0][0])
    assert_same(first, run(samples, swinging, resampler))


@pytest.mark.parametrize("slots", [(HEAD,), (LEFT,), (HEAD, LEFT, RIGHT)])
@pytest.mark.parametrize("ahead", [10**9, 10**13, 10**18])
def test_one_absurd_stamp_is_outlived(slots, ahead):
    resampler = Resampler(0.25)
    usual = (HEAD, LEFT, RIGHT)
    ticks = run([(tick_stamp(i), usual) for i in range(60, 100)], resampler=resampler)
    ticks += run([(tick_stamp(100) + ahead, slots)], resampler=resampler)
    ticks += run([(tick_stamp(i), usual) for i in range(100, 140)], resampler=resampler)
    assert [tick.index for tick in ticks] == list(range(60, 140))
    assert_on([t for t in ticks if t.index not in (100, 101)], steady, usual)


def test_a_jump_ahead_is_followed_without_ticking_through():
    resampler = Resampler(0.25)
    run([(tick_stamp(i), (HEAD, LEFT)) for i in range(60, 100)], resampler=resampler)
    later = 10**10
    ticks = run([(tick_stamp(later + i), (HEAD, LEFT)) for i in range(10)], resampler=resampler)
    assert len(ticks) < 30
    assert [t.index for t in ticks if t.index > 1000] == list(range(later + 1, later + 10))


@pytest.mark.parametrize("shift", [-3.0, 3.0, 1e6])
def test_another_clock_disturbs_only_its_own_tracker(shift):
    samples = []
    for i in range(600, 700):
        samples.append((tick_stamp(i), (HEAD, LEFT)))
        samples.append((tick_stamp(i) + int(shift * 1e9), (RIGHT,)))
    ticks = run(samples)
    assert [tick.index for tick in ticks][:90] == list(range(600, 690))
    assert_on(ticks[:90], steady, (HEAD, LEFT))
    assert not any(tick.valid[RIGHT] for tick in ticks)


def test_memory_is_bounded():
    resampler = Resampler(10.0)
    run([(tick_stamp(60), (HEAD,))], resampler=resampler)
    for i in range(4000):
        resampler.push(10**9 + i * 10_000, {LEFT: steady(LEFT, i)})
    assert all(len(track._samples) <= CAPACITY for track in resampler._tracks)
    for i in range(4000):
        resampler.push(2 * 10**9 + i * MS, {HEAD: steady(HEAD, i)})
    assert len(resampler._tracks[HEAD]._samples) < 40


def test_bursts_give_the_same_ticks():
    """A queue that was held up is worked off at once: time of arrival plays no part."""
    samples = [(tick_stamp(60) + i * 11 * MS, (i % 3,)) for i in range(300)]
    resampler = Resampler(0.25)
    ticks = run(samples[:100], swinging, resampler) + run(samples[100:], swinging, resampler)
    assert_same(ticks, run(samples, swinging))
