# SPDX-License-Identifier: Apache-2.0
"""A worker that did other bags before gives what a new process gives, to the last bit."""

import dataclasses
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.bags.reader import read_bodies
from kinest_ros.fleet.columns import is_cost, row_of
from kinest_ros.fleet.listing import Listed
from kinest_ros.fleet.task import Task
from kinest_ros.fleet.worker import Worker, digest_of, do_bag, sweep
from tests.fleet.conftest import BROKEN


def _in_a_new_process(task: Task, bag: Listed) -> dict:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return row_of(pool.apply(do_bag, (task, b"", bag)), task.kind)


def _result(row: dict) -> dict:
    return {name: value for name, value in row.items() if not is_cost(name)}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "runtime"), [("replay", "onnx"), ("evaluate", "torch")])
def test_nothing_is_left_of_the_bag_before(kind, runtime, lab, task, tmp_path):
    """Of other statures, estimated or the bag's own, and of one that broke off."""
    worker = Worker(task(kind, runtime=runtime))
    bags = [Listed(name, str(lab / name)) for name in ("ben/two", "anna/day_2", BROKEN)]
    for bag in bags:
        worker.do(bag)
    again = {bag.name: row_of(worker.do(bag), kind) for bag in reversed(bags)}
    alone = Listed("alone/day_2", bags[1].path)  # a file of .mcap holds its own name
    new = _in_a_new_process(task(kind, runtime=runtime), alone)
    assert new["digest"] and new["ok"]
    assert {**_result(new), "bag": bags[1].name} == _result(again[bags[1].name])
    if kind == "replay":
        files = [tmp_path / "out/bodies" / each.name / "day_2.mcap" for each in (bags[1], alone)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_tracker_that_was_reset_is_as_a_new_one(lab, task):
    """As another way to begin anew, which the node's ~/reset takes."""
    from kinest_ros.bags.contents import read_tracker_frames

    worker = Worker(task())
    frames = [list(read_tracker_frames(lab / name)) for name in ("ben/two", "anna/day_2")]
    used, fresh = worker.tracker(), None
    for frame in frames[0]:
        used.push(frame)
    used.reset()
    found = [body for frame in frames[1] for body in used.push(frame)]
    fresh = Worker(task()).tracker()
    wanted = [body for frame in frames[1] for body in fresh.push(frame)]
    assert len(wanted) > 30
    for one, other in zip(found, wanted, strict=True):
        for field in dataclasses.fields(one):
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


def test_a_replayed_bag_and_its_row_agree(lab, task, tmp_path):
    done = Worker(task()).do(Listed("ben/two", str(lab / "ben/two")))
    assert not done.error and done.cost["cpu_s"] > 0 and done.cost["memory_mb"] > 50
    bodies = read_bodies(tmp_path / "out" / "bodies" / "ben" / "two")
    assert len(bodies) == done.figures["bodies_out"]
    assert digest_of(bodies) == done.figures["digest"]
    assert not list((tmp_path / "out" / ".unfinished").iterdir())


@pytest.mark.parametrize("kind", ["replay", "evaluate"])
def test_a_bad_bag_is_an_error_and_leaves_nothing(kind, lab, task, tmp_path):
    worker = Worker(task(kind))
    for path in (lab / BROKEN, tmp_path / "none", lab / "notes.txt"):
        done = worker.do(Listed("bad", str(path)))
        assert str(path) in done.error and "\n" not in done.error and not done.stop
        assert done.figures == {}
    assert not list(tmp_path.rglob("bad*"))


def test_a_fault_that_nobody_thought_of_costs_one_bag(lab, task, monkeypatch):
    worker = Worker(task())
    monkeypatch.setattr(Worker, "_replay", lambda *_: 1 / 0)
    assert worker.do(Listed("a", "a")).error == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("changes", "match"),
    [({"weights_hash": "other"}, "other weights"), ({"weights": "/none.safetensors"}, "not found")],
)
def test_a_machine_at_fault_stops_the_run(changes, match, lab, task):
    done = Worker(task(**changes)).do(Listed("ben/two", str(lab / "ben/two")))
    assert done.stop and match in done.error


def test_what_killed_workers_began_is_swept(tmp_path):
    (tmp_path / ".unfinished" / "x" / "bag").mkdir(parents=True)
    sweep(tmp_path)
    assert not (tmp_path / ".unfinished").exists()
    sweep(Path(tmp_path))


def test_bodies_of_a_bag_are_scored_as_they_are(lab, task, tmp_path):
    """With no weights named, as `kinest evaluate` does."""
    done = Worker(task()).do(Listed("ben/two", str(lab / "ben/two")))
    body = tmp_path / "out" / "bodies" / "ben" / "two"
    scorer = Worker(task("evaluate", weights="", weights_hash="not looked at"))
    scored = scorer.do(Listed("two", str(body)))
    assert not scored.error
    assert scored.figures["digest"] == done.figures["digest"]
    assert scored.figures["accuracy"]["mpjpe"] > 0.1
