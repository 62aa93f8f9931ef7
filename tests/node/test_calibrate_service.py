# SPDX-License-Identifier: Apache-2.0
"""~/calibrate over DDS: refused, then granted; what changes, what stays, and what is saved."""

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from lifecycle_msgs.msg import Transition
from std_srvs.srv import Trigger
from yourdfpy import URDF

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.storage import load_calibration
from kinest_ros.calibration.wearer import wearer
from kinest_ros.cli.main import main
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.wearer.bones import MAX_GROWTH_SPEED
from tests.calibration.people import Person
from tests.node.live import QUEUE, Client, NodeProcess, fed, stamp_of, wait_for
from tests.node.managing import change
from tests.node.performances import START_NS, sway
from tests.node.readings import link_poses, positions

pytestmark = pytest.mark.ros

SECOND = 1_000_000_000
PERSON = Person(stature=1.85, arm_span=1.9, position=(0.1, 0.1), heading=10.0)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("config")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def node(ros_domain: int, config: Path) -> Iterator[NodeProcess]:
    with NodeProcess(
        "autostart:=true",
        "calibration:=anna",
        "device:=cpu",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
        "publish_markers:=false",
    ) as process:
        process.wait_for_log("active")
        yield process


def calibrate(client: Client) -> tuple[bool, str]:
    answer = client.call(Trigger, "/kinest/calibrate", Trigger.Request())
    return answer.success, answer.message


def described(client: Client) -> float:
    """Height of the head over the toes in the newest URDF, m."""
    robot = URDF.load(io.BytesIO(client.descriptions[-1].data.encode()), load_meshes=False)
    robot.update_cfg(np.zeros(len(robot.actuated_joint_names)))
    return float(robot.get_transform("head", "left_foot")[2, 3])


def height(skeleton: Skeleton) -> float:
    rest = skeleton.rest_positions()
    return float(rest[JOINT_INDEX["head"], 1] - rest[JOINT_INDEX["left_foot"], 1])


def test_without_samples_it_is_refused(node: NodeProcess, client: Client, config: Path) -> None:
    node.wait_for_log("no calibration of 'anna' yet")
    success, text = calibrate(client)
    assert not success and "no head pose yet" in text
    assert not (config / "kinest").exists()


def test_an_estimated_stature_is_the_same_live_as_offline(
    node: NodeProcess, client: Client
) -> None:
    client.wait_matched()
    client.clear()
    frames = list(sway(3.0))
    client.feed(frames)
    tracker = BodyTracker.build(device="cpu")
    expected = [body for frame in frames for body in tracker.push(frame)]
    assert tracker.stature_known
    assert [stamp_of(body) for body in client.bodies] == [body.stamp_ns for body in expected]
    for body, want in zip(client.bodies, expected, strict=True):
        np.testing.assert_allclose(positions(body), want.positions, atol=1e-6)
    node.wait_for_log(f"skeleton: {tracker.skeleton.name}")
    assert described(client) == pytest.approx(height(tracker.skeleton), abs=1e-6)
    # Links grow with the body.
    for message, want in zip(client.transforms[::20], expected[::20], strict=True):
        found = link_poses(message, "world")[:, :3, 3]
        np.testing.assert_allclose(found, want.positions, atol=1e-5)


def test_a_pose_that_is_not_held_is_refused(client: Client) -> None:
    with fed(client, sway(600.0, start_ns=START_NS + 10 * SECOND)):
        start = START_NS + 10 * SECOND
        wait_for(lambda: client.bodies and stamp_of(client.bodies[-1]) > start + 3 * SECOND, 60.0)
        success, text = calibrate(client)
    assert not success
    assert "moved by" in text and "stand still" in text


def test_a_held_pose_calibrates_at_once(node: NodeProcess, client: Client, config: Path) -> None:
    client.wait_matched()
    start = START_NS + 100 * SECOND
    with fed(client, PERSON.frames(600.0, start_ns=start)):
        wait_for(lambda: client.bodies and stamp_of(client.bodies[-1]) > start + 2 * SECOND, 20.0)
        client.clear()
        success, text = calibrate(client)
        then = stamp_of(client.bodies[-1])
        wait_for(lambda: stamp_of(client.bodies[-1]) > then + 3 * SECOND, 50.0)
    client.settle()
    assert success, text
    assert "stature 1.8" in text and "anna.yaml" in text
    saved = load_calibration(config / "kinest" / "anna.yaml")
    assert saved.stature.value == pytest.approx(1.85, abs=0.05)
    assert saved.created.startswith("20")
    # The URDF is latched anew, and the links are those of the calibrated body in the end.
    assert described(client) == pytest.approx(height(saved.skeleton), abs=1e-3)
    true = PERSON.links()[0]
    body = positions(client.bodies[-1])
    assert np.linalg.norm(body[15] - true[15]) < 0.03
    assert np.linalg.norm(body[[20, 21]] - true[[20, 21]], axis=1).max() < 0.06
    # No tick is missing and no joint jumps.
    stamps = np.array([stamp_of(body) for body in client.bodies])
    assert np.diff(stamps).max() < 17_000_000
    joints = np.array([positions(body) for body in client.bodies])
    speeds = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * 60.0
    assert speeds.max() < 3.0 + MAX_GROWTH_SPEED + 1.0  # the noise of the trackers, and the network
    values = {pair.key: pair.value for pair in client.diagnostics[-1].status[0].values}
    assert values["calibration"].startswith("T-pose")
    assert values["skeleton"].startswith("calibrated")
    _deactivation_keeps_it_and_a_new_node_loads_it(client, config)


def _deactivation_keeps_it_and_a_new_node_loads_it(client: Client, config: Path) -> None:
    assert change(client, Transition.TRANSITION_DEACTIVATE)
    # How far the arms have grown since is in the file by now.
    saved = load_calibration(config / "kinest" / "anna.yaml")
    assert saved.arm_growth < 1.05
    assert change(client, Transition.TRANSITION_ACTIVATE)
    client.wait_matched()
    assert described(client) == pytest.approx(height(saved.skeleton), abs=1e-3)
    assert main(["calibrate", "--live", "--countdown", "0", "--json"]) == 1  # nothing held yet
    assert change(client, Transition.TRANSITION_DEACTIVATE)
    assert change(client, Transition.TRANSITION_CLEANUP)
    client.descriptions.clear()
    assert change(client, Transition.TRANSITION_CONFIGURE)
    assert change(client, Transition.TRANSITION_ACTIVATE)
    client.wait_matched()
    assert described(client) == pytest.approx(height(saved.skeleton), abs=1e-3)
    frames = list(PERSON.frames(1.0, start_ns=START_NS + 1000 * SECOND))
    client.clear()
    client.feed(frames)
    tracker = BodyTracker.build(device="cpu", wearer=wearer(TrackerSettings(), calibration=saved))
    expected = [body for frame in frames for body in tracker.push(frame)]
    np.testing.assert_allclose(positions(client.bodies[-1]), expected[-1].positions, atol=1e-6)
