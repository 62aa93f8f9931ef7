# SPDX-License-Identifier: Apache-2.0
import io
import itertools
import json

import numpy as np
import pytest
from yourdfpy import URDF

from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.topics import BODY, ROBOT_DESCRIPTION, TF
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.storage import load_calibration
from tests.calibration.people import START_NS, Person
from tests.motion.clip_files import write_clips
from tests.node.performances import sway

PERSON = Person(stature=1.82, arm_span=1.88, position=(0.0, 0.0), heading=0.0)


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    """Two seconds of moving about, then three of the pose."""
    path = tmp_path_factory.mktemp("calibrate") / "bag"
    with BodyBagWriter(path) as writer:
        for frame in sway(2.0, start_ns=START_NS - 2_200_000_000):
            writer.write_frame(frame)
        for frame in PERSON.frames(3.0):
            writer.write_frame(frame)
    return path


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "kinest"


def test_from_a_bag_to_a_user_and_a_picture(kinest, bag, config, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "anna.png"
    status, out, err = kinest(
        "calibrate", "--bag", bag, "--out", "anna", "--figure", picture, "--json"
    )
    assert status == 0, err
    found = json.loads(out)
    assert found["pose"] == "T" and 2.1 < found["held_from_s"] < 3.3
    assert found["stature"]["value"] == pytest.approx(1.82, abs=0.04)
    assert found["file"] == str(config / "anna.yaml")
    import matplotlib.image

    image = matplotlib.image.imread(picture)
    assert image.shape[0] > 400 and np.std(image[..., :3]) > 0.02

    status, out, _ = kinest("calibrate", "--show", "anna", "--json")
    shown = json.loads(out)
    assert status == 0
    assert shown["mounts"]["left_hand"]["xyz"] == pytest.approx(
        found["mounts"]["left_hand"]["xyz"], abs=1e-4
    )
    status, out, _ = kinest("calibrate", "--show", config / "anna.yaml")
    assert status == 0 and "mount of left_hand" in out and "±" in out


def test_a_given_time_stature_and_skeleton(kinest, bag, config, tmp_path):
    status, out, _ = kinest(
        "calibrate", "--bag", bag, "--at", 2.5, "--stature", 1.82, "--out", tmp_path / "me.yaml"
    )
    assert status == 0 and "stature 1.82 ± 0.01" in out
    assert load_calibration(tmp_path / "me.yaml").stature.value == pytest.approx(1.82, abs=0.01)
    PERSON.skeleton.save(tmp_path / "own.npz")
    status, out, _ = kinest("calibrate", "--bag", bag, "--skeleton", tmp_path / "own.npz", "--json")
    assert json.loads(out)["arm_span"]["value"] == pytest.approx(1.88, abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--bag", "BAG", "--at", "0"), "moved by"),
        (("--bag", "BAG", "--at", "4.9"), "--at 4.9: the pose is held for 2 s"),
        (("--bag", "BAG", "--at", "99"), "5.2 s long"),
        (("--bag", "BAG", "--input-basis", "openxr"), "input_basis 'ros'"),
        (("--bag", "BAG", "--stature", "17"), "stature is 17"),
        (("--bag", "BAG", "--out", "no name"), "no name"),
        (("--bag", "/nowhere"), "does not exist"),
        (("--show", "nobody"), "nobody.yaml does not exist"),
        (("--show", "an na"), "user name"),
        (("--live", "--countdown", "-1"), "--countdown"),
        (("--check-stature", "EMPTY"), "no bag"),
    ],
)
def test_errors(kinest, bag, config, tmp_path, arguments, match):
    places = {"BAG": bag, "EMPTY": tmp_path}
    status, _, err = kinest("calibrate", *(places.get(word, word) for word in arguments))
    assert status == 2
    assert err.splitlines()[-1].startswith("error: ")
    assert match in err
    assert not list(config.glob("*.yaml"))


@pytest.mark.slow
def test_replay_with_a_calibration(kinest, bag, config, tmp_path, tiny_weights):
    assert kinest("calibrate", "--bag", bag, "--out", "anna")[0] == 0
    status, out, err = kinest(
        "replay", bag, "--out", tmp_path / "body", "--weights", tiny_weights, "--device", "cpu",
        "--calibration", "anna", "--json",
    )  # fmt: skip
    assert status == 0, err
    summary = json.loads(out)
    calibration = load_calibration(config / "anna.yaml")
    assert summary["skeleton"] == calibration.skeleton.name and summary["stature_known"]
    own = Skeleton.load(tmp_path / "body" / "skeleton.npz")
    np.testing.assert_array_equal(own.rest_offsets, calibration.skeleton.rest_offsets)
    # The trackers' own distance from the links is that of the mounts.
    assert summary["reprojection_cm"]["head"]["p50"] < 0.1
    status, _, err = kinest(
        "replay", bag, "--out", tmp_path / "other", "--calibration", "bob", "--weights", "x"
    )
    assert status == 2 and "bob.yaml does not exist" in err


@pytest.mark.slow
def test_replay_estimates_the_stature_and_describes_the_body_again(
    kinest, bag, tmp_path, tiny_weights
):
    status, out, err = kinest(
        "replay", bag, "--out", tmp_path / "body", "--weights", tiny_weights, "--json"
    )
    assert status == 0, err
    summary = json.loads(out)
    assert summary["stature_known"] and "estimated stature" in summary["skeleton"]
    with BagReader(tmp_path / "body") as written:
        texts = [written.decode(message).data for message in written.messages((ROBOT_DESCRIPTION,))]
        transforms = [written.decode(message) for message in written.messages((TF,))]
    # The stature changes once; what is described besides is arms that grow to the hands.
    robots = [URDF.load(io.BytesIO(text.encode()), load_meshes=False) for text in texts]
    found = [robot.get_transform("left_ankle", "left_knee")[:3, 3] for robot in robots]
    shins = np.linalg.norm(found, axis=1).round(6)
    assert np.count_nonzero(np.diff(shins)) == 1
    assert all(a != b for a, b in itertools.pairwise(texts))
    own = Skeleton.load(tmp_path / "body" / "skeleton.npz")
    assert own.stature == pytest.approx(summary["stature"])
    # The links on /tf have the lengths that the bodies have, before, while and after they grow.
    positions = read_bodies(tmp_path / "body", BODY).positions
    knee, hip = JOINT_INDEX["left_knee"], JOINT_INDEX["left_hip"]
    thighs = np.linalg.norm(positions[:, knee] - positions[:, hip], axis=1)
    links = [message.transforms[knee].transform.translation for message in transforms]
    np.testing.assert_allclose([np.hypot(np.hypot(v.x, v.y), v.z) for v in links], thighs)
    assert np.ptp(thighs) > 0.001 and len(np.unique(thighs.round(6))) > 5


def test_check_stature(kinest, bag, headset_recordings, tmp_path):
    write_clips(tmp_path / "clips", seconds=10.0)
    clips = sorted((tmp_path / "clips").iterdir())
    recording = headset_recordings / "events.json"
    status, out, _ = kinest("calibrate", "--check-stature", bag, recording, *clips, "--json")
    assert status == 0
    rows = json.loads(out)["files"]
    assert len(rows) == 4
    assert rows[0]["stature"] is not None and rows[0]["true"] is None
    assert 1.6 < rows[1]["stature"] < 1.9 and rows[1]["true"] is None
    for row in rows[2:]:
        assert row["stature"] is None or abs(row["stature"] - row["true"]) < 0.08
    status, out, _ = kinest("calibrate", "--check-stature", recording, *clips)
    assert status == 0 and "events.json: 1.7" in out and "error" in out
