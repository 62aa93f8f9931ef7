# SPDX-License-Identifier: Apache-2.0
"""Every format gives back the poses that were put into it, or says what is wrong."""

import json

import numpy as np
import pytest

from kinest_ros.errors import KinestError
from kinest_ros.formats.kinds import kind_of
from kinest_ros.formats.recordings.read import read_recording
from kinest_ros.formats.recordings.recording import slot_of
from tests.formats.recordings.files import DEVICES, bsor, in_unity, poses, xror

TIMES, POSES = poses()


def read(path, basis=None):
    return read_recording(kind_of(path), [(None, path)], basis)


def assert_poses(recording, atol, times=TIMES, start=None):
    assert list(recording.tracks) == list(DEVICES)
    for name, track in recording.tracks.items():
        places, turns = POSES[name]
        since = (track.stamps_ns - (track.stamps_ns[0] if start is None else start)) * 1e-9
        np.testing.assert_allclose(since, times, atol=max(atol, 1e-9))
        np.testing.assert_allclose(track.positions, places, atol=atol)
        signs = np.sign((track.quaternions * turns).sum(-1, keepdims=True))
        np.testing.assert_allclose(signs * track.quaternions, turns, atol=atol)
        assert not track.dropped


def test_bsor(tmp_path):
    path = tmp_path / "replay"
    path.write_bytes(bsor(TIMES, POSES))
    assert kind_of(path) == "bsor"
    assert_poses(read(path), 1e-6, start=1_700_000_000_000_000_000)


@pytest.mark.parametrize(("modifiers", "speed"), [("FS,GN", 1.2), ("SF", 1.5), ("SS", 0.85)])
def test_the_clock_of_a_song_that_runs_faster(tmp_path, modifiers, speed):
    path = tmp_path / "replay.bsor"
    path.write_bytes(bsor(TIMES, POSES, modifiers))
    assert_poses(read(path), 1e-6, TIMES / speed)
    path.write_bytes(bsor(TIMES, POSES, "", 0.5))
    assert_poses(read(path), 1e-6, TIMES / 0.5)


def test_bsor_that_breaks_off_or_has_wrong_lengths_of_texts(tmp_path):
    path = tmp_path / "replay.bsor"
    whole = bsor(TIMES, POSES)
    path.write_bytes(whole[:-3000])
    found = read(path)
    assert 0 < len(found.tracks["head"].stamps_ns) < len(TIMES)
    assert any("is truncated" in note for note in found.notes)
    # As the mod once did: characters counted, not bytes.
    wrong = bsor(TIMES, POSES, name="ééé").replace(b"\x06\0\0\0\xc3", b"\x03\0\0\0\xc3")
    path.write_bytes(wrong)
    assert_poses(read(path), 1e-6, start=1_000_000_000)
    wrong = {
        whole[:4]: "version none",
        whole[:4] + b"\x02" + whole[5:]: "version 2",
        whole[:300]: "0 frames; at least 2 are needed",
        b"no": "is not a BSOR",
    }
    for data, said in wrong.items():
        path.write_bytes(data)
        with pytest.raises(KinestError, match=said):
            read(path)


def test_xror(tmp_path):
    pytest.importorskip("fpzip")
    path = tmp_path / "recording"
    path.write_bytes(xror(TIMES, POSES))
    assert kind_of(path) == "xror"
    assert_poses(read(path), 1e-6, start=1_700_000_000_000_000_000)
    path.write_bytes(xror(TIMES, POSES, "FS"))
    assert_poses(read(path), 1e-6, TIMES / 1.2)


def test_xror_that_is_damaged(tmp_path):
    pytest.importorskip("fpzip")
    path = tmp_path / "recording.xror"
    whole = xror(TIMES, POSES)
    places = (
        (whole[:-40], "invalid length"),
        (whole.replace(b"HEAD", b"NOSE"), "no device on the HEAD"),
        (whole.replace(b"fpy", b"xyz"), "not compressed with fpzip"),
        (whole.replace(b"frames", b"framez"), "no frames"),
        (whole.replace(b"hardware", b"hardwar_"), "does not list its devices"),
    )
    for data, said in places:
        path.write_bytes(data)
        with pytest.raises(KinestError, match=said):
            read(path)


