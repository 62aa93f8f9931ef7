# SPDX-License-Identifier: Apache-2.0
"""Skeletons: proportions, files and their error messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.joints import JOINT_INDEX, MIRROR
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from tests.motion.clip_files import write_clips
from tests.search import examples

statures = st.floats(0.8, 2.6)


@given(statures)
def test_stature_round_trip(stature: float) -> None:
    assert Skeleton.from_stature(stature).stature == pytest.approx(stature, abs=1e-9)


@given(statures)
def test_left_and_right_are_mirrored(stature: float) -> None:
    offsets = Skeleton.from_stature(stature).rest_offsets
    np.testing.assert_allclose(offsets[list(MIRROR)], offsets * (-1.0, 1.0, 1.0), atol=1e-12)


@given(statures)
def test_a_body_stands_head_over_feet_in_smpl_axes(stature: float) -> None:
    skeleton = Skeleton.from_stature(stature)
    at = dict(zip(JOINT_INDEX, skeleton.rest_positions(), strict=True))
    up = ["left_foot", "left_ankle", "left_knee", "left_hip", "pelvis", "spine1", "spine2"]
    up += ["spine3", "neck", "head"]
    heights = [at[name][1] for name in up]
    assert heights == sorted(heights)
    assert at["left_wrist"][0] > at["left_elbow"][0] > at["left_shoulder"][0] > 0.0
    assert at["left_foot"][2] > at["left_ankle"][2]  # toes point forward


@pytest.mark.parametrize("stature", [1.5, 1.7, 1.9])
def test_proportions_of_an_adult(stature: float) -> None:
    skeleton = Skeleton.from_stature(stature)
    at = dict(zip(JOINT_INDEX, skeleton.rest_positions(), strict=True))
    # Arm span without the hands, and the hips' height: loose bounds any adult meets.
    assert 0.70 < (at["left_wrist"][0] - at["right_wrist"][0]) / stature < 0.85
    hip = at["left_hip"][1] + skeleton.pelvis_height
    assert 0.48 < hip / stature < 0.58


@given(statures)
def test_heights_above_the_sole(stature: float) -> None:
    skeleton = Skeleton.from_stature(stature)
    at = dict(zip(JOINT_INDEX, skeleton.rest_positions(), strict=True))
    sole = -skeleton.pelvis_height
    assert skeleton.head_height == pytest.approx(at["head"][1] - sole)
    assert skeleton.ankle_height == pytest.approx(at["left_ankle"][1] - sole)
    assert 0.01 < at["left_foot"][1] - sole < 0.05
    assert 0.0 < skeleton.ankle_height < skeleton.pelvis_height < skeleton.head_height < stature


@given(st.floats(0.7, 1.4))
def test_scaling_scales_every_length(factor: float) -> None:
    skeleton = Skeleton.from_stature(1.7)
    scaled = skeleton.scaled(factor)
    np.testing.assert_allclose(scaled.rest_offsets, skeleton.rest_offsets * factor, atol=1e-12)
    # The toe joint's height is not scaled, hence the tolerance.
    assert scaled.stature == pytest.approx(1.7 * factor, abs=0.02)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=examples(20))
def test_rest_positions_add_up_the_offsets(seed: int) -> None:
    noise = np.random.default_rng(seed).normal(scale=0.02, size=(22, 3))
    skeleton = Skeleton(Skeleton.from_stature(1.7).rest_offsets + noise)
    positions = skeleton.rest_positions()
    chain = [0, 3, 6, 9, 14, 17, 19, 21]
    np.testing.assert_allclose(positions[21], skeleton.rest_offsets[chain].sum(axis=0), atol=1e-12)
    assert not positions[0].any()


def test_save_and_load(tmp_path: Path) -> None:
    skeleton = Skeleton.from_stature(1.83)
    skeleton.save(tmp_path / "me.npz")
    loaded = Skeleton.load(tmp_path / "me.npz")
    assert np.array_equal(loaded.rest_offsets, skeleton.rest_offsets)
    assert "me.npz" in loaded.name
    assert np.array_equal(Skeleton.load(str(tmp_path / "me.npz")).rest_offsets, loaded.rest_offsets)


def test_a_file_below_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In `-p skeleton:=~/me.npz` the shell does not know that this is a path."""
    monkeypatch.setenv("HOME", str(tmp_path))
    Skeleton.from_stature(1.6).save(tmp_path / "me.npz")
    assert Skeleton.load("~/me.npz").stature == Skeleton.from_stature(1.6).stature


