# SPDX-License-Identifier: Apache-2.0
"""While a calibration is computed the body goes on, and a second call is refused."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.executors import SingleThreadedExecutor

from kinest_ros.node import calibration_service
from kinest_ros.node.background import Background
from kinest_ros.node.body_stream import BodyStream
from kinest_ros.node.kinest_node import KinestNode
from tests.calibration.people import START_NS, Person

pytestmark = pytest.mark.ros

SECOND = 1_000_000_000
PERSON = Person(stature=1.85)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """What keeps calibrations from getting ready until it is set."""
    gate, real = threading.Event(), calibration_service.calibrate

    def slow(*values, **named):
        assert gate.wait(300.0)
        return real(*values, **named)

    monkeypatch.setattr(calibration_service, "calibrate", slow)
    yield gate
    gate.set()


@pytest.fixture
def node(ros_domain: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KinestNode]:
    """An active node that nobody spins."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    rclpy.init(domain_id=ros_domain, args=["--ros-args", "-p", "device:=cpu"])
    node = KinestNode()
    node.start()
    yield node
    node.destroy_node()
    rclpy.try_shutdown()


def hold(stream: BodyStream, second: float, seconds: float) -> int:
    """Let somebody hold the pose; return how many bodies came of it."""
    before = stream._tracker.stats.ticks
    for frame in PERSON.frames(seconds, start_ns=START_NS + round(second * SECOND)):
        stream._on_frame(frame, "/pose")
    return stream._tracker.stats.ticks - before


def wait(node: KinestNode, answers: list) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while not answers:
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()


def test_bodies_keep_coming_and_nobody_else_may_calibrate(
    node: KinestNode, gate: threading.Event, tmp_path: Path
) -> None:
    stream = node._pipeline._streams[0]
    first: list[tuple[bool, str]] = []
    second: list[tuple[bool, str]] = []
    hold(stream, 0.0, 3.0)
    stream._calibrating.call(lambda *answer: first.append(answer))
    stream._calibrating.call(lambda *answer: second.append(answer))
    assert second == [(False, "a calibration is already running: wait for its answer")]
    # What comes meanwhile gives bodies, and is not in the snapshot: here, a clock begun anew.
    assert hold(stream, -100.0, 1.0) > 50
    assert not first and stream._tracker.skeleton.stature != pytest.approx(1.85, abs=0.05)
    gate.set()
    wait(node, first)
    assert first[0][0], first[0][1]
    assert stream._tracker.skeleton.stature == pytest.approx(1.85, abs=0.05)
    assert (tmp_path / "kinest" / "default.yaml").exists()
    # And again, once the first one is done.
    hold(stream, 10.0, 3.0)
    second.clear()
    stream._calibrating.call(lambda *answer: second.append(answer))
    wait(node, second)
    assert second[0][0], second[0][1]


def test_a_node_that_is_cleaned_up_meanwhile_uses_nothing_of_it(
    node: KinestNode, gate: threading.Event
) -> None:
    stream = node._pipeline._streams[0]
    hold(stream, 0.0, 3.0)
    before, answers = stream._tracker.skeleton, []
    stream._calibrating.call(lambda *answer: answers.append(answer))
    stream._calibrating.destroy()
    gate.set()
    done: list[bool] = []
    Background(node).start(lambda: True, lambda job: done.append(job.result()))  # behind the first
    wait(node, done)
    assert not answers and stream._tracker.skeleton is before
