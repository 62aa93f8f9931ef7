# SPDX-License-Identifier: Apache-2.0
import json

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.topics import GROUND_TRUTH
from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate


def messages(path):
    with BagReader(path) as bag:
        return [(m.topic, m.time_ns, m.data) for m in bag.messages(bag.types)]


def test_writes_trackers_truth_and_skeleton(kinest, tmp_path):
    status, out, _ = kinest(
        "synth", "--out", tmp_path / "bag", "--duration", 2, "--stature", 1.8, "--json"
    )
    assert status == 0
    summary = json.loads(out)
    assert summary["stature"] == pytest.approx(1.8, rel=0.01)
    frames = list(read_tracker_frames(tmp_path / "bag"))
    assert len(frames) == 3 * 143
    bodies = read_bodies(tmp_path / "bag", GROUND_TRUTH)
    assert len(bodies) == 120
    ticks = bodies.stamps_ns * 60 / 1e9
    np.testing.assert_allclose(ticks, np.round(ticks), atol=1e-7)  # the truth lies on the ticks
    skeleton = Skeleton.load(tmp_path / "bag" / "skeleton.npz")
    hip = np.linalg.norm(bodies.positions[:, 1] - bodies.positions[:, 0], axis=-1)
    np.testing.assert_allclose(hip, np.linalg.norm(skeleton.rest_offsets[1]), rtol=1e-6)


def test_same_seed_same_messages_other_seed_others(kinest, tmp_path):
    common = ("--duration", 2, "--performance", "everything", "--noise", 1)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert kinest("synth", "--out", tmp_path / name, "--seed", seed, *common)[0] == 0
    assert messages(tmp_path / "a") == messages(tmp_path / "b")
    assert messages(tmp_path / "a") != messages(tmp_path / "c")


def test_any_trackers_at_any_rate(kinest, tmp_path):
    kinest("synth", "--out", tmp_path / "six", "--duration", 1, "--trackers", ",".join(SLOTS))
    kinest("synth", "--out", tmp_path / "one", "--duration", 1, "--trackers", "head", "--rate", 90)
    six = list(read_tracker_frames(tmp_path / "six"))
    assert {slot for frame in six for slot in frame.poses} == set(SLOTS)
    one = list(read_tracker_frames(tmp_path / "one"))
    assert len(one) == 89
    assert one[1].stamp_ns - one[0].stamp_ns == pytest.approx(1e9 / 90, abs=1.0)


def clip(path, skeleton, **changes):
    motion = generate("walking", skeleton, 1, 2.0)
    vectors = Rotation.from_matrix(motion.local_rotations.reshape(-1, 3, 3)).as_rotvec()
    content = {
        "poses": vectors.reshape(len(motion), 66),
        "trans": motion.root_position,
        "mocap_framerate": 60.0,
        "rest_offsets": skeleton.rest_offsets,
        "trans_is_pelvis": True,
        **changes,
    }
    np.savez(path, **{key: value for key, value in content.items() if value is not None})
    return motion


def test_clip_instead_of_a_performance(kinest, tmp_path):
    skeleton = Skeleton.from_stature(1.55)
    motion = clip(tmp_path / "walk.npz", skeleton)
    status, out, _ = kinest("synth", "--out", tmp_path / "bag", "--motion", tmp_path / "walk.npz")
    assert status == 0
    assert "walk.npz" in out
    bodies = read_bodies(tmp_path / "bag", GROUND_TRUTH)
    np.testing.assert_allclose(bodies.positions[:, 0], motion.root_position, atol=1e-6)
    own = Skeleton.load(tmp_path / "bag" / "skeleton.npz")
    np.testing.assert_allclose(own.rest_offsets, skeleton.rest_offsets)
    status, _, _ = kinest("synth", "--out", tmp_path / "tall", "--motion", tmp_path / "walk.npz",
                          "--stature", 1.9, "--duration", 1)  # fmt: skip
    assert status == 0
    tall = read_bodies(tmp_path / "tall", GROUND_TRUTH)
    assert len(tall) == 60
    assert abs(np.median(tall.positions[:, [10, 11], 2]) - 0.02) < 0.01


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--performance", "opera"), "opera"),
        (("--rate", "0"), "rate"),
        (("--trackers", "head,nose"), "nose"),
        (("--trackers", ","), "tracker"),
        (("--duration", "0"), "duration"),
        (("--noise", "-1"), "--noise"),
        (("--seed", "-1"), "--seed"),
        (("--stature", "170"), "stature"),
        (("--motion", "/nowhere/walk.npz"), "walk.npz"),
        (("--skeleton", "/nowhere/me.npz"), "me.npz"),
    ],
)
def test_errors(kinest, tmp_path, arguments, match):
    status, _, err = kinest("synth", "--out", tmp_path / "bag", *arguments)
    assert status == 2
    assert err.startswith("error: ")
    assert match in err
    assert not (tmp_path / "bag").exists()


def test_help_names_every_performance(capsys):
    from kinest_ros.cli.main import main
    from kinest_ros.motion.procedural.performance import PERFORMANCES

    with pytest.raises(SystemExit):
        main(["synth", "--help"])
    text = capsys.readouterr().out
    assert all(name in text for name in PERFORMANCES)
