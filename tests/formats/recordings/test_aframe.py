# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.frames import heading_yaw
from kinest_ros.errors import KinestError
from kinest_ros.formats.recordings.aframe import read_aframe


def pose(ms, position=(0.0, 1.6, 0.0), rotation=(0.0, 0.0, 0.0)):
    return {
        "position": dict(zip("xyz", position, strict=True)),
        "rotation": dict(zip("xyz", rotation, strict=True)),
        "timestamp": ms,
    }


def moving(count=5, start=0.0):
    return [pose(start + 11.0 * i, (0.01 * i, 1.6, 0.0)) for i in range(count)]


def write(path, content):
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.fixture
def file(tmp_path):
    return tmp_path / "recording.json"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("left", "right"),
        ("lhand", "rhand"),
        ("leftHand", "rightHand"),
        ("left-controller", "Right"),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_names_of_the_hands(file, left, right, nested):
    content = {"camera": {"poses": moving()}, left: {"poses": moving()}, right: {"poses": moving()}}
    recording = read_aframe(write(file, {"recording": content} if nested else content))
    assert list(recording.tracks) == ["head", "left_hand", "right_hand"]
    assert recording.tracks["left_hand"].entity == left
    assert recording.tracks["right_hand"].entity == right


def test_other_entities_are_ignored(file):
    content = {"camera": {"poses": moving()}, "sphere": {"poses": moving()}, "version": 2}
    recording = read_aframe(write(file, content))
    assert recording.ignored == ["sphere", "version"]


def test_axes(file):
    """A-Frame forward (-Z) is ROS x, right (+X) is -y, up (+Y) is z; yaw turns left."""
    poses = [pose(0.0, (1.0, 2.0, -3.0), (0.0, 90.0, 0.0)), pose(11.0, (0, 1, 0), (-30.0, 0, 0))]
    track = read_aframe(write(file, {"camera": {"poses": poses}})).tracks["head"]
    np.testing.assert_allclose(track.positions[0], [3.0, -1.0, 2.0], atol=1e-12)
    turned = Rotation.from_quat(track.quaternions)
    np.testing.assert_allclose(turned[0].apply([1.0, 0, 0]), [0.0, 1.0, 0.0], atol=1e-9)
    # Looking 30 degrees down: forward goes down.
    np.testing.assert_allclose(
        turned[1].apply([1.0, 0, 0]), [np.cos(np.pi / 6), 0.0, -0.5], atol=1e-9
    )


@given(st.tuples(*[st.floats(-180, 180)] * 3), st.floats(-180, 180))
def test_rotation_order_and_heading(tmp_path_factory, angles, more_yaw):
    """R = Ry Rx Rz: adding to y turns the heading by just that, whatever the other angles."""
    pitch, yaw, roll = angles
    file = tmp_path_factory.mktemp("r") / "a.json"
    content = {
        "camera": {
            "poses": [
                pose(0.0, (0.0, 1.0, 0.0), angles),
                pose(9.0, (0.0, 1.1, 0.0), (pitch, yaw + more_yaw, roll)),
            ]
        }
    }
    track = read_aframe(write(file, content)).tracks["head"]
    first, second = Rotation.from_quat(track.quaternions).as_matrix()
    between = second @ first.T
    assert between[2, 2] == pytest.approx(1.0, abs=1e-9)
    expected = np.angle(np.exp(1j * np.radians(more_yaw)))
    found = heading_yaw(between)
    assert np.angle(np.exp(1j * (found - expected))) == pytest.approx(0.0, abs=1e-6)


def test_stamps_are_the_milliseconds(file):
    track = read_aframe(write(file, {"camera": {"poses": moving(start=35655.765)}})).tracks["head"]
    assert track.stamps_ns[0] == 35_655_765_000
    assert track.stamps_ns[1] - track.stamps_ns[0] == 11_000_000


