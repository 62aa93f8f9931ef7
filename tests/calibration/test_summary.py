# SPDX-License-Identifier: Apache-2.0
"""A calibration in words: every figure in its unit, on its side."""

import math

import pytest

from kinest_ros.calibration.body_size import Value
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.mounts import MountEstimate
from kinest_ros.calibration.summary import as_data, summary_lines
from kinest_ros.tracking.devices.mount import Mount


def estimate(x: float, roll: float) -> MountEstimate:
    return MountEstimate(
        Mount((x, -0.021, 0.0), (math.radians(roll), math.radians(-90.0), 0.0)),
        (0.015, 0.005, 0.011),
        (math.radians(3.0), math.radians(14.0), math.radians(9.0)),
        0.0024,
        math.radians(0.53),
    )


@pytest.fixture
def calibration() -> Calibration:
    return Calibration(
        pose="I",
        stature=Value(1.84, 0.031),
        arm_span=Value(1.902, 0.042),
        floor_height=Value(-0.013, 0.02),
        mounts={"head": estimate(-0.09, 2.0), "right_hand": estimate(-0.083, 7.0)},
        hand_mounts={"left_hand": estimate(0.004, 1.0)},
        hand_device="wrist",
        input_basis="openxr",
        residuals={"head_height": 0.004, "left_reach": 0.012, "right_reach": -0.034, "chi2": 1.5},
        warnings=("no mount for it: pelvis",),
        created="2026-01-02T03:04:05+00:00",
    )


def test_words(calibration: Calibration) -> None:
    assert summary_lines(calibration) == [
        "I-pose: stature 1.84 ± 0.03 m, arm span 1.90 ± 0.04 m, floor at -0.01 ± 0.02 m",
        "  mount of head: xyz (-9.0 ± 1.5, -2.1 ± 0.5, 0.0 ± 1.1) cm, "
        "rpy (2 ± 3, -90 ± 14, 0 ± 9)°; it moved by 2 mm, 0.5°",
        "  mount of right_hand: xyz (-8.3 ± 1.5, -2.1 ± 0.5, 0.0 ± 1.1) cm, "
        "rpy (7 ± 3, -90 ± 14, 0 ± 9)°; it moved by 2 mm, 0.5°",
        "  mount of left_hand, tracked by itself: xyz (0.4 ± 1.5, -2.1 ± 0.5, 0.0 ± 1.1) cm, "
        "rpy (1 ± 3, -90 ± 14, 0 ± 9)°; it moved by 2 mm, 0.5°",
        "  left over: head height +0.4 cm, reach +1.2 cm left, -3.4 cm right",
        "  warning: no mount for it: pelvis",
    ]


def test_data_are_in_metres_and_radians(calibration: Calibration) -> None:
    data = as_data(calibration)
    assert data["stature"] == {"value": 1.84, "sigma": 0.031}
    assert data["arm_span"] == {"value": 1.902, "sigma": 0.042}
    assert data["floor_height"] == {"value": -0.013, "sigma": 0.02}
    assert (data["pose"], data["hand_device"], data["input_basis"]) == ("I", "wrist", "openxr")
    assert list(data["mounts"]) == ["head", "right_hand"]
    assert data["hand_mounts"]["left_hand"]["xyz"] == [0.004, -0.021, 0.0]
    hand = data["mounts"]["right_hand"]
    assert hand["xyz"] == [-0.083, -0.021, 0.0]
    assert hand["rpy"] == pytest.approx([math.radians(7.0), -math.pi / 2.0, 0.0])
    assert hand["xyz_sigma"] == [0.015, 0.005, 0.011]
    assert hand["rpy_sigma"] == pytest.approx([math.radians(v) for v in (3.0, 14.0, 9.0)])
    assert (hand["move"], hand["turn"]) == (0.0024, pytest.approx(math.radians(0.53)))
    assert data["residuals"] == dict(calibration.residuals)
    assert data["warnings"] == ["no mount for it: pelvis"]
