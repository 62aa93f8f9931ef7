# SPDX-License-Identifier: Apache-2.0
"""One tracker's samples, between and beyond them."""

import numpy as np
import pytest

from kinest_ros.tracking.sample_track import CAPACITY, SampleTrack, Source

MS = 1_000_000
NO_TURN = np.array([0.0, 0.0, 0.0, 1.0])


def track_of(*times_ms, timeout_ms=250):
    track = SampleTrack(timeout_ms * MS)
    for time in times_ms:
        track.append(time * MS, np.array([time, 0.0, 0.0]), NO_TURN)
    return track


def position(bracket):
    start, stop = bracket.first.position, bracket.second.position
    return float((start + bracket.fraction * (stop - start))[0])


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
    track.append(21 * MS, np.array([25.0, 0.0, 0.0]), NO_TURN)
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
