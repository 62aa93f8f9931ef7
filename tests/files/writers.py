# SPDX-License-Identifier: Apache-2.0
"""Writers that replace one file over and over, to be killed, and readers that say what is there.

Each writer puts its round's number into all parts of what it writes; each reader returns the one
number that it finds in all of them.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.body_size import Value
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.mounts import MountEstimate
from kinest_ros.calibration.storage import load_calibration, save_calibration
from kinest_ros.model.weights import read_weights, write_weights
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.training.trainer import Trainer

Write = Callable[[Path, int], object]
Read = Callable[[Path], int]


def forever(write: Write, path: Path, begun) -> None:
    """Write 1, 2, 3, ... until killed; says by an event when the first one is there."""
    number = 0
    while True:
        number += 1
        write(path, number)
        begun.set()


def only(values) -> int:
    found = {round(float(value)) for value in values}
    assert len(found) == 1, f"a mixture of {sorted(found)}"
    return found.pop()


def write_calibration(path: Path, number: int) -> None:
    size = Value(1.7, number * 1e-4)
    mount = MountEstimate(Mount(), (0.0,) * 3, (0.0,) * 3, 0.0, 0.0)
    notes = tuple(f"round {number}" for _ in range(200))
    save_calibration(
        Calibration("T", size, size, Value(0.0, number * 1e-4), {"head": mount}, warnings=notes),
        path,
    )


def read_calibration(path: Path) -> int:
    found = load_calibration(path)
    assert len(found.warnings) == 200
    return only(
        [found.stature.sigma * 1e4, found.floor_height.sigma * 1e4]
        + [text.split()[1] for text in found.warnings]
    )


def write_skeleton(path: Path, number: int) -> None:
    offsets = Skeleton.from_stature(1.7).rest_offsets * (1.0 + 1e-6 * number)
    Skeleton(offsets, "").save(path)


def read_skeleton(path: Path) -> int:
    found, plain = Skeleton.load(path).rest_offsets, Skeleton.from_stature(1.7).rest_offsets
    long = abs(plain) > 0.01
    return only((found[long] / plain[long] - 1.0) * 1e6)


def _network(number: int) -> torch.nn.Module:
    layer = torch.nn.Linear(200, 200).requires_grad_(False)
    torch.nn.init.constant_(layer.weight, number)
    torch.nn.init.constant_(layer.bias, number)
    return layer


def write_network(path: Path, number: int) -> None:
    write_weights(_network(number), "test", {"number": number}, path, {"number": number})


def read_network(path: Path) -> int:
    built = []
    network, _, _ = read_weights(path, "test", lambda shape: built.append(shape) or _network(0))
    return only([*network.weight.flatten()[::100], *network.bias, built[0]["number"]])


def write_checkpoint(path: Path, number: int) -> None:
    @dataclasses.dataclass
    class Config:
        number: int

    state = SimpleNamespace(state_dict=_network(number).state_dict)
    Trainer.save(
        SimpleNamespace(
            out=path.parent, config=Config(number), model=state, average=state, optimizer=state,
            step=number, seconds=number, history=[], init="", left_out=[], terms="", rank=0,
            _smooth={}, _places=[],
        )
    )  # fmt: skip


def read_checkpoint(path: Path) -> int:
    saved = torch.load(path, weights_only=True)
    return only([saved["step"], saved["config"]["number"], *saved["average"]["bias"]])


def write_corpus(path: Path, number: int) -> None:
    Corpus(
        quaternions=np.full((500, 22, 4), number, np.int16),
        roots=np.full((500, 3), number, np.float32),
        starts=np.array((0, 500)),
        rest_offsets=np.zeros((1, 22, 3)),
        sources=np.zeros(1, np.int64),
        source_names=("a",),
    ).save(path)


def read_corpus(path: Path) -> int:
    corpus = Corpus.load(path)
    return only([*corpus.quaternions[:, 0, 0], *corpus.roots[:, 0]])


def write_bag(path: Path, number: int) -> None:
    skeleton = Skeleton.from_stature(1.7)
    with BodyBagWriter(path, skeleton, overwrite=path.exists()) as bag:
        for index in range(30):
            pose = TrackerPose((0.01 * number, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
            bag.write_frame(TrackerFrame(1_000_000_000 + index, {"head": pose}))


def read_bag(path: Path) -> int:
    frames = list(read_tracker_frames(path))
    assert len(frames) == 30
    assert (path / "skeleton.npz").is_file() and (path / "metadata.yaml").is_file()
    return only(frame.poses["head"].position[0] * 100.0 for frame in frames)


WRITERS: dict[str, tuple[str, Write, Read]] = {
    "calibration": ("anna.yaml", write_calibration, read_calibration),
    "skeleton": ("skeleton.npz", write_skeleton, read_skeleton),
    "weights": ("mine.safetensors", write_network, read_network),
    "checkpoint": ("checkpoint.pt", write_checkpoint, read_checkpoint),
    "corpus": ("corpus.npz", write_corpus, read_corpus),
    "bag": ("bag", write_bag, read_bag),
}
