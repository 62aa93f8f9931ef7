# SPDX-License-Identifier: Apache-2.0
"""A folder with the files that the examples of the commands' help name."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.cli.main import main
from kinest_ros.motion.procedural.performance import generate
from tests.bags.stored import Tape, array_of, frames, stamped, transform, transforms
from tests.body.test_smpl_files import synthetic
from tests.calibration.people import START_NS, Person
from tests.cli.help_examples import shorter, words_of
from tests.commands import run
from tests.formats.clips.foreign import MIXAMO, bvh_text
from tests.formats.recordings.files import bsor, poses
from tests.motion.clip_files import write_clips
from tests.node.performances import sway
from tests.tracking.fakes import SKELETON

#: Folders of clips, with names that the split by people knows.
CLIPS = (
    ("bandai", "dataset-2_walk_active_00{}.npz"),
    ("bandai", "dataset-2_walk_masculine_00{}.npz"),
    ("bandai", "dataset-2_walk_normal_00{}.npz"),
    ("cmuasf", "14_0{}.npz"),
    ("cmuasf", "35_0{}.npz"),
    ("cmuasf", "135_0{}.npz"),
)
#: To train networks that are made at once.
SMALL = (
    "--steps", "1", "--width", "32", "--length", "16", "--batch", "1", "--procedural", "0.003",
    "--device", "cpu", "--threads", "1",
)  # fmt: skip


def kinest(*words: object) -> str:
    """Return what a command prints; it must succeed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main([str(word) for word in words]) == 0, words
    return printed.getvalue()


def make(folder: Path) -> None:
    """Put all of it there; XDG_CONFIG_HOME is to lie below."""
    for name, names in CLIPS:
        write_clips(folder / "new", 2, 1.2, names)
        shutil.copytree(folder / "new", folder / "motion" / name, dirs_exist_ok=True)
        shutil.rmtree(folder / "new")
    write_clips(folder / "my_clips", 2, 1.2)
    for name, clip in (("walk", 0), ("kick", 1)):
        shutil.copy(folder / "my_clips" / f"clip{clip}.npz", folder / f"{name}.npz")
    _bags(folder)
    _recordings(folder)
    _models(folder)
    kinest("calibrate", "--bag", folder / "mine", "--out", "anna")
    for suffix in ("xml", "urdf"):
        kinest("retarget", "--export-own", folder / f"g1.{suffix}")
    data = ("--data", folder / "motion", "--split", "rule")
    kinest("train", *data, "--out", folder / "runs/mine", *SMALL)
    published = ("--model", "published", "--features", "canonical")
    kinest("train", *data, *published, "--out", folder / "runs/base", *SMALL)
    for name in ("first", "default"):
        kinest("train", *data, "--out", folder / "runs" / name, *SMALL)
    for suffix in ("safetensors", "json"):
        shutil.copy(folder / f"runs/mine/weights.{suffix}", folder / f"other.{suffix}")
    (folder / "old.json").write_text(kinest("evaluate", folder / "my_bag", "--json"))


def _bags(folder: Path) -> None:
    person = Person(stature=1.82, arm_span=1.88, position=(0.0, 0.0), heading=0.0)
    with BodyBagWriter(folder / "mine") as bag:  # the pose from 12.5 s on
        for frame in sway(12.0, start_ns=START_NS - 12_200_000_000):
            bag.write_frame(frame)
        for frame in person.frames(3.0):
            bag.write_frame(frame)
    for name, seed in (("sample", 0), ("my_bag", 0), ("other_bag", 1), ("lab/a", 2), ("lab/b", 3)):
        out = ("--out", folder / name, "--performance", "standing", "--seed", seed)
        kinest("synth", *out, "--duration", 5)
    kinest("replay", folder / "sample", "--out", folder / "body")
    kinest("convert", folder / "my_bag", "--to", "bvh", "--out", folder / "suit.bvh")
    tf, mocap, plain = Tape(), Tape(), Tape()
    for frame in frames(1.0):
        at = frame.stamp_ns
        for slot, name in (("head", "hmd"), ("left_hand", "glove")):
            tf.add("/tf", transforms(transform("map", name, at, frame.poses[slot])), at)
        names = {"head": "helmet", "left_hand": "l", "right_hand": "r"}
        mocap.add("/mocap/poses", array_of("named_pose_array", frame, names), at)
        plain.add("/vr/hmd", stamped(frame, "head"), at)
        plain.add("/vr/left", stamped(frame, "left_hand"), at)
    tf.save(folder / "lab_bag")
    mocap.save(folder / "mocap")
    shutil.copy(next(plain.save(folder / "plain").glob("*.mcap")), folder / "recording.mcap")


def _recordings(folder: Path) -> None:
    times, found = poses(60)
    (folder / "replay.bsor").write_bytes(bsor(times, found))
    for name, device in (("hmd", "head"), ("l", "left_hand"), ("r", "right_hand")):
        rows = np.column_stack([times + 1.0, *found[device]])
        np.savetxt(folder / f"{name}.txt", rows)
    turned = [
        {"timestamp": 16.0 * index, "position": {"x": 0.01 * index, "y": 1.6, "z": 0.0},
         "rotation": {"x": 0.0, "y": 0.1 * index, "z": 0.0}}
        for index in range(60)
    ]  # fmt: skip
    (folder / "recording.json").write_text(json.dumps({"camera": {"poses": turned, "events": []}}))
    motion = generate("standing", SKELETON, 0, 0.5)
    (folder / "dance.bvh").write_text(bvh_text(motion, SKELETON, MIXAMO))
    lines = [f"{name}: {MIXAMO[name]}\n" for name in JOINT_NAMES]
    (folder / "names.yaml").write_text("".join(lines))


def _models(folder: Path) -> None:
    has_smplx = importlib.util.find_spec("smplx") is not None
    if has_smplx:
        from tests.body.test_smpl_mesh import model as skin
    for kind, name in (("smplx", "smplx/SMPLX_NEUTRAL.npz"), ("smplh", "smplh/male/model.npz")):
        path = folder / name
        path.parent.mkdir(parents=True)
        np.savez(path, **synthetic(kind))
    (folder / "smpl").mkdir()
    with (folder / "smpl/SMPL_FEMALE.pkl").open("wb") as file:
        pickle.dump(skin("smpl") if has_smplx else synthetic("smpl"), file)


@contextlib.contextmanager
def a_world(folder: Path) -> Iterator[Path]:
    """Make it in a folder, with the user's own files below it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        make(folder)
        yield folder


def try_out(example: str, world: Path, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Run an example of the help, as short as it can be, in a copy of the world.

    Args:
        example: a command line.
        world: of `a_world`.
        folder: for the copy.
        patch: of the test.
    """
    shutil.copytree(world, folder)
    patch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    words = words_of(shorter(example), str(folder))
    for module, option in (("smplx", "--mesh"), ("rclpy", "--ros"), ("daqp", "--robot")):
        if option in words and importlib.util.find_spec(module) is None:
            pytest.skip(f"needs {module}")
    if "--out" in words and "--resume" not in words:  # what another example has made
        out = folder / words[words.index("--out") + 1]
        shutil.rmtree(out, ignore_errors=True)
        out.unlink(missing_ok=True)
    if "*.npz" in words:
        at = words.index("*.npz")
        words[at : at + 1] = ["walk.npz", "kick.npz"]
    done = run(*words, folder=str(folder), timeout=300.0)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and done.stdout