def tum(name, text="# time x y z qx qy qz qw\n"):
    for time, place, turn in zip(TIMES + 5.0, *POSES[name], strict=True):
        text += " ".join(repr(float(v)) for v in (time, *place, *turn)) + "\n"
    return text


def test_a_tum_file_for_each_tracker(tmp_path):
    files = []
    for slot, name in (
        ("head", "hmd.txt"),
        ("left_hand", "left_hand.tum"),
        ("right_hand", "c.tum"),
    ):
        path = tmp_path / name
        path.write_text(tum(slot))
        assert kind_of(path) == "tum"
        files.append((slot if name == "c.tum" else None, path))
    assert_poses(read_recording("tum", files), 1e-9, start=5_000_000_000)
    with pytest.raises(KinestError, match=r"c.tum does not name its tracker.*head:="):
        read_recording("tum", [(None, tmp_path / "c.tum")])
    (tmp_path / "hmd.txt").write_text(tum("head")[:-30])
    found = read_recording("tum", [(None, tmp_path / "hmd.txt")])
    assert len(found.tracks["head"].stamps_ns) == len(TIMES) - 1
    with pytest.raises(KinestError, match="no headset"):
        read_recording("tum", [(None, tmp_path / "left_hand.tum")])


@pytest.mark.parametrize(
    ("time", "unit", "columns"),
    [
        ("stamp_ns", 1e9, "{}.x,{}.y,{}.z,{}.qx,{}.qy,{}.qz,{}.qw"),
        ("t", 1e3, "{}_pos_x,{}_pos_y,{}_pos_z,{}_rot_x,{}_rot_y,{}_rot_z,{}_rot_w"),
        ("Timestamp", 1e6, "{}PosX,{}PosY,{}PosZ,{}QuatX,{}QuatY,{}QuatZ,{}QuatW"),
    ],
)
def test_a_table_of_all_trackers(tmp_path, time, unit, columns):
    names = {"head": "head", "left_hand": "left_hand", "right_hand": "RightHand"}
    header = [time, *(columns.replace("{}", names[d]) for d in DEVICES)]
    rows = [",".join(header)]
    for i, at in enumerate(TIMES + 9.0):
        values = [v for d in DEVICES for part in POSES[d] for v in part[i].tolist()]
        rows.append(",".join([str(round(at * unit)), *map(repr, values)]))
    path = tmp_path / "log.csv"
    path.write_text("\n".join(rows) + "\n")
    assert kind_of(path) == "table"
    found = read(path)
    assert_poses_at_stamps(found, unit)
    rows[3] = rows[3].replace(",", "," * 2, 1)
    path.write_text("\n".join(rows))
    with pytest.raises(KinestError, match="row 4 has 23 columns"):
        read(path)


def assert_poses_at_stamps(found, unit):
    for name, track in found.tracks.items():
        np.testing.assert_allclose(track.positions, POSES[name][0], atol=1e-9)
        np.testing.assert_allclose(track.stamps_ns * 1e-9, TIMES + 9.0, atol=1.0 / unit)


def test_a_table_of_euroc(tmp_path):
    """Whole ns, the quaternion's w first, units in brackets."""
    columns = "#timestamp [ns], p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], "
    lines = [columns + "q_RS_y [], q_RS_z []"]
    for i, at in enumerate(TIMES):
        place, turn = (part[i].tolist() for part in POSES["head"])
        stamp = 1_403_636_580_838_555_648 + round(at * 1e9)
        lines.append(",".join([str(stamp), *map(repr, [*place, turn[3], *turn[:3]])]))
    path = tmp_path / "head.csv"
    path.write_text("\n".join(lines))
    track = read(path).tracks["head"]
    assert track.stamps_ns[0] == 1_403_636_580_838_555_648
    np.testing.assert_allclose(track.positions, POSES["head"][0], atol=1e-12)
    np.testing.assert_allclose(track.quaternions, POSES["head"][1], atol=1e-12)


