# SPDX-License-Identifier: Apache-2.0
"""`kinest retarget`: describe, retarget to every format, measure; what cannot be is told."""

import json
import pickle
import shlex
import shutil

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from scipy.spatial.transform import Rotation

from kinest_ros.bags.reader import BagReader
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.cli.main import main
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.retarget.robot.robot import Robot


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """An AMASS-style clip of one second."""
    skeleton = Skeleton.from_stature(1.75)
    motion = generate("walking", skeleton, 3, 1.0)
    path = tmp_path_factory.mktemp("clips") / "walk.npz"
    vectors = Rotation.from_matrix(motion.local_rotations.reshape(-1, 3, 3)).as_rotvec()
    np.savez(
        path,
        poses=vectors.reshape(len(motion), -1),
        trans=motion.root_position,
        trans_is_pelvis=True,
        rest_offsets=skeleton.rest_offsets,
        mocap_framerate=60.0,
    )
    return path


def test_every_format_holds_the_same_motion(clip, tmp_path, capsys):
    robot = Robot.load()
    outs = {kind: tmp_path / f"walk{end}" for kind, end in (("csv", ".csv"), ("npz", ".npz"))}
    outs["gmr"], outs["bag"] = tmp_path / "walk.pkl", tmp_path / "bag"
    for out in outs.values():
        assert main(["retarget", str(clip), "--out", str(out), "--json"]) == 0
    told = [json.loads(line)[0] for line in capsys.readouterr().out.splitlines()]
    assert [summary["format"] for summary in told] == ["csv", "npz", "gmr", "bag"]
    rows = np.loadtxt(outs["csv"], delimiter=",")
    assert rows.shape == (told[0]["frames"], 7 + 29)
    assert np.linalg.norm(rows[:, 3:7], axis=1) == pytest.approx(np.ones(len(rows)), abs=1e-5)
    with np.load(outs["npz"], allow_pickle=False) as arrays:
        assert list(arrays["joint_names"]) == list(robot.names)
        assert arrays["joint_positions"] == pytest.approx(rows[:, 7:], abs=1e-5)
        assert arrays["base_rotation"] == pytest.approx(rows[:, 3:7], abs=1e-5)
    # Our own file, written above: nobody else's pickle is read anywhere.
    content = pickle.loads(outs["gmr"].read_bytes())
    assert content["fps"] == pytest.approx(60.0, abs=0.01)
    assert content["root_rot"] == pytest.approx(rows[:, 3:7], abs=1e-5)
    with BagReader(outs["bag"]) as bag:
        types = bag.types
        states = [
            bag.decode(message) for message in bag.messages(("/kinest_retarget/joint_states",))
        ]
        odometry = [bag.decode(m) for m in bag.messages(("/kinest_retarget/odometry",))]
    assert types["/tf"] == "tf2_msgs/msg/TFMessage"
    assert np.array([state.position for state in states]) == pytest.approx(rows[:, 7:], abs=1e-5)
    x = np.array([message.pose.pose.position.x for message in odometry])
    assert x == pytest.approx(rows[:, 0], abs=1e-5)
    # The twist is in the base's axes; the person walks forward.
    speed = np.array([message.twist.twist.linear.x for message in odometry])
    assert speed[20:].mean() > 0.2 or np.ptp(x) < 0.2


def test_describe_prints_both_orders_and_draws(tmp_path, capsys):
    picture = tmp_path / "own.png"
    assert main(["retarget", "--describe", "own", "--out", str(picture)]) == 0
    text = capsys.readouterr().out
    assert "left_hip_pitch_joint" in text and "Isaac" in text
    assert picture.stat().st_size > 10_000
    assert main(["retarget", "--describe", "own", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["isaac_lab_order"][2] == "waist_yaw_joint"
    assert found["limits"]["left_knee_joint"] == [-0.05, 2.6]


def test_our_own_robot_can_be_taken_along(tmp_path):
    for name in ("own.xml", "own.urdf"):
        assert main(["retarget", "--export-own", str(tmp_path / name)]) == 0
        assert len(Robot.load(tmp_path / name).names) == 29


def test_evaluate_prints_a_row_per_motion(clip, capsys):
    assert main(["retarget", "--evaluate", str(clip), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["robot"], row["motion"]) == ("own", "walk")
    assert row["outside"] == 0 and row["arm"] < 5.0
    assert main(["retarget", "--evaluate", str(clip)]) == 0
    assert capsys.readouterr().out.count("\n| own | walk |") == 1


@pytest.mark.parametrize("folder", [False, True])
def test_what_is_read_is_not_written_over(kinest, clip, tmp_path, monkeypatch, folder):
    monkeypatch.chdir(tmp_path)
    before = clip.read_bytes()
    shutil.copy(clip, "walk.npz")
    out = "." if folder else "walk.npz"
    status, _, err = kinest("retarget", "walk.npz", "--out", out, "--format", "npz", "--overwrite")
    assert status == 2 and "is the motion to read" in err
    status, _, err = kinest("convert", "walk.npz", "--to", "amass", "--out", "walk.npz",
                            "--overwrite")  # fmt: skip
    assert status == 2 and "is what is to be read" in err
    assert (tmp_path / "walk.npz").read_bytes() == before
    assert main(["convert", "walk.npz", "--out", "bag"]) == 0
    topic = ("--topic", "/kinest/ground_truth/body")
    status, _, err = kinest("retarget", "bag", *topic, "--out", "../" + tmp_path.name + "/bag",
                            "--overwrite")  # fmt: skip
    assert status == 2 and "is the motion to read" in err


def test_trackers_without_bodies_name_the_command_that_makes_them(
    kinest, clip, tmp_path, monkeypatch, headset_recordings
):
    monkeypatch.chdir(tmp_path)
    assert main(["convert", str(clip), "--out", "with truth"]) == 0
    recording = headset_recordings / "hands.json"
    assert main(["convert", str(recording), "--out", "my bag"]) == 0
    kinest("retarget", "--describe", "own")  # takes what was said so far
    for trackers in ("my bag", "with truth"):
        status, _, err = kinest("retarget", trackers, "--out", "x.csv")
        command = f"kinest replay '{trackers}' --out '{trackers}_body'"
        assert status == 2 and "holds no bodies on /kinest/body" in err and command in err
    assert "bodies are on /kinest/ground_truth/body" in err
    status, _, err = kinest("retarget", recording, "--out", "x.csv")
    assert status == 2 and f"{recording} holds trackers" in err
    assert f"kinest replay {recording} --out {recording.with_name('hands_body')}" in err
    # And it is the right one.
    assert main(shlex.split(command)[1:]) == 0
    assert kinest("retarget", "with truth_body", "--out", "x.csv")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["walk.npz"], "--out is missing"),
        ([], "name at least one clip"),
        (["walk.npz", "--out", "x.csv", "--robot", "nowhere.urdf"], "does not exist"),
        (["nowhere.npz", "--out", "x.csv"], "nowhere.npz does not exist"),
        (["walk.npz", "--out", "x.txt"], "no format here ends in .txt; use .csv"),
        (["walk.npz", "--out", "x.csv", "--robot", "binary.urdf"], "it is no text; give an MJCF"),
        (["walk.npz", "--out", "x.csv", "--max-velocity", "0"], "max_velocity is 0"),
    ],
)
def test_what_cannot_be_is_told(arguments, reason, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary.urdf").write_bytes(b"\x93NUMPY\xff\xfe")
    assert main(["retarget", *arguments]) == 2
    assert reason in capsys.readouterr().err
