# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.formats.recordings.aframe import read_aframe
from tests.bags.stored import frames
from tests.bags.test_inputs import NAMES, assert_same, tf_bag


def recording(path):
    poses = [
        {
            "position": {"x": 0.01 * i, "y": 1.6, "z": -0.5},
            "rotation": {"x": 0, "y": 10.0, "z": 0},
            "timestamp": 1000.0 + 11.0 * i,
        }
        for i in range(5)
    ]
    content = {"recording": {"camera": {"poses": poses}, "lhand": {"poses": poses}, "box": {}}}
    path.write_text(json.dumps(content))
    return path


def test_writes_the_poses(kinest, tmp_path):
    source = recording(tmp_path / "r.json")
    status, out, _ = kinest("convert", source, "--out", tmp_path / "bag")
    assert status == 0
    assert "/kinest/left_hand/pose: 5 poses of 'lhand'" in out
    assert "box" in out
    frames = list(read_tracker_frames(tmp_path / "bag"))
    assert len(frames) == 10
    head = next(f for f in frames if "head" in f.poses)
    assert head.stamp_ns == 1_000_000_000
    np.testing.assert_allclose(head.poses["head"].position, [0.5, 0.0, 1.6], atol=1e-12)


def test_json_summary(kinest, tmp_path):
    source = recording(tmp_path / "r.json")
    status, out, _ = kinest("convert", source, "--out", tmp_path / "bag", "--json")
    summary = json.loads(out)
    assert status == 0
    assert summary["trackers"]["left_hand"]["poses"] == 5
    assert summary["seconds"] == pytest.approx(0.044)
    assert summary["ignored"] == ["box"]


def test_errors(kinest, tmp_path):
    status, _, err = kinest("convert", tmp_path / "none.json", "--out", tmp_path / "bag")
    assert status == 2
    assert err.startswith("error: ")
    assert "none.json" in err
    (tmp_path / "bad.json").write_text('{"camera": {"poses": [{}]}}')
    status, _, err = kinest("convert", tmp_path / "bad.json", "--out", tmp_path / "bag")
    assert status == 2
    assert "camera.poses[0].position" in err
    assert not (tmp_path / "bag").exists()


def test_real_recordings(kinest, tmp_path, headset_recordings):
    for path in sorted(headset_recordings.glob("*.json")):
        status, out, _ = kinest("convert", path, "--out", tmp_path / path.stem, "--json")
        assert status == 0
        expected = read_aframe(path).tracks
        found = list(read_tracker_frames(tmp_path / path.stem))
        counts = {slot: sum(slot in f.poses for f in found) for slot in expected}
        assert counts == {slot: len(track.stamps_ns) for slot, track in expected.items()}
        assert {s: t["poses"] for s, t in json.loads(out)["trackers"].items()} == counts
        stamps = [frame.stamp_ns for frame in found]
        assert stamps == sorted(stamps)


def test_a_bag_of_another_kind_becomes_poses(kinest, tmp_path):
    bag = tf_bag(tmp_path / "tf")
    sources = [a for slot, name in NAMES.items() for a in ("--source", f"{slot}:={name}")]
    status, out, err = kinest("convert", bag, "--out", tmp_path / "poses", *sources, "--json")
    assert status == 0
    assert "input tf, of /tf, /tf_static" in err
    assert json.loads(out)["poses"] == {f"/kinest/{slot}/pose": len(frames()) for slot in NAMES}
    assert_same(list(read_tracker_frames(tmp_path / "poses")), frames())
    status, _, err = kinest("convert", bag, "--out", tmp_path / "none", "--input", "tf")
    assert status == 2
    assert "no frame 'head_tracker' on /tf; there are glove_l, glove_r, hmd" in err
    assert not (tmp_path / "none").exists()
