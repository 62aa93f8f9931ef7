# SPDX-License-Identifier: Apache-2.0
"""What comes before what: skeleton, stature, mounts and calibration."""

from pathlib import Path

import numpy as np
import pytest

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.calibration import Calibration, calibrate
from kinest_ros.calibration.proportions import Proportions
from kinest_ros.calibration.samples import Samples
from kinest_ros.calibration.wearer import wearer
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.settings import TrackerSettings
from tests.calibration.people import Person


@pytest.fixture(scope="module")
def calibration() -> Calibration:
    return calibrate(Samples.from_frames(Person(stature=1.8, arm_span=1.9).frames()))


def test_nothing_known_is_estimated() -> None:
    who = wearer(TrackerSettings())
    assert who.estimate_stature
    assert who.skeleton.stature == pytest.approx(1.70)
    assert "assumed" in who.skeleton.name
    assert wearer(TrackerSettings(), stature=0.0).estimate_stature


def test_stature_alone() -> None:
    who = wearer(TrackerSettings(), stature=1.9)
    assert not who.estimate_stature
    np.testing.assert_array_equal(
        who.skeleton.rest_offsets, Skeleton.from_stature(1.9).rest_offsets
    )


def test_calibration_alone(calibration: Calibration) -> None:
    who = wearer(TrackerSettings(), calibration=calibration)
    assert not who.estimate_stature
    np.testing.assert_array_equal(who.skeleton.rest_offsets, calibration.skeleton.rest_offsets)
    assert who.settings.floor_height == calibration.floor_height.value
    assert who.settings.mounts["head"] == calibration.mounts["head"].mount


def test_stature_comes_before_the_calibration_but_keeps_its_arms(calibration: Calibration) -> None:
    skeleton = wearer(TrackerSettings(), 1.6, None, calibration).skeleton
    assert skeleton.stature == pytest.approx(1.6)
    span = Proportions.of(skeleton).span(1.0) * skeleton.stature
    assert span == pytest.approx(calibration.arm_span.value)


def test_a_skeleton_comes_before_all(calibration: Calibration, tmp_path: Path) -> None:
    Skeleton.from_stature(1.5).save(tmp_path / "me.npz")
    who = wearer(TrackerSettings(), 1.9, tmp_path / "me.npz", calibration)
    assert who.skeleton.stature == pytest.approx(1.5)
    assert who.settings.mounts["head"] == calibration.mounts["head"].mount


def test_a_mount_that_is_given_comes_before_the_calibration(calibration: Calibration) -> None:
    mine = Mount((0.0, 0.0, -0.2))
    given = {"head": mine, "left_hand": Mount(), "pelvis": mine}
    mounts = wearer(TrackerSettings(mounts=given), calibration=calibration).settings.mounts
    assert mounts["head"] == mounts["pelvis"] == mine
    assert mounts["left_hand"] == calibration.mounts["left_hand"].mount
    assert mounts["right_hand"] == calibration.mounts["right_hand"].mount


def test_other_settings_stay(calibration: Calibration) -> None:
    settings = TrackerSettings(input_basis="unity", tracker_timeout=1.0, snap_wrists=False)
    who = wearer(settings, calibration=calibration).settings
    assert (who.input_basis, who.tracker_timeout, who.snap_wrists) == ("unity", 1.0, False)
