# SPDX-License-Identifier: Apache-2.0
"""Stamps that repeat, loop, jump or are absurd."""

import pytest

from kinest_ros.tracking.sampling.resampler import (
    Fate,
    Resampler,
    first_tick_from,
    tick_stamp,
)
from kinest_ros.tracking.sampling.sample_track import CAPACITY, Source
from tests.tracking.sampling.motions import (
    HEAD,
    LEFT,
    MS,
    RIGHT,
    assert_on,
    assert_same,
    run,
    steady,
    swinging,
)


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


@pytest.mark.parametrize("order", [(HEAD, LEFT), (LEFT, HEAD)])
def test_bundling_where_a_hand_comes_back_on_a_tick(order):
    """The hand counts from the tick after; that its first sample is on one delays no tick."""
    first = first_tick_from(5_000 * MS)
    lost = [(tick_stamp(first + step), (HEAD,)) for step in range(3, 30)]
    recording = [(tick_stamp(first + step), (HEAD, LEFT)) for step in range(3)] + lost
    back = tick_stamp(first + 30)
    bundled = run([*recording, (back, (HEAD, LEFT))], swinging)
    assert bundled[-1].index == first + 30
    assert bundled[-1].sources[LEFT] == Source.LOST
    assert_same(bundled, run([*recording, *((back, (slot,)) for slot in order)], swinging))


@pytest.mark.parametrize("order", [(HEAD, LEFT, RIGHT), (LEFT, RIGHT, HEAD), (LEFT, HEAD, RIGHT)])
def test_a_clock_that_goes_back_completes_no_ticks_by_who_comes_first(order):
    """A hand's glitch keeps a tick waiting; the same hand is then first on the new clock."""

    def glitching(slot, stamp_ns):
        position, quaternion = steady(slot, stamp_ns)
        return position + (5.0 if (slot, stamp_ns) == (LEFT, 5_203 * MS) else 0.0), quaternion

    def bodies(split):
        resampler, ticks = Resampler(0.25), []
        for time in [*range(5_000, 5_208, 7), *range(4_500, 4_600, 7)]:
            for slots in split:
                if resampler.jumped_back(time * MS, slots):
                    resampler.begin_anew(time * MS)
                ticks += run([(time * MS, slots)], glitching, resampler)
        return ticks

    whole = bodies([(HEAD, LEFT, RIGHT)])
    assert len(whole) > 15
    assert_same(bodies([(slot,) for slot in order]), whole)
