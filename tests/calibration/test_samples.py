# SPDX-License-Identifier: Apache-2.0
from kinest_ros.calibration.samples import Samples
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