def test_a_clip_of_motion_is_a_skeleton_file(tmp_path: Path) -> None:
    write_clips(tmp_path / "clips", count=1, seconds=0.5)
    assert Skeleton.load(tmp_path / "clips" / "clip0.npz").stature == pytest.approx(1.7, abs=0.01)


def test_a_skeleton_cannot_be_changed_by_accident() -> None:
    offsets = Skeleton.from_stature(1.7).rest_offsets.copy()
    skeleton = Skeleton(offsets)
    offsets[5] = 7.0
    assert skeleton.rest_offsets[5].max() < 1.0
    with pytest.raises(ValueError, match="read-only"):
        skeleton.rest_offsets[3] = 1.0
    assert skeleton.rest_offsets.dtype == np.float64


def test_the_root_has_no_offset() -> None:
    offsets = Skeleton.from_stature(1.7).rest_offsets.copy()
    offsets[0] = 0.4
    assert not Skeleton(offsets).rest_offsets[0].any()


@pytest.mark.parametrize("stature", [0.0, -1.7, 0.79, 2.61, 170.0, float("nan"), float("inf")])
def test_stature_out_of_range(stature: float) -> None:
    with pytest.raises(KinestError, match=r"stature is .*\(metres, not cm\)"):
        Skeleton.from_stature(stature)


@pytest.mark.parametrize("shape", [(22,), (24, 3), (22, 4), (1, 22, 3), (0, 3)])
def test_wrong_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(KinestError, match=r"mine: rest_offsets has shape .*expected \(22, 3\)"):
        Skeleton(np.zeros(shape), "mine")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_values_that_are_not_finite(value: float) -> None:
    offsets = Skeleton.from_stature(1.7).rest_offsets.copy()
    offsets[20, 1] = value
    with pytest.raises(KinestError, match=r"mine: .*NaN or infinite"):
        Skeleton(offsets, "mine")


@pytest.mark.parametrize("factor", [1000.0, 100.0, 0.01])
def test_wrong_units(factor: float) -> None:
    with pytest.raises(KinestError, match=r"mine: .*metres"):
        Skeleton(Skeleton.from_stature(1.7).rest_offsets * factor, "mine")


def test_z_up_offsets_are_refused() -> None:
    with pytest.raises(KinestError, match="Y up"):
        Skeleton(Skeleton.from_stature(1.7).rest_offsets[:, [2, 0, 1]])


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(KinestError, match=r"nobody\.npz does not exist"):
        Skeleton.load(tmp_path / "nobody.npz")
    with pytest.raises(KinestError, match="does not exist"):
        Skeleton.load(tmp_path)


def test_missing_key_lists_the_keys(tmp_path: Path) -> None:
    np.savez(tmp_path / "clip.npz", poses=np.zeros(3), trans=np.zeros(3))
    with pytest.raises(KinestError, match=r"clip\.npz has no key rest_offsets.*poses, trans"):
        Skeleton.load(tmp_path / "clip.npz")


@pytest.mark.parametrize("content", [b"", b"text", b"PK\x03\x04 cut short"])
def test_a_file_that_is_no_archive(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(KinestError, match=r"bad\.npz is not a readable \.npz"):
        Skeleton.load(tmp_path / "bad.npz")


def test_a_truncated_archive(tmp_path: Path) -> None:
    path = tmp_path / "cut.npz"
    Skeleton.from_stature(1.7).save(path)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(KinestError, match=r"cut\.npz is not a readable \.npz"):
        Skeleton.load(path)


def test_a_plain_array_is_no_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "plain.npy", np.zeros((22, 3)))
    (tmp_path / "plain.npy").rename(tmp_path / "plain.npz")
    with pytest.raises(KinestError, match=r"plain\.npz is not a readable \.npz"):
        Skeleton.load(tmp_path / "plain.npz")


@pytest.mark.parametrize("content", [np.full((22, 3), "x"), np.array([{}, {}], dtype=object)])
def test_offsets_that_are_not_numbers(tmp_path: Path, content: np.ndarray) -> None:
    np.savez(tmp_path / "odd.npz", rest_offsets=content)
    with pytest.raises(KinestError, match=r"odd\.npz"):
        Skeleton.load(tmp_path / "odd.npz")


def test_saving_under_a_name_without_ending_can_be_loaded(tmp_path: Path) -> None:
    Skeleton.from_stature(1.7).save(tmp_path / "me")
    assert [path.name for path in tmp_path.iterdir()] == ["me.npz"]