def test_still_poses_at_the_start_are_left_out(file):
    zero = [pose(float(i), (0.0, 0.0, 0.0)) for i in range(3)]
    repeated = [pose(10.0 + i, (0.5, 1.0, 0.0)) for i in range(4)]
    later = [pose(30.0 + i, (0.1 * i, 1.2, 0.0)) for i in range(3)]
    content = {"camera": {"poses": moving(9)}, "left": {"poses": [*zero, *later]},
               "right": {"poses": [*repeated, *later]}}  # fmt: skip
    tracks = read_aframe(write(file, content)).tracks
    for slot in ("left_hand", "right_hand"):
        assert len(tracks[slot].stamps_ns) == 3
        assert tracks[slot].stamps_ns[0] == 30_000_000
    assert sum(tracks["right_hand"].dropped.values()) == 4
    assert tracks["head"].dropped == {}


def test_times_that_do_not_increase_are_left_out(file):
    poses = [pose(t, (t, 1.0, 0.0)) for t in (0.0, 10.0, 10.0, 5.0, 20.0)]
    track = read_aframe(write(file, {"camera": {"poses": poses}})).tracks["head"]
    assert track.stamps_ns.tolist() == [0, 10_000_000, 20_000_000]
    assert sum(track.dropped.values()) == 2


def test_frames_are_in_order_and_share_equal_stamps(file):
    content = {
        "camera": {"poses": moving(4)},
        "left": {"poses": moving(4, 5.0)},
        "right": {"poses": moving(3, 11.0)},
    }
    frames = list(read_aframe(write(file, content)).frames())
    stamps = [frame.stamp_ns for frame in frames]
    assert stamps == sorted(set(stamps))
    assert list(frames[0].poses) == ["head"]
    assert list(frames[2].poses) == ["head", "right_hand"]
    assert sum(len(frame.poses) for frame in frames) == 11


def broken(key, value):
    one = pose(0.0)
    target = one
    *path, last = key.split(".")
    for part in path:
        target = target[part]
    if value is None:
        del target[last]
    else:
        target[last] = value
    return {"camera": {"poses": [*moving(2), one]}}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("{ not json", "is not valid JSON"),
        ("[1, 2]", "list"),
        ({}, "camera"),
        ({"left": {"poses": moving()}}, "camera"),
        ({"camera": {}}, r"camera\.poses"),
        ({"camera": {"poses": {}}}, r"camera\.poses"),
        ({"camera": {"poses": []}}, "no headset with poses"),
        ({"camera": {"poses": [pose(0.0), pose(9.0)]}}, "'camera' is empty or never moves"),
        ({"camera": {"poses": [5]}}, r"camera\.poses\[0\]"),
        (broken("position", None), r"camera\.poses\[2\]\.position"),
        (broken("position.y", None), r"poses\[2\]\.position\.y"),
        (broken("rotation.x", "a"), r"rotation\.x' is 'a'"),
        (broken("rotation.x", float("nan")), r"rotation\.x' is nan"),
        (broken("timestamp", None), r"poses\[2\]\.timestamp"),
        (broken("timestamp", True), "timestamp"),
        ({"camera": {"poses": moving()}, "left": {"poses": moving()},
          "lhand": {"poses": moving()}}, "'lhand' and 'left'"),
    ],
)  # fmt: skip
def test_errors_name_file_and_key(file, content, match):
    with pytest.raises(KinestError, match=match) as caught:
        read_aframe(write(file, content))
    assert "recording.json" in str(caught.value)


def test_missing_file(tmp_path):
    with pytest.raises(KinestError, match="does not exist"):
        read_aframe(tmp_path / "none.json")


def test_real_recordings(headset_recordings):
    files = sorted(headset_recordings.glob("*.json"))
    assert len(files) == 11
    for path in files:
        tracks = read_aframe(path).tracks
        assert "head" in tracks, path.name
        assert ("left_hand" in tracks) == (path.stem != "one_hand_only"), path.name
        head = tracks["head"]
        assert 0.6 < np.median(head.positions[:, 2]) < 2.0, path.name
        assert 60.0 < 1e9 / np.median(np.diff(head.stamps_ns)) < 100.0, path.name
        # People hold their heads upright.
        up = Rotation.from_quat(head.quaternions).apply([0.0, 0.0, 1.0])
        assert np.median(up[:, 2]) > 0.7, path.name
        for slot in set(tracks) - {"head"}:
            apart = tracks[slot].positions[:50] - head.positions[:50]
            assert np.linalg.norm(apart, axis=-1).max() < 1.5, path.name
