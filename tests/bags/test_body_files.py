# SPDX-License-Identifier: Apache-2.0
"""What is written is what another reader reads."""

import csv
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.bags.body_files import write_amass, write_csv
from kinest_ros.bags.reader import Bodies, read_bodies
from kinest_ros.bags.topics import GROUND_TRUTH
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import true_bodies
from tests.tracking.fakes import SKELETON


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bags") / "in"
    with BodyBagWriter(path) as out:
        for index, body in enumerate(true_bodies(generate("walking", SKELETON, 2, 1.0), SKELETON)):
            if index not in (20, 21, 40):
                out.write_ground_truth(body)
    return path


@pytest.fixture(scope="module")
def bodies(bag: Path) -> Bodies:
    return read_bodies(bag, GROUND_TRUTH)


def test_a_clip_is_read_back_with_its_bones(bodies: Bodies, tmp_path: Path) -> None:
    assert write_amass(bodies, tmp_path / "clip.npz") == 3
    motion, skeleton = load_amass(tmp_path / "clip.npz")
    np.testing.assert_allclose(skeleton.rest_offsets, SKELETON.rest_offsets, atol=1e-6)
    positions, _ = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    assert len(positions) == len(bodies) + 3
    kept = np.delete(np.arange(len(positions)), [20, 21, 40])
    np.testing.assert_allclose(positions[kept], bodies.positions, atol=1e-6)
    np.testing.assert_array_equal(positions[[20, 21]], positions[[19, 19]])
    with np.load(tmp_path / "clip.npz") as archive:
        assert archive["poses"].shape == (len(positions), 156)
        assert archive["betas"].shape == (16,)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.npz"]


def test_a_table_holds_every_number(bodies: Bodies, tmp_path: Path) -> None:
    write_csv(bodies, tmp_path / "new" / "body.csv")
    with open(tmp_path / "new" / "body.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["stamp_ns"]) for row in rows] == bodies.stamps_ns.tolist()
    for joint, name in enumerate(JOINT_NAMES):
        found = [[float(row[f"{name}.{axis}"]) for axis in "xyz"] for row in rows]
        np.testing.assert_array_equal(found, bodies.positions[:, joint])
        turns = [[float(row[f"{name}.q{axis}"]) for axis in "xyzw"] for row in rows]
        np.testing.assert_array_equal(turns, bodies.local_rotations[:, joint])


def test_nothing_is_left_of_what_fails(bodies: Bodies, tmp_path: Path, monkeypatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez_compressed", fail)
    with pytest.raises(OSError, match="disk full"):
        write_amass(bodies, tmp_path / "clip.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_command_writes_both(kinest, bag: Path, tmp_path: Path) -> None:
    for kind, name in (("amass", "a.npz"), ("csv", "a.csv")):
        status, out, err = kinest("convert", bag, "--to", kind, "--out", tmp_path / name)
        assert (status, err) == (0, "")
        assert "bodies of /kinest/ground_truth/body" in out
        status, _, err = kinest("convert", bag, "--to", kind, "--out", tmp_path / name)
        assert status == 2
        assert "--overwrite" in err
    with BodyBagWriter(tmp_path / "none"):
        pass
    status, _, err = kinest("convert", tmp_path / "none", "--to", "csv", "--out", tmp_path / "b")
    assert status == 2
    assert "holds no bodies" in err


def test_one_body_is_no_clip(bodies: Bodies, tmp_path: Path) -> None:
    with pytest.raises(KinestError, match="at least 2"):
        write_amass(
            Bodies(*(v[:1] if isinstance(v, np.ndarray) else v for v in vars(bodies).values())),
            tmp_path / "x",
        )
