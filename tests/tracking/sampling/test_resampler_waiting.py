# SPDX-License-Identifier: Apache-2.0
"""How long a tick waits for other trackers, and what stands in for those that are silent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.tracking.sampling.resampler import (
    Resampler,
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
    recordings,
    run,
    steady,
    swinging,
)


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
