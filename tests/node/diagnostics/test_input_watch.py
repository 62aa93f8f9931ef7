# SPDX-License-Identifier: Apache-2.0
"""Poses that are well-formed and still wrong are noticed, and right ones are left alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kinest_ros.node.diagnostics.input_watch import WINDOW, InputWatch
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

_UNIT = (0.0, 0.0, 0.0, 1.0)


def _head(position: tuple[float, float, float], stamp: int = 1) -> TrackerFrame:
    return TrackerFrame(stamp, {"head": TrackerPose(position, _UNIT)})


def _warnings(basis: str, position: tuple[float, float, float]) -> list[str]:
    watch = InputWatch(basis)
    texts = [watch.check(_head(position), "kinest/head/pose") for _ in range(2 * WINDOW)]
    return [text for text in texts if text]


@given(
    x=st.floats(-20, 20),
    y=st.floats(-20, 20),
    height=st.floats(0.3, 2.4),
    basis=st.sampled_from(["ros", "openxr", "unity"]),
)
def test_a_person_anywhere_in_the_right_basis_is_fine(
    x: float, y: float, height: float, basis: str
) -> None:
    position = basis_matrices(basis)[0].T @ (x, y, height)
    assert not _warnings(basis, tuple(position))


def test_y_up_poses_read_as_ros_propose_the_other_bases() -> None:
    warnings = _warnings("ros", (0.3, 1.65, -0.1))
    assert len(warnings) == 2  # one per window; the throttle thins them out
    assert "openxr or unity" in warnings[0]
    assert "kinest/head/pose" in warnings[0]


def test_z_up_poses_read_as_openxr_propose_ros() -> None:
    assert "input_basis to ros" in _warnings("openxr", (0.3, -0.1, 1.65))[0]


def test_a_floor_that_is_not_at_zero_is_named() -> None:
    assert "floor" in _warnings("ros", (0.0, 0.0, -0.4))[0]


def test_no_stamp_is_named() -> None:
    warning = InputWatch("ros").check(_head((0.0, 0.0, 1.6), stamp=0), "kinest/head/pose")
    assert warning is not None
    assert "kinest/head/pose" in warning and "stamp" in warning


def test_one_bad_height_among_many_is_nothing() -> None:
    watch = InputWatch("ros")
    heights = np.full(WINDOW, 1.6)
    heights[::5] = 50.0
    assert not any(watch.check(_head((0.0, 0.0, z)), "head") for z in heights)
