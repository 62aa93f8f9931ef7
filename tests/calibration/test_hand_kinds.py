# SPDX-License-Identifier: Apache-2.0
"""A calibration with controllers and one with tracked hands, and both are kept."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.calibration.calibration import Calibration, calibrate
from kinest_ros.calibration.hand_kinds import HANDS
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.calibration.samples import Samples
from kinest_ros.calibration.storage import keeping_other_kind, load_calibration, save_calibration
from kinest_ros.calibration.wearer import wearer
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.settings import TrackerSettings
from tests.calibration.people import HEADSET, Person, grip

HOLDING = Person(stature=1.8)
BARE = replace(
    HOLDING,
    mounts={"head": HEADSET, "left_hand": grip("left", 0.0), "right_hand": grip("right", 0.0)},
)


def named(person: Person, *devices: str) -> Iterator[TrackerFrame]:
    """What a person's trackers report, by devices for left and right hand."""
    for frame in person.frames():
        poses = dict(frame.poses)
        for hand, device in zip(HANDS, devices, strict=True):
            poses[hand] = replace(poses[hand], device=device)
        yield replace(frame, poses=poses)


def found(person: Person, *devices: str) -> Calibration:
    return calibrate(Samples.from_frames(named(person, *devices)))


@pytest.fixture(scope="module")
def both() -> tuple[Calibration, Calibration]:
    return found(HOLDING, "controller", "controller"), found(BARE, "hand", "hand")


def test_the_source_says_what_it_is(both: tuple[Calibration, Calibration]) -> None:
    held, seen = both
    assert (held.hand_device, seen.hand_device) == ("controller", "wrist")
    assert set(held.mounts) == {"head", *HANDS} and not held.hand_mounts
    assert set(seen.mounts) == {"head"} and set(seen.hand_mounts) == set(HANDS)
    for hand in HANDS:
        for mount, person in ((held.mounts[hand], HOLDING), (seen.hand_mounts[hand], BARE)):
            np.testing.assert_allclose(mount.mount.xyz, person.mounts[hand].xyz, atol=0.03)


def test_each_keeps_the_others_mounts(
    both: tuple[Calibration, Calibration], tmp_path: Path
) -> None:
    held, seen = both
    for first, second in ((held, seen), (seen, held)):
        kept = keeping_other_kind(second, first)
        assert kept.mounts["left_hand"] is held.mounts["left_hand"]
        assert kept.hand_mounts is seen.hand_mounts
        assert kept.mounts["head"] is second.mounts["head"]
        loaded = load_calibration(save_calibration(kept, tmp_path / "both.yaml"))
        settings = wearer(TrackerSettings(), calibration=loaded).settings
        assert set(settings.hand_mounts) == set(HANDS)
        for hand in HANDS:
            for mounts, expected in (
                (settings.mounts, held.mounts),
                (settings.hand_mounts, seen.hand_mounts),
            ):
                np.testing.assert_allclose(mounts[hand].xyz, expected[hand].mount.xyz, atol=1e-4)
    # A third one with controllers replaces the first, and the hands' stay.
    again = replace(held, created="later")
    kept = keeping_other_kind(again, keeping_other_kind(seen, held))
    assert kept.created == "later" and kept.hand_mounts is seen.hand_mounts
    assert keeping_other_kind(held, None) is held
    assert not keeping_other_kind(replace(held, input_basis="unity"), seen).hand_mounts


def test_two_kinds_at_a_time_are_refused() -> None:
    with pytest.raises(Refusal, match="left_hand was a controller; right_hand was a tracked hand"):
        found(HOLDING, "controller", "hand")
    frames = list(named(HOLDING, "controller", "controller"))
    later = list(named(BARE, "hand", "hand"))
    half = len(frames) // 2
    with pytest.raises(Refusal) as error:
        calibrate(Samples.from_frames([*frames[:half], *later[half:]]))
    assert error.value.code == "devices"


def test_what_is_given_comes_first_and_older_files_load(
    both: tuple[Calibration, Calibration], tmp_path: Path
) -> None:
    seen = both[1]
    given = Mount((0.01, 0.02, 0.03))
    settings = TrackerSettings(hand_mounts={"left_hand": given, "right_hand": Mount()})
    mounts = wearer(settings, calibration=seen).settings.hand_mounts
    assert mounts["left_hand"] == given
    assert mounts["right_hand"] == seen.hand_mounts["right_hand"].mount
    # A file from before, or of a source that does not tell: hands on the wrist are tracked hands.
    older = calibrate(Samples.from_frames(BARE.frames()), hand_device="wrist")
    path = save_calibration(older, tmp_path / "older.yaml")
    assert "hand_mounts" not in path.read_text()
    settings = wearer(TrackerSettings(), calibration=load_calibration(path)).settings
    assert settings.hand_mounts["left_hand"] == settings.mounts["left_hand"]
    held = calibrate(Samples.from_frames(HOLDING.frames()))
    assert not wearer(TrackerSettings(), calibration=held).settings.hand_mounts