def test_a_table_with_empty_cells_and_one_with_angles(tmp_path):
    path = tmp_path / "head.csv"
    rows = ["time_s,x,y,z,qx,qy,qz,qw", "1,0,0,1,0,0,0,1", "2,,,,,,,", "3,0,0,2,0,0,0,1"]
    path.write_text("\n".join(rows))
    track = read(path).tracks["head"]
    assert track.stamps_ns.tolist() == [1_000_000_000, 3_000_000_000]
    assert track.dropped == {"no pose": 1}
    path.write_text("time_s,x,y,z,roll,pitch,yaw,a\n1,0,0,1,0,0,0,1\n")
    with pytest.raises(KinestError, match="Euler angles are not supported: write quaternions"):
        read(path)
    path.write_text("a,x,y,z,qx,qy,qz,qw\n1,0,0,1,0,0,0,1\n")
    with pytest.raises(KinestError, match="no time column"):
        read(path)
    path.write_text("time,x,y,z,qx,qy,qz,qw\n1,0,0,1,0,0,0,1\n301,0,0,1,0,0,0,1\n")
    with pytest.raises(KinestError, match="end the column's name in its unit"):
        read(path)


def pose_log(basis, as_objects=False):
    frames = []
    for i, at in enumerate(TIMES):
        frame = {"time_s": float(at) + 3.0}
        for name, key in zip(DEVICES, ("hmd", "leftController", "right"), strict=True):
            place, turn = POSES[name]
            if basis == "unity":
                place, turn = in_unity(place, turn)
            place, turn = place[i].tolist(), turn[i].tolist()
            if as_objects:
                place = dict(zip("xyz", place, strict=True))
                turn = dict(zip("xyzw", turn, strict=True))
            frame[key] = {"position": place, "rotation": turn, "isTracked": True}
        frames.append(frame)
    return frames


def test_a_pose_log(tmp_path):
    path = tmp_path / "log.json"
    forms = (
        json.dumps({"basis": "unity", "frames": pose_log("unity")}),
        "\n".join(map(json.dumps, [{"basis": "unity"}, *pose_log("unity", as_objects=True)])),
        json.dumps([{"basis": "Unity"}, *pose_log("unity")], indent=1),
    )
    for text in forms:
        path.write_text(text)
        assert kind_of(path) == "json"
        assert_poses(read(path), 1e-9, start=3_000_000_000)
    path.write_text(json.dumps(pose_log("ros")))
    assert_poses(read(path, "ros"), 1e-9, start=3_000_000_000)
    with pytest.raises(KinestError, match=r"does not say which axes.*--input-basis"):
        read(path)
    path.write_text(forms[1][:-20])
    found = read(path)
    assert len(found.tracks["head"].stamps_ns) == len(TIMES) - 1
    assert "truncated in line" in found.notes[0]


def test_what_is_wrong_in_a_pose_log_is_named(tmp_path):
    path = tmp_path / "log.json"

    def refused(change):
        frames = pose_log("ros")
        change(frames)
        path.write_text(json.dumps({"basis": "ros", "frames": frames}))
        with pytest.raises(KinestError) as error:
            read(path)
        return str(error.value)

    assert "frame 2: 'time_s' is None" in refused(lambda f: f[1].pop("time_s"))
    assert "frame 3: 'hmd' has rotation" in refused(lambda f: f[2]["hmd"].pop("position"))
    said = refused(lambda f: f[2]["hmd"].update(rotation=[0, 0, 0]))
    assert (
        "frame 3: 'hmd': rotation is not 4 numbers" in said
        and "Euler angles are not supported" in said
    )
    assert "holds 'x'" in refused(lambda f: f[2]["hmd"].update(position=["x", 0, 0]))
    assert "no headset" in refused(lambda f: [frame.pop("hmd") for frame in f])
    frames = pose_log("ros")
    frames[5]["hmd"]["isTracked"] = False
    frames[6]["hmd"] = None
    path.write_text(json.dumps({"basis": "ros", "frames": frames}))
    assert read(path).tracks["head"].dropped == {"no pose": 2}


def test_what_is_nothing_that_is_read(tmp_path):
    for content in (b"", b"\x00\x01\x02", b"hello\nworld", b"1,2,3\n"):
        path = tmp_path / "what"
        path.write_bytes(content)
        with pytest.raises(KinestError, match="what has no known format: it is neither a bag"):
            kind_of(path)
    with pytest.raises(KinestError, match="does not exist"):
        kind_of(tmp_path / "none")


@pytest.mark.parametrize(
    ("name", "slot"),
    [("HMD", "head"), ("camera", "head"), ("left", "left_hand"), ("LeftFoot", "left_foot"),
     ("rhand", "right_hand"), ("foot_right", "right_foot"), ("waist", "pelvis"), ("table", None)],
)  # fmt: skip
def test_names_of_devices(name, slot):
    assert slot_of(name) == slot
