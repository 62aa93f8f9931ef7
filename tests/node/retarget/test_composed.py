# SPDX-License-Identifier: Apache-2.0
"""From trackers to a robot's joints in one process, as `kinest_node --retarget` starts it."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import yaml

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.node.clients.robot_listener import RobotListener
from kinest_ros.retarget.robot.robot import Robot
from tests import commands
from tests.node.node_process import NodeProcess, wait_for
from tests.node.retarget.stage import Listener

pytestmark = pytest.mark.ros

ROOT = Path(__file__).parents[3]
RECORDING = ROOT / "tests" / "data" / "headset" / "droptarget.json"


def kinest(*arguments: str) -> None:
    done = commands.run(*arguments)
    assert done.returncode == 0, done.stderr


class Seen:
    """What a view is told of the robot."""

    def __init__(self) -> None:
        self.descriptions: dict[str, str] = {}
        self.joint_names: set[str] = set()
        self.places: list[np.ndarray] = []

    def robot(self, name: str, description: str) -> None:
        self.descriptions[name] = description

    def joints(self, name: str, positions: dict[str, float]) -> None:
        self.joint_names |= set(positions)

    def base(self, name: str, position: np.ndarray, rotation: np.ndarray) -> None:
        assert abs(np.linalg.norm(rotation) - 1.0) < 1e-6
        self.places.append(position)


def shown_by_layouts() -> set[str]:
    """Topics of both nodes that the layouts of RViz and Foxglove name."""
    texts = [(ROOT / name).read_text() for name in ("rviz/kinest.rviz", "foxglove/kinest.json")]
    found = [set(re.findall(r"/kinest(?:_retarget)?/\w+(?:/pose)?", text)) for text in texts]
    for one in found:  # body and robot are in each of them
        assert {"/kinest/markers", "/kinest_retarget/markers"} <= one
    return found[0] | found[1]


def frames_of_layouts() -> set[str]:
    """The frame that both layouts look from."""
    rviz = yaml.safe_load((ROOT / "rviz" / "kinest.rviz").read_text())["Visualization Manager"]
    panels = json.loads((ROOT / "foxglove" / "kinest.json").read_text())["configById"]
    return {rviz["Global Options"]["Fixed Frame"], panels["3D!body"]["followTf"]}


def test_a_recording_moves_the_robot(ros_domain: int, tmp_path: Path) -> None:
    bag = str(tmp_path / "bag")
    kinest("convert", str(RECORDING), "--out", bag)
    config = str(ROOT / "config" / "retarget.yaml")
    listener = Listener(ros_domain)
    seen = Seen()
    RobotListener(listener.node, seen)
    given = ("autostart:=true", "stature:=1.7")
    with NodeProcess(*given, own=("--retarget", config)) as node:
        try:
            node.wait_for_log("[kinest]: active")
            kinest("play", bag)
            wait_for(lambda: len(listener.joint_states) > 100, 60.0)
            graph = dict(listener.node.get_topic_names_and_types())
            graph |= dict(listener.node.get_service_names_and_types())
            assert shown_by_layouts() <= set(graph)
            drawn = listener.markers[-1].markers
            assert {marker.header.frame_id for marker in drawn} == frames_of_layouts()
            assert all(len(marker.points) >= 20 for marker in drawn)
            assert node.stop() == 0, node.log
        finally:
            listener.close()
    robot = Robot.load()
    found = [state for state in listener.joint_states if len(state.position)]
    assert list(found[-1].name) == list(robot.names)
    joints = np.array([state.position for state in found])
    assert (joints >= robot.lower - 1e-9).all() and (joints <= robot.upper + 1e-9).all()
    assert np.ptp(joints, axis=0).max() > 0.1
    assert seen.descriptions == {"kinest_retarget": robot.text}
    assert seen.joint_names == set(robot.names)
    # Somebody of 1.7 m stands: so does a robot of 1.3 m.
    assert 0.5 < np.median([place[2] for place in seen.places]) < 1.0
