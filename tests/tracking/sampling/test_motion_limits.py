# SPDX-License-Identifier: Apache-2.0
"""What a person can do passes, and what nobody can do does not."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.body.joints import SLOTS
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.motion.trackers import tracker_frames
from kinest_ros.tracking.sampling.motion_limits import (
    LIMB,
    SLOT_LIMITS,
    TRUNK,
    angle_between,
    carried_share,
    strain,
)
from kinest_ros.tracking.sampling.sample_track import Sample, SampleTrack

MS = 1_000_000


def at(time_ms, x, angle=0.0):
    turn = np.array([0.0, 0.0, math.sin(0.5 * angle), math.cos(0.5 * angle)])
    return Sample(round(time_ms * MS), np.array([x, 0.0, 0.0]), turn)


@pytest.mark.parametrize(
    ("limits", "step", "hard"),
    [
        (TRUNK, 0.05, False),  # 4.5 m/s
        (TRUNK, 0.14, True),  # 13 m/s
        (LIMB, 0.11, False),  # 10 m/s
        (LIMB, 0.35, True),
    ],
)
def test_from_rest_within_11_ms(limits, step, hard):
    known = strain(limits, at(0, 0), at(11, 0), at(22, step))
    assert (known > 1.0) == hard
    alone = at(11, 0)
    assert strain(limits, alone, alone, at(22, step)) <= known


def test_stamps_may_scatter_by_more_the_faster_it_goes():
    """At 10 m/s, 4 ms are 4 cm."""
    assert strain(LIMB, at(0, 0), at(7, 0.11), at(22, 0.22)) < 0.7


def test_going_on_and_stopping_dead_are_easy():
    assert strain(LIMB, at(0, 0), at(14, 0.17), at(28, 0.34)) < 0.7
    assert strain(LIMB, at(0, 0), at(14, 0.17), at(28, 0.17)) == 0.0
    assert strain(LIMB, at(0, 0), at(14, 0.17), at(28, 0.0)) > 0.6


def test_a_flip_is_hard_and_a_quick_turn_is_not():
    assert strain(LIMB, at(0, 0), at(14, 0), at(28, 0, math.pi)) > 1.0
    assert strain(LIMB, at(0, 0), at(14, 0), at(28, 0, 0.014 * 45)) < 1.0


def test_the_sign_of_a_quaternion_is_no_turn():
    turn = at(0, 0, 0.4).quaternion
    assert angle_between(turn, -turn) == pytest.approx(0.0, abs=1e-7)


@given(st.floats(-1.0, 1.0), st.floats(-3.0, 3.0), st.integers(1, 30_000_000))
def test_what_is_carried_on_is_bounded(step, angle, span_ns):
    base, last = at(0, 0.0), Sample(span_ns, at(0, step).position, at(0, 0, angle).quaternion)
    share = carried_share(LIMB, base, last, span_ns)
    assert 0.0 <= share <= 1.0
    assert share * abs(step) <= LIMB.carried_speed * span_ns * 1e-9 * (1 + 1e-9)
    assert share * abs(angle) <= LIMB.carried_turn_rate * span_ns * 1e-9 + 1e-7


@pytest.mark.parametrize("rate", [30, 45, 60, 72, 90, 120])
@given(phase=st.floats(0.0, 1.0), jitter=st.integers(0, 99))
def test_the_fastest_motion_seen_is_nowhere_suspect(rate, phase, jitter):
    """A fist on a circle at 13 m/s and 240 m/s^2, a head at 5 m/s and 120 m/s^2, turning as fast.

    With stamps that scatter by up to 3 ms, or a quarter of the time between two.
    """
    rng = np.random.default_rng(jitter)
    for limits, radius, spin in ((LIMB, 0.7, 18.5), (TRUNK, 0.21, 24.0)):
        track = SampleTrack(250 * MS, limits)
        for index in range(40):
            time = (index + phase) / rate
            place = radius * np.array([math.cos(spin * time), math.sin(spin * time), 0.0])
            turn = np.array([0.0, 0.0, math.sin(0.5 * spin * time), math.cos(0.5 * spin * time)])
            scatter = rng.uniform(-1, 1) * min(0.003, 0.25 / rate)
            stamp_ns = round((1.0 + time + scatter) * 1e9)
            track.append(stamp_ns, place + rng.normal(0, 1e-3, 3), turn)
            assert track.last_ns == stamp_ns


def test_nothing_in_recorded_sport_is_suspect(shared_data):
    clips = sorted((shared_data / "motion" / "cmuasf").glob("*.npz"))[::30]
    assert clips
    for clip, rate in zip(clips, (30, 60, 72, 90, 120) * len(clips), strict=False):
        motion, skeleton = load_amass(clip)
        tracks = [SampleTrack(250 * MS, limits) for limits in SLOT_LIMITS]
        for frame in tracker_frames(motion, skeleton, rate, SLOTS, noise=1.0):
            for track, pose in zip(tracks, frame.poses.values(), strict=True):
                track.append(frame.stamp_ns, pose.position, pose.quaternion)
                assert track.last_ns == frame.stamp_ns, (clip.name, rate)


@pytest.mark.parametrize(("limits", "speed"), [(TRUNK, 4.0), (LIMB, 8.0)])
def test_what_is_carried_on_is_what_the_docs_promise(limits, speed):
    """docs/inputs.md: 8 m/s, of head and pelvis 4 m/s, and 25 rad/s."""
    share = carried_share(limits, at(0, 0.0), at(10, 2.0 * speed * 0.01), 10 * MS)
    assert share == pytest.approx(0.5)
    share = carried_share(limits, at(0, 0.0), at(10, 0.0, 2.0 * 25.0 * 0.01), 10 * MS)
    assert share == pytest.approx(0.5)
