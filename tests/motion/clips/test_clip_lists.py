# SPDX-License-Identifier: Apache-2.0
"""Which clips a command reads."""

import json

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.clip_lists import AT_LEAST, RULE, split_clips, thinned


def _touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_json_lists(tmp_path):
    _touch(tmp_path, "a.npz")
    split = tmp_path / "split.json"
    split.write_text(json.dumps({"rule": "text", "test": ["a.npz"]}))
    assert split_clips(tmp_path, split, "test") == [tmp_path / "a.npz"]
    assert split_clips(tmp_path, None, "test") == [tmp_path / "a.npz"]
    with pytest.raises(KinestError, match="no list 'train'; it has test"):
        split_clips(tmp_path, split, "train")
    assert split_clips(tmp_path, split, "all") == [tmp_path / "a.npz"]
    split.write_text("not json")
    with pytest.raises(KinestError, match="not JSON"):
        split_clips(tmp_path, split, "test")


def test_the_rule(tmp_path):
    _touch(tmp_path, "x/dataset-2_run_normal_001.npz", "x/dataset-2_run_active_001.npz")
    (found,) = split_clips(tmp_path, RULE, "test")
    assert found.name == "dataset-2_run_normal_001.npz"
    # A clip that the rule leaves out is in no part: not in all of them either.
    _touch(tmp_path, "iclone/001_01.npz")
    assert split_clips(tmp_path, RULE, "all") == [
        tmp_path / "x" / f"dataset-2_run_{style}_001.npz" for style in ("active", "normal")
    ]
    with pytest.raises(KinestError, match="no clips for 'validation'"):
        split_clips(tmp_path, RULE, "validation")


def test_public_lists_are_read_from_their_subset_on(tmp_path):
    """As published: paths of somebody's machine, or relative ones; shape files among them."""
    data, lists = tmp_path / "AMASS", tmp_path / "data_split"
    clips = ("MPI_HDM05/dg/HDM_dg_05-02_01_120_poses.npz", "CMU/01/01_01_poses.npz")
    _touch(data, *clips, "CMU/01/shape.npz", "CMU/01/neutral_stagei.npz")
    _touch(lists, "MPI_HDM05/test_split.txt", "CMU/test_split.txt", "CMU/train_split.txt")
    (lists / "MPI_HDM05/test_split.txt").write_text(f"/home/me/Datasets/amass/{clips[0]}\n")
    (lists / "CMU/test_split.txt").write_text(f"{clips[1]}\nCMU/01/shape.npz\n\n")
    assert split_clips(data, lists, "test") == [data / clips[1], data / clips[0]]
    assert sorted(split_clips(data, None, "test")) == sorted(data / clip for clip in clips)
    (lists / "CMU/train_split.txt").write_text(f"{clips[1]}\n")
    assert split_clips(data, lists, "all") == [data / clips[1], data / clips[0]]
    with pytest.raises(KinestError, match=r"validation_split\.txt; it has test_split\.txt"):
        split_clips(data, lists, "validation")
    (lists / "CMU/test_split.txt").write_text("CMU/02/gone_poses.npz")
    with pytest.raises(KinestError, match="gone_poses"):
        split_clips(data, lists, "test")


def test_a_bag_is_no_folder_of_clips(tmp_path):
    for name in ("skeleton.npz", "metadata.yaml"):
        (tmp_path / "bag").mkdir(exist_ok=True)
        (tmp_path / "bag" / name).touch()
    with pytest.raises(KinestError, match=r"bag is a bag, .* kinest convert \S+bag --to amass"):
        split_clips(tmp_path / "bag", None, "train")
    for name in ("walk.npz", "skeleton.npz"):
        (tmp_path / name).touch()
    found = split_clips(tmp_path, None, "train")
    assert [clip.name for clip in found] == ["skeleton.npz", "walk.npz"]  # of no bag


def test_thinning_keeps_small_datasets(tmp_path):
    many = [tmp_path / "big" / f"{index}.npz" for index in range(400)]
    few = [tmp_path / "small" / f"{index}.npz" for index in range(40)]
    kept = thinned(many + few, tmp_path, 5)
    assert kept[:80] == many[::5]
    assert len(kept[80:]) == AT_LEAST
    assert len(set(kept[80:])) == AT_LEAST
    assert thinned(few[:3], tmp_path, 5) == few[:3]
    assert thinned(many, tmp_path, 1) == many
