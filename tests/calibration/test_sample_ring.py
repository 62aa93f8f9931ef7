# SPDX-License-Identifier: Apache-2.0
"""The ring of raw samples: bounded, on the head's clock, and unimpressed by single wrong stamps."""

import numpy as np
import pytest

from kinest_ros.calibration.calibration import calibrate
from kinest_ros.calibration.sample_ring import CAPACITY, SampleRing
from kinest_ros.calibration.samples import Samples
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.calibration.people import START_NS, Person
from tests.calibration.test_samples import SECOND, frame, stamps


def holding(ring: SampleRing) -> None:
    """Let somebody hold a pose for three seconds."""
    for held in Person().frames(3.0):
        ring.add(held)


@pytest.mark.parametrize("off", [3600.0, 1.0, -3600.0, -1.003])
def test_a_single_wrong_stamp_of_the_head_costs_nothing(off: float) -> None:
    ring = SampleRing(12.0)
    holding(ring)
    before = ring.samples().tracks["head"]
    wrong = frame(START_NS / SECOND + 3.0 + off, "head")
    ring.add(wrong)
    found = ring.samples().tracks["head"]
    np.testing.assert_array_equal(found.stamps_ns, before.stamps_ns)
    for held in Person().frames(1.0, start_ns=START_NS + 3 * SECOND):
        ring.add(held)
    found = ring.samples()
    assert wrong.stamp_ns not in found.tracks["head"].stamps_ns
    assert len(found.tracks["head"].stamps_ns) == 4 * 72
    assert calibrate(found).pose == "T"


@pytest.mark.parametrize("jump", [0.6, 3600.0, -3600.0])
def test_a_clock_that_goes_on_elsewhere_is_followed(jump: float) -> None:
    ring = SampleRing(12.0)
    holding(ring)
    start = START_NS + round((3.0 + jump) * SECOND)
    for held in Person(seed=1).frames(2.5, start_ns=start):
        ring.add(held)
    found = ring.samples().tracks["head"].stamps_ns
    assert (found >= start).sum() == 180  # also the first one, which stood alone
    assert len(found) == 180 + 216 * (0.0 < jump < 12.0)
    assert calibrate(ring.samples()).pose == "T"


def test_a_snapshot_is_what_the_frames_give_and_stays_so() -> None:
    random = np.random.default_rng(0)
    ring, frames = SampleRing(60.0), []
    for index in range(3000):
        late = random.integers(0, 30_000_000)
        pose = TrackerPose(random.normal(size=3), random.normal(size=4), "hand")
        slot = ("head", "left_hand")[index % 2]
        stamp = START_NS + index * 10_000_000 // 2 - int(late) // 10_000_000 * 10_000_000
        frames.append(TrackerFrame(stamp, {slot: pose}))
        ring.add(frames[-1])
    copied = ring.snapshot()
    newest = int(ring.samples().tracks["head"].stamps_ns[-1])
    for _ in range(2):
        snapshot = copied.samples()
        expected = Samples.from_frames(frames).between(0, newest)
        assert list(snapshot.tracks) == list(expected.tracks)
        for slot, track in expected.tracks.items():
            for name in ("stamps_ns", "positions", "quaternions", "devices"):
                np.testing.assert_array_equal(
                    getattr(snapshot.tracks[slot], name), getattr(track, name)
                )
        holding(ring)  # what comes later does not reach the snapshot


def test_its_memory_is_bounded() -> None:
    ring = SampleRing(1e6)
    for index in range(CAPACITY + 100):
        ring.add(frame(0.01 * index, "head"))
    found = stamps(ring.samples())
    assert len(found) == CAPACITY
    assert found[0] == pytest.approx(1.0) and found[-1] == pytest.approx(0.01 * (CAPACITY + 99))


def test_the_ring_keeps_the_last_seconds() -> None:
    ring = SampleRing(2.0)
    assert ring.samples().tracks == {}
    for index in range(100):
        ring.add(frame(0.1 * index, "head"))
        ring.add(frame(0.1 * index + 0.01, "left_hand"))
    assert min(stamps(ring.samples())) >= 7.89
    assert len(stamps(ring.samples())) == 21
    ring.clear()
    assert ring.samples().tracks == {}


def test_a_hand_with_a_wrong_clock_costs_only_itself() -> None:
    ring = SampleRing(2.0)
    for index in range(10):
        ring.add(frame(0.1 * index, "head"))
        ring.add(frame(5000.0 + index, "left_hand"))
    assert len(stamps(ring.samples())) == 10
    assert stamps(ring.samples(), "left_hand") == []


def test_a_jump_back_starts_the_ring_anew() -> None:
    ring = SampleRing(5.0)
    for second in (100.0, 100.1, 100.05, 3.0, 3.1):
        ring.add(frame(second, "head"))
    assert stamps(ring.samples()) == [3.0, 3.1]


def test_only_hands_give_nothing_to_calibrate_from() -> None:
    ring = SampleRing(5.0)
    ring.add(frame(1.0, "left_hand"))
    assert ring.samples().tracks == {}
