# SPDX-License-Identifier: Apache-2.0
"""A folder of short bags, one of which is none, and what a fleet is told to do with them."""

from pathlib import Path

import pytest

from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.fleet.columns import row_of
from kinest_ros.fleet.listing import bags_of
from kinest_ros.fleet.task import Task
from kinest_ros.fleet.worker import Worker
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.wearer.wearer import Wearer
from tests.cli.conftest import tiny_weights
from tests.fleet.dying import results

__all__ = ["tiny_weights"]

#: Bags of the folder: name, motion, seed, s, stature.
BAGS = (
    ("anna/day_1", "standing", 1, 0.5, 1.62),
    ("anna/day_2", "walking", 2, 0.8, 1.62),
    ("ben/one", "stances", 3, 0.4, 1.91),
    ("ben/two", "walking", 4, 0.6, 1.91),
    ("carl", "reaching", 5, 0.4, 1.75),
)
BROKEN = "ben/broken"


@pytest.fixture(scope="session")
def lab(tmp_path_factory) -> Path:
    """Bags with trackers and truth, at different statures."""
    folder = tmp_path_factory.mktemp("lab")
    for name, motion, seed, seconds, stature in BAGS:
        skeleton = Skeleton.from_stature(stature)
        done = generate(motion, skeleton, seed, seconds)
        with BodyBagWriter(folder / name, skeleton) as out:
            for body in true_bodies(done, skeleton):
                out.write_ground_truth(body)
            for frame in tracker_frames(done, skeleton):
                out.write_frame(frame)
    (folder / BROKEN).mkdir()
    (folder / BROKEN / "metadata.yaml").write_text("no: bag\n")
    (folder / ".trash").mkdir()
    (folder / ".trash" / "old.mcap").write_bytes(b"x")
    (folder / "notes.txt").write_text("not a bag\n")
    return folder


@pytest.fixture
def task(tiny_weights, tmp_path):
    """Return a task of a kind."""
    return lambda kind="replay", **changes: _task(kind, tiny_weights, tmp_path / "out", changes)


def _task(kind: str, weights: Path, out: Path, changes: dict) -> Task:
    from kinest_ros.model.weights import load_model

    who = Wearer.given(TrackerSettings())
    if kind == "evaluate":
        who = Wearer(Skeleton.from_stature(1.7), False, TrackerSettings())
    words = {
        "kind": kind, "out": str(out), "weights": str(weights),
        "weights_hash": load_model(weights).weights_hash, "device": "cpu", "runtime": "torch",
        "wearer": who, "own_skeleton": kind == "evaluate",
    }  # fmt: skip
    return Task(**{**words, **changes})


@pytest.fixture(scope="session")
def alone(lab, tiny_weights) -> dict[str, dict]:
    """What `kinest evaluate` finds of each bag, one after the other in this process."""
    worker = Worker(_task("evaluate", tiny_weights, Path("/nowhere"), {}))
    return results({bag.name: row_of(worker.do(bag), "evaluate") for bag in bags_of([lab])})
