# SPDX-License-Identifier: Apache-2.0
"""~/<id>/calibrate of one of several bodies: whose file it writes, and what it advises."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.executors import SingleThreadedExecutor

from kinest_ros.calibration.storage import load_calibration
from kinest_ros.node.kinest_node import KinestNode
from tests.calibration.people import Person
from tests.node.performances import START_NS

pytestmark = pytest.mark.ros

TALL, SMALL = Person(stature=1.9, arm_span=1.95), Person(stature=1.6, arm_span=1.6)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path / "kinest"


@pytest.fixture
def nodes(ros_domain: int, config: Path) -> Iterator[type]:
    """Makes active nodes with the bodies anna and ben; nobody spins them."""
    made = []

    class Node(KinestNode):
        def __init__(self, *parameters: str) -> None:
            given = ("device:=cpu", "bodies:=[anna, ben]", *parameters)
            rclpy.init(
                domain_id=ros_domain,
                args=["--ros-args", *(part for text in given for part in ("-p", text))],
            )
            super().__init__()
            made.append(self)
            self.start()

        def calibrate(self, body: int, person: Person) -> str:
            """Let a person hold the pose in one body's trackers; return the answer."""
            stream = self._pipeline._streams[body]
            for frame in person.frames(2.5, start_ns=START_NS):
                stream._on_frame(frame, "/pose")
            answers: list[tuple[bool, str]] = []
            stream._calibrating.call(lambda *answer: answers.append(answer))
            executor = SingleThreadedExecutor()
            executor.add_node(self)
            while not answers:
                executor.spin_once(timeout_sec=0.1)
            executor.shutdown()
            assert answers[0][0], answers[0][1]
            return answers[0][1]

    yield Node
    for node in made:
        node.destroy_node()
    rclpy.try_shutdown()


def stature(file: Path) -> float:
    return load_calibration(file).stature.value


def test_the_advice_is_the_bodys_own_parameter(nodes: type, config: Path) -> None:
    text = nodes().calibrate(1, TALL)
    assert f"saved as {config / 'ben.yaml'}; start the node with ben.calibration:=ben" in text
    assert stature(config / "ben.yaml") == pytest.approx(1.9, abs=0.06)


def test_a_calibration_for_all_is_not_overwritten_by_one(
    nodes: type, config: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    node = nodes("calibration:=anna")
    assert "call ~/ben/calibrate" in capfd.readouterr().err
    assert "start the node with" not in node.calibrate(0, SMALL)  # as it was started
    hers = (config / "anna.yaml").read_bytes()
    assert "start the node with ben.calibration:=ben" in node.calibrate(1, TALL)
    assert (config / "anna.yaml").read_bytes() == hers
    assert stature(config / "ben.yaml") - stature(config / "anna.yaml") > 0.2


def test_where_the_id_is_anothers_file_nothing_is_saved(nodes: type, config: Path) -> None:
    node = nodes("anna.calibration:=ben")
    text = node.calibrate(1, TALL)
    assert "in use, but not saved" in text and "set ben.calibration to a name" in text
    assert not list(config.glob("*"))
    assert f"saved as {config / 'ben.yaml'}" in node.calibrate(0, SMALL)
