# SPDX-License-Identifier: Apache-2.0
"""Clips by their source."""

import json

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.clip_sources import only_sources, source_list, without_sources
from tests.motion.clip_files import write_clips

NAMES = ("b/dataset-2_run_normal_001", "papagina/salsa_01", "walks/train_walking_7", "ACCAD/s1/x1")


@pytest.fixture
def clips(tmp_path):
    return [tmp_path / f"{name}.npz" for name in NAMES]


def test_names_are_split_at_commas():
    assert source_list(["cmu, bandai", "cmu", ""]) == ("cmu", "bandai")
    assert source_list(None) == ()


def test_a_dataset_a_source_and_a_folder_are_known(clips, tmp_path):
    assert only_sources(clips, tmp_path, ()) == clips
    assert only_sources(clips, tmp_path, ("cmu",)) == clips[1:3]
    assert only_sources(clips, tmp_path, ("convseq", "ACCAD")) == clips[2:]
    assert only_sources(clips, tmp_path, ("walks",)) == [clips[2]]
    assert without_sources(clips, tmp_path, ("bandai", "papagina")) == clips[2:]
    assert without_sources(clips, tmp_path, ()) == clips


def test_what_is_not_there_is_refused(clips, tmp_path):
    with pytest.raises(KinestError, match=r"--source KIT: no clip .* ACCAD, b, bandai, cmu"):
        only_sources(clips, tmp_path, ("cmu", "KIT"))
    with pytest.raises(KinestError, match="--leave-out cmu leaves no clip"):
        without_sources(clips[1:3], tmp_path, ("cmu",))


def test_the_command_lines(kinest, tmp_path):
    data = tmp_path / "data"
    write_clips(data, 1, 1.0, "indian_0{}.npz")
    write_clips(data / "b", 1, 1.0, "dataset-2_walk_active_00{}.npz")
    write_clips(data / "p", 1, 1.0, "salsa_0{}.npz")
    write_clips(data / "v", 1, 1.0, "dataset-2_walk_masculine_00{}.npz")
    status, out, err = kinest(
        "train", "--data", data, "--split", "rule", "--leave-out", "cmu", "--out", tmp_path / "run",
        "--batch", 1, "--length", 8, "--width", 32, "--joint-width", 8, "--steps", 1, "--json",
        "--device", "cpu",
    )  # fmt: skip
    assert status == 0, err
    weights = json.loads(out)["weights"]
    trained = json.loads((tmp_path / "run" / "weights.json").read_text())["training"]
    assert trained["left_out"] == ["cmu"]
    assert set(trained["sources"]) == {"b"}
    status, out, err = kinest(
        "evaluate", "--data", data, "--split", "rule", "--part", "all", "--source", "cmu",
        "--weights", weights, "--json",
    )  # fmt: skip
    assert status == 0, err
    found = json.loads(out)["candidates"]["weights"]["clips"]
    assert [clip["clip"] for clip in found] == ["indian_00.npz", "p/salsa_00.npz"]
