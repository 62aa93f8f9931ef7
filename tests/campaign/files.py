# SPDX-License-Identifier: Apache-2.0
"""A real file of each kind that the package reads, and how it is read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.topics import BODY_TYPE, POSE_TYPE
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.storage import load_calibration
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.motion.clips.clip_lists import split_clips
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from tests.campaign.exchange_files import EXCHANGE
from tests.files.writers import write_calibration

SKELETON = Skeleton.from_stature(1.7)


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        make: writes one into a folder; returns the file that is spoilt.
        read: reads it as the package does.
        text: whether it is text.
    """

    make: Callable[[Path], Path]
    read: Callable[[Path], object]
    text: bool = False


def _calibration(folder: Path) -> Path:
    write_calibration(folder / "anna.yaml", 1)
    return folder / "anna.yaml"


def _weights(folder: Path) -> Path:
    return save_model(StreamingKineST(StreamingConfig.tiny()), folder / "w.safetensors", {})


def _description(folder: Path) -> Path:
    return _weights(folder).with_suffix(".json")


def _skeleton(folder: Path) -> Path:
    SKELETON.save(folder / "skeleton.npz")
    return folder / "skeleton.npz"


def _clip(folder: Path) -> Path:
    count = 30
    np.savez(
        folder / "clip.npz",
        poses=np.zeros((count, 66)),
        trans=np.zeros((count, 3)),
        mocap_framerate=60.0,
        betas=np.zeros(10),
        rest_offsets=SKELETON.rest_offsets,
        trans_is_pelvis=True,
    )
    return folder / "clip.npz"


def _corpus(folder: Path) -> Path:
    from tests.files.writers import write_corpus

    write_corpus(folder / "corpus.npz", 1)
    return folder / "corpus.npz"


def _bag(folder: Path, storage: str) -> Path:
    motion = generate("standing", SKELETON, 0, 0.5)
    with BodyBagWriter(folder / "bag", SKELETON, storage=storage) as bag:
        for frame in tracker_frames(motion, SKELETON)[:20]:
            bag.write_frame(frame)
        for body in list(true_bodies(motion, SKELETON))[:3]:
            bag.write_ground_truth(body)
    return folder / "bag"


def _mcap(folder: Path) -> Path:
    return _bag(folder, "mcap") / "bag.mcap"


def _sqlite(folder: Path) -> Path:
    return _bag(folder, "sqlite3") / "bag.db3"


def _metadata(folder: Path) -> Path:
    return _bag(folder, "mcap") / "metadata.yaml"


def _read_bag(path: Path) -> object:
    return list(read_tracker_frames(path))


def _recording(folder: Path) -> Path:
    poses = [
        {"timestamp": 16.0 * index, "position": {"x": 0.01 * index, "y": 1.6, "z": 0.0},
         "rotation": {"x": 0.0, "y": 0.1 * index, "z": 0.0}}
        for index in range(20)
    ]  # fmt: skip
    path = folder / "recording.json"
    path.write_text(json.dumps({"camera": {"poses": poses, "events": []}}))
    return path


def _split(folder: Path) -> Path:
    (folder / "a.npz").write_bytes(b"")
    (folder / "split.json").write_text(json.dumps({"train": ["a.npz"], "test": ["a.npz"]}))
    return folder / "split.json"


KINDS: dict[str, Kind] = {
    "calibration": Kind(_calibration, load_calibration, text=True),
    "weights": Kind(_weights, load_model),
    "description of weights": Kind(
        _description, lambda path: load_model(path.with_suffix(".safetensors")), text=True
    ),
    "skeleton": Kind(_skeleton, Skeleton.load),
    "clip": Kind(_clip, load_amass),
    "corpus": Kind(_corpus, Corpus.load),
    "mcap": Kind(_mcap, _read_bag),
    "mcap in its bag": Kind(_mcap, lambda path: _read_bag(path.parent)),
    "sqlite": Kind(_sqlite, lambda path: _read_bag(path.parent)),
    "metadata": Kind(_metadata, lambda path: _read_bag(path.parent), text=True),
    "A-Frame recording": Kind(
        _recording, lambda path: list(read_aframe(path).frames()), text=True
    ),
    **{name: Kind(*exchange) for name, exchange in EXCHANGE.items()},
    "split": Kind(_split, lambda path: split_clips(path.parent, path, "train"), text=True),
}  # fmt: skip


@contextmanager
def messages(folder: Path) -> Iterator[tuple[BagReader, list[tuple[str, bytes]]]]:
    """Yield an open bag that decodes, and serialised messages of each type that is read."""
    with BagReader(_bag(folder, "mcap")) as bag:
        found = {raw.msgtype: raw.data for raw in bag.messages(bag.types)}
        assert {POSE_TYPE, BODY_TYPE} <= set(found)
        yield bag, list(found.items())
