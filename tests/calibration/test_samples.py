# SPDX-License-Identifier: Apache-2.0
from kinest_ros.calibration.samples import SampleRing, Samples
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

SECOND = 1_000_000_000


def frame(seconds: float, *slots: str, x: float = 0.0) -> TrackerFrame:
    pose = TrackerPose((x, 0.0, 1.6), (0.0, 0.0, 0.0, 2.0))
    return TrackerFrame(round(seconds * SECOND), dict.fromkeys(slots, pose))


def stamps(samples: Samples, slot: str = "head") -> list[float]:
    if slot not in samples.tracks:
        return []
    return [stamp / SECOND for stamp in samples.tracks[slot].stamps_ns]


def test_frames_become_sorted_tracks_without_duplicates() -> None:
    frames = [frame(2.0, "head"), frame(1.0, "head", x=1.0), frame(1.0, "head", x=2.0)]
    samples = Samples.from_frames([*frames, frame(1.5, "left_hand")])
    assert list(samples.tracks) == ["head", "left_hand"]
    assert stamps(samples) == [1.0, 2.0]
    assert samples.tracks["head"].positions[0, 0] == 2.0
    assert samples.tracks["head"].quaternions[0].tolist() == [0.0, 0.0, 0.0, 1.0]


def test_the_last_seconds_end_at_the_heads_newest_sample() -> None:
    samples = Samples.from_frames(
        [frame(t, "head") for t in (0.0, 1.0, 2.0, 3.0)]
        + [frame(t, "left_hand") for t in (0.5, 2.5, 9.0)]
    )
    last = samples.last(2.0)
    assert stamps(last) == [1.0, 2.0, 3.0]
    assert stamps(last, "left_hand") == [2.5]
    assert stamps(samples.between(4 * SECOND, 5 * SECOND)) == []


def test_the_ring_keeps_the_last_seconds() -> None:
    ring = SampleRing(2.0)
    assert ring.samples().tracks == {}
    for index in range(100):
        ring.add(frame(0.1 * index, "head"))
        ring.add(frame(0.1 * index + 0.01, "left_hand"))
    assert min(stamps(ring.samples())) >= 7.89
    assert len(stamps(ring.samples())) == 21
    assert len(ring._frames) < 50
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
