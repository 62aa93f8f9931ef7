# SPDX-License-Identifier: Apache-2.0
"""Bodies that are answered together are what each would be alone, whatever the others do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model
from kinest_ros.node.together import Alone, Member, Together
from kinest_ros.runtime.batch_member import BatchMember
from kinest_ros.runtime.body_batch import BodyBatch
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.asking import Ask, Asking
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from tests.node.performances import sway
from tests.runtime.networks import random_network
from tests.search import examples

NAMES = ("anna", "ben", "cleo")
STATURES = dict(zip(NAMES, (1.5, 1.7, 1.9), strict=True))


@pytest.fixture(scope="module")
def model() -> StreamingKineST:
    return random_network(StreamingConfig.tiny())


@pytest.fixture(scope="module")
def trained() -> StreamingKineST:
    """A network whose poses follow from each other.

    Those of random weights leap, and where that is faded over, two ways to the new pose may be as
    short: a difference in the last digit decides.
    """
    return load_model("default")


class Person:
    """A tracker and all bodies that came of it."""

    def __init__(self, tracker: BodyTracker, answering: Alone | Member) -> None:
        self.tracker, self.answering = tracker, answering
        self.bodies: list[BodyPose] = []
        self.spent = 0.0
        self.faults: list[Exception] = []

    def take(self, frame: TrackerFrame) -> None:
        self.answering.follow(self._work(frame), self._spend)

    def reset(self) -> None:
        self.answering.settle()
        self.tracker.reset()

    def _spend(self, seconds: float) -> None:
        self.spent += seconds

    def _work(self, frame: TrackerFrame) -> Asking[None]:
        try:
            self.bodies += yield from self.tracker.steps(frame)
        except Exception as error:
            self.faults.append(error)
            self.tracker.reset()


class Room:
    """The same people twice: answered together, and each alone."""

    def __init__(self, model: StreamingKineST, runtime: str = "onnx") -> None:
        self.called: list[object] = []
        batch = BodyBatch(model, len(NAMES), runtime=runtime)
        self.together = Together(batch, self.called.append)
        self.pairs: dict[str, tuple[Person, Person]] = {}
        for name, stature in STATURES.items():
            body = Skeleton.from_stature(stature)
            member = BatchMember(batch, name, model, body)
            alone = StreamingPredictor(model, body, runtime=runtime)
            self.pairs[name] = (
                Person(BodyTracker(member, body), Member(self.together, name)),
                Person(BodyTracker(alone, body), Alone(alone)),
            )

    def take(self, name: str, frame: TrackerFrame) -> None:
        for person in self.pairs[name]:
            person.take(frame)

    def check(self, name: str) -> None:
        one, other = self.pairs[name]
        assert [b.stamp_ns for b in one.bodies] == [b.stamp_ns for b in other.bodies]
        for a, b in zip(one.bodies, other.bodies, strict=True):
            np.testing.assert_allclose(a.positions, b.positions, atol=1e-5)
            # q and -q are one rotation.
            aligned = np.abs((a.world_rotations * b.world_rotations).sum(axis=-1))
            np.testing.assert_allclose(aligned, 1.0, atol=1e-9)
            np.testing.assert_allclose(a.confidence, b.confidence, atol=1e-5)


def single_poses(frames: list[TrackerFrame]) -> Iterator[TrackerFrame]:
    """Each tracker in a message of its own, as headsets send them."""
    for frame in frames:
        for slot, pose in frame.poses.items():
            yield TrackerFrame(frame.stamp_ns, {slot: pose}, frame.frame_id)


@pytest.mark.slow
@settings(max_examples=examples(4))
@given(st.integers(0, 1000), st.sampled_from(["onnx", "torch"]))
def test_everybody_as_if_alone(trained: StreamingKineST, seed: int, runtime: str) -> None:
    rng = np.random.default_rng(seed)
    room = Room(trained, runtime)
    streams = {
        name: iter(list(single_poses(list(sway(0.4, start_ns=1_000_000_000 * (1 + 7 * index))))))
        for index, name in enumerate(NAMES)
    }
    while streams:
        name = str(rng.choice(list(streams)))
        frame = next(streams[name], None)
        if frame is None:
            del streams[name]
            continue
        room.take(name, frame)
        if rng.random() < 0.1:
            room.together.flush()
        if rng.random() < 0.01:
            for person in room.pairs[name]:
                person.reset()
    room.together.flush()
    for name in NAMES:
        room.check(name)
        assert len(room.pairs[name][0].bodies) > 5
    assert room.together.answers > 1.1 * room.together.steps > 0.0


def test_who_waits_is_answered_in_one_step_and_called_for_once(model: StreamingKineST) -> None:
    room = Room(model)
    for frame in list(sway(0.5)):
        room.called.clear()
        before = room.together.steps
        for name in NAMES:
            room.take(name, frame)
        waiting = room.together.steps == before and bool(room.called)
        if waiting:
            assert room.called == [room.together.flush]
            assert not any(p[0].bodies[-1:] and p[0].bodies[-1].stamp_ns >= frame.stamp_ns
                           for p in room.pairs.values())  # fmt: skip
        room.together.flush()
    assert room.together.answers >= 2.9 * room.together.steps > 0.0
    assert all(pair[0].spent > 0.0 for pair in room.pairs.values())


def test_one_who_fails_harms_nobody(model: StreamingKineST, monkeypatch) -> None:
    room = Room(model)
    frames = list(sway(1.0))
    broken = room.pairs["ben"][0]
    for index, frame in enumerate(frames):
        if index == 60:  # what is asked cannot be answered
            steps = broken.tracker.steps

            def nonsense(frame: TrackerFrame) -> Asking[list[BodyPose]]:
                yield Ask(np.zeros((2, 2)), np.zeros((1, 3, 3)), np.ones(6, bool))
                return []

            monkeypatch.setattr(broken.tracker, "steps", nonsense)
        if index == 66:  # and then what is made of the answer is a fault
            monkeypatch.setattr(broken.tracker, "steps", steps)
            finish = broken.tracker._finisher.finish
            monkeypatch.setattr(broken.tracker._finisher, "finish", lambda *_: 1 / 0)
        if index == 110:
            monkeypatch.setattr(broken.tracker._finisher, "finish", finish)
        for name in NAMES:
            room.take(name, frame)
        room.together.flush()
    assert {type(fault) for fault in broken.faults} == {ValueError, ZeroDivisionError}
    for name in ("anna", "cleo"):
        room.check(name)
        assert not room.pairs[name][0].faults
    last = frames[-1].stamp_ns
    assert len([b for b in broken.bodies if b.stamp_ns > last - 300_000_000]) > 10  # it is back


def test_alone_is_told_where_it_asked(model: StreamingKineST, monkeypatch) -> None:
    one, other = Room(model).pairs["anna"]
    monkeypatch.setattr(other.tracker.predictor, "step", lambda *_: 1 / 0)
    for frame in list(sway(0.3)):
        other.take(frame)
    assert {type(fault) for fault in other.faults} == {ZeroDivisionError}
    assert one.faults == []
