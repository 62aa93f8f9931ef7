# SPDX-License-Identifier: Apache-2.0
"""One tracker's samples, between and beyond them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.tracking.sampling.motion_limits import LIMB
from kinest_ros.tracking.sampling.sample_track import (
    CAPACITY,
    EXTRAPOLATION_NS,
    VELOCITY_SPAN_NS,
    SampleTrack,
    Source,
)

MS = 1_000_000
NO_TURN = np.array([0.0, 0.0, 0.0, 1.0])


def track_of(*times_ms, timeout_ms=250):
    track = SampleTrack(timeout_ms * MS)
    for time in times_ms:
        track.append(time * MS, np.array([1e-3 * time, 0.0, 0.0]), NO_TURN)
    return track


def position(bracket):
    """Where a bracket leads to, mm."""
    start, stop = bracket.first.position, bracket.second.position
    return 1e3 * float((start + bracket.fraction * (stop - start))[0])


@pytest.mark.parametrize(
    ("time", "source", "where"),
    [
        (10, Source.MEASURED, 10),
        (20, Source.MEASURED, 20),
        (50, Source.EXTRAPOLATED, 50),
        (65, Source.EXTRAPOLATED, 65),
        (100, Source.HELD, 65),
        (290, Source.HELD, 65),
    ],
)
def test_the_example_in_the_docstring(time, source, where):
    bracket = track_of(0, 20, 40).at(time * MS, True)
    assert bracket.source == source
    assert position(bracket) == pytest.approx(where)


def test_before_the_first_sample_and_after_the_timeout_it_is_lost():
    track = track_of(10, 20, 40)
    assert track.at(9 * MS, True) is None
    assert track.at(291 * MS, True) is None
    assert track_of().at(0, True) is None


def test_one_sample_has_no_velocity():
    assert position(track_of(40).at(60 * MS, True)) == 40.0


def test_velocity_is_not_taken_from_samples_close_together():
    track = track_of(0, 20)
    track.append(21 * MS, np.array([0.025, 0.0, 0.0]), NO_TURN)
    # From 0 to 25 in 21 ms, not 5 in 1 ms.
    assert position(track.at(31 * MS, True)) == pytest.approx(25.0 + 10 * 25 / 21)


def test_velocity_is_not_taken_across_a_loss():
    track = track_of(0, 20, 400)
    assert position(track.at(410 * MS, True)) == 400.0


def test_the_first_sample_after_a_loss():
    track = track_of(0, 20, 400)
    assert track.at(400 * MS, False) is None
    assert track.at(400 * MS, True).source == Source.MEASURED
    assert track.at(401 * MS, False) is not None
    assert (track.confirmed_ns, track.last_ns) == (20 * MS, 400 * MS)
    track.append(420 * MS, np.zeros(3), NO_TURN)
    assert track.confirmed_ns == 420 * MS


def test_forgetting():
    track = track_of(*range(0, 200, 10))
    track.forget_before(150 * MS)
    assert position(track.at(150 * MS, True)) == 150.0
    assert position(track.at(155 * MS, True)) == 155.0
    track.forget_from(160 * MS)
    assert track.last_ns == 150 * MS
    assert position(track.at(160 * MS, True)) == pytest.approx(160.0)
    track.clear()
    assert track.last_ns is None


def test_capacity():
    track = track_of(*range(2 * CAPACITY))
    assert track.first_after(0) == CAPACITY * MS


@given(
    st.lists(st.tuples(st.integers(1, 12_000_000), st.floats(-0.2, 0.2)), min_size=2, max_size=12),
    st.integers(1, 250 * MS),
)
def test_nothing_is_extrapolated_faster_than_people_move(samples, age):
    """However close together samples are, and whatever they say: from 1 ns to 12 ms apart."""
    track, stamp_ns = SampleTrack(250 * MS), 0
    for gap, x in samples:
        stamp_ns += gap
        track.append(stamp_ns, np.array([x, 0.0, 0.0]), NO_TURN)
    newest = 1e3 * float(track._samples[-1].position[0])
    bracket = track.at(track.last_ns + age, True)
    carried = abs(position(bracket) - newest)
    assert carried <= 1e3 * LIMB.carried_speed * min(age, EXTRAPOLATION_NS) * 1e-9 + 1e-9


@pytest.mark.parametrize("apart_ns", [1, 2_000, 100_000, 1 * MS, 4 * MS])
def test_a_millimetre_between_close_samples_stays_millimetres(apart_ns):
    track = SampleTrack(250 * MS)
    track.append(0, np.zeros(3), NO_TURN)
    track.append(apart_ns, np.array([1e-3, 0.0, 0.0]), NO_TURN)
    farthest = position(track.at(apart_ns + 200 * MS, True))
    assert 1.0 <= farthest <= 1.0 + EXTRAPOLATION_NS / VELOCITY_SPAN_NS


def test_a_fast_turn_is_carried_no_faster_than_people_turn():
    track = SampleTrack(250 * MS)
    track.append(0, np.zeros(3), NO_TURN)
    track.append(10 * MS, np.zeros(3), np.array([0.0, 0.0, np.sin(0.25), np.cos(0.25)]))
    fraction = track.at(35 * MS, True).fraction
    assert (fraction - 1.0) * 0.5 == pytest.approx(LIMB.carried_turn_rate * 0.025)


def put(track, time_ms, x, turn=NO_TURN):
    track.append(time_ms * MS, np.array([1e-3 * x, 0.0, 0.0]), turn)


def test_a_lone_outlier_is_dropped():
    track = track_of(0, 14, 28)
    put(track, 42, 1042)
    assert (track.heard_ns, track.last_ns, track.outliers) == (42 * MS, 28 * MS, 0)
    assert position(track.at(42 * MS, True)) == pytest.approx(42)
    put(track, 56, 56)
    assert (track.heard_ns, track.last_ns, track.outliers) == (56 * MS, 56 * MS, 1)
    bracket = track.at(42 * MS, True)
    assert bracket.source is Source.MEASURED and position(bracket) == pytest.approx(42)


def test_a_lone_flip_is_dropped():
    track = track_of(0, 14, 28)
    put(track, 42, 42, np.array([0.0, 0.0, 1.0, 0.0]))
    put(track, 56, 56)
    assert track.outliers == 1
    assert track.at(42 * MS, True).first.stamp_ns == 28 * MS


def test_a_jump_is_believed_with_its_second_sample():
    track = track_of(0, 14, 28)
    put(track, 42, 1042)
    put(track, 56, 1056)
    assert (track.last_ns, track.outliers) == (56 * MS, 0)
    before, after = track.at(35 * MS, True), track.at(43 * MS, True)
    # Nothing leads from one place to the other.
    assert before.source is Source.EXTRAPOLATED and position(before) == pytest.approx(35)
    assert after.source is Source.MEASURED and position(after) == pytest.approx(1043)
    assert after.second.epoch == before.second.epoch + 1
    assert position(track.at(60 * MS, True)) == pytest.approx(1060)


def test_two_outliers_that_disagree_are_both_dropped():
    track = track_of(0, 14, 28)
    put(track, 42, 1042)
    put(track, 56, -1000)
    put(track, 70, 70)
    assert (track.last_ns, track.outliers) == (70 * MS, 2)


def test_a_lone_sample_behind_a_loss_has_nothing_to_defend():
    track = track_of(0, 14, 28)
    put(track, 500, 3000)
    put(track, 514, 514)
    put(track, 528, 528)
    assert (track.last_ns, track.outliers) == (528 * MS, 1)
    assert track.at(507 * MS, True) is None
    assert position(track.at(521 * MS, True)) == pytest.approx(521)


def test_an_outlier_before_a_loss_is_dropped():
    track = track_of(0, 14, 28)
    put(track, 42, 1042)
    put(track, 500, 500)
    assert (track.last_ns, track.outliers) == (500 * MS, 1)


@given(st.lists(st.floats(-2000, 2000), min_size=100, max_size=100))
def test_a_tracker_that_is_wild_is_believed_now_and_then(places):
    """Otherwise one that everything contradicts would never come back."""
    track, longest = track_of(0), 0
    for index, x in enumerate(places, start=1):
        before = track.last_ns
        put(track, 14 * index, x)
        longest = max(longest, track.heard_ns - before)
    assert longest <= track.timeout_ns + 2 * 14 * MS


@given(st.integers(0, 2**32 - 1))
def test_what_is_taken_does_not_depend_on_what_was_forgotten(seed):
    rng = np.random.default_rng(seed)
    kept, pruned = track_of(), track_of()
    stamp_ns = 0
    for _ in range(60):
        stamp_ns += int(rng.choice([1_000, 1 * MS, 5 * MS, 14 * MS, 60 * MS, 300 * MS]))
        place = np.array([rng.choice([0.0, 0.0, 0.05, 0.3, 1.0]), 0.0, 0.0])
        for track in (kept, pruned):
            track.append(stamp_ns, place, NO_TURN)
        pruned.forget_before(stamp_ns + int(rng.integers(-50 * MS, 50 * MS)))
        assert (kept.last_ns, kept.outliers) == (pruned.last_ns, pruned.outliers)
