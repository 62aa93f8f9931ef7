# SPDX-License-Identifier: Apache-2.0
"""The real node in a process of its own, over DDS."""

from collections.abc import Callable

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")
pytest.importorskip("trajectory_msgs", reason="needs ros-trajectory-msgs")

from std_srvs.srv import Trigger

from kinest_ros.retarget.robot.robot import Robot
from tests import commands
from tests.node.live import wait_for
from tests.node.retarget.stage import Listener, RobotProcess, body_messages
from tests.retarget.robots import performed

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def listener(ros_domain):
    listener = Listener(ros_domain)
    yield listener
    listener.close()


@pytest.fixture(scope="module")
def bodies():
    return body_messages(performed("walking", 2.0))


def series(listener: Listener) -> tuple[np.ndarray, np.ndarray]:
    found = list(listener.joint_states)
    stamps = np.array([m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in found])
    return stamps, np.array([m.position for m in found])


def check(listener: Listener) -> None:
    """Every sample that was published is within the limits, by the stamps."""
    robot = Robot.load()
    stamps, joints = series(listener)
    assert np.isfinite(joints).all()
    assert (joints >= robot.lower - 1e-9).all() and (joints <= robot.upper + 1e-9).all()
    steps = np.diff(stamps) * 1e-9
    assert (steps > 0.0).all()
    assert np.abs(np.diff(joints, axis=0) / steps[:, None]).max() <= 12.0 * 1.001


def clear(listener: Listener) -> None:
    for kept in (
        listener.joint_states,
        listener.odometry,
        listener.trajectories,
        listener.transforms,
        listener.statuses,
        listener.descriptions,
    ):
        kept.clear()


def send_until(
    condition: Callable[[], bool], listener: Listener, performance: str, seconds: float
) -> None:
    """Send bodies with the deadman held, each time later ones, until a condition holds."""
    starts = iter(range(100_000_000_000, 400_000_000_000, 10_000_000_000))

    def sent() -> bool:
        listener.send(body_messages(performed(performance, seconds), next(starts)), pressed=True)
        return condition()

    wait_for(sent, 25.0)


def test_from_bodies_to_everything_that_is_published(listener, bodies):
    clear(listener)
    with RobotProcess("autostart:=true", "stop_after:=0.5") as robot:
        robot.wait_for_log("]: active")
        wait_for(lambda: listener.bodies.get_subscription_count() > 0, 20.0)
        wait_for(lambda: bool(listener.descriptions), 20.0)
        # Until ours is matched, bodies are lost.
        wait_for(lambda: listener.send(bodies[:1]) or bool(listener.joint_states), 20.0)
        listener.send(bodies[1:])
        wait_for(lambda: len(listener.joint_states) >= 20, 20.0)
        wait_for(lambda: listener.statuses and listener.status()[0] == 2, 20.0)
        _, text, values = listener.status()
        assert "stopped" in text
        assert float(values["reference age s"]) >= 0.5  # printed with two digits
        own = Robot.load()
        assert listener.joint_states[-1].name == list(own.names)
        assert listener.descriptions[-1].data == own.text
        point = listener.trajectories[-1].points[0]
        assert listener.trajectories[-1].header.stamp.sec == 0
        assert point.time_from_start.nanosec == 50_000_000
        assert len(point.positions) == len(point.velocities) == 29
        bases = [t for message in listener.transforms for t in message.transforms]
        assert {(t.header.frame_id, t.child_frame_id) for t in bases} == {("world", "pelvis_link")}
        last = listener.odometry[-1]
        assert 0.4 < last.pose.pose.position.z < 0.8
        check(listener)
        assert robot.process.poll() is None, robot.log
        robot.process.send_signal(2)
        assert robot.process.wait(20.0) == 0


def test_the_deadman_services_and_bad_bodies(listener, bodies):
    clear(listener)
    with RobotProcess("autostart:=true", "deadman:=true", "blend_in:=0.2") as robot:
        robot.wait_for_log("]: active")
        wait_for(lambda: listener.bodies.get_subscription_count() > 0, 20.0)
        wait_for(lambda: listener.enable.get_subscription_count() > 0, 20.0)
        listener.send(bodies[:20], pressed=False)
        assert not listener.joint_states
        # On a busy machine one or the other is lost before it is matched, so they are sent again.
        send_until(lambda: bool(listener.joint_states), listener, "walking", 0.7)
        bad = body_messages(performed("walking", 0.1), start_ns=500_000_000_000)[0]
        bad.positions[20].x = float("nan")
        wait_for(lambda: listener.send([bad], pressed=True) or "NaN" in robot.log, 20.0)
        for name in ("pause", "resume", "align"):
            client = listener.node.create_client(Trigger, f"/kinest_retarget/{name}")
            assert client.wait_for_service(20.0)
            future = client.call_async(Trigger.Request())
            wait_for(future.done, 20.0)
            assert future.result().success
        listener.send(body_messages(performed("walking", 0.7), 600_000_000_000), pressed=False)
        wait_for(lambda: listener.statuses and "deadman" in listener.status()[1], 20.0)
        check(listener)


def test_a_body_topic_that_nobody_publishes(listener):
    clear(listener)
    with RobotProcess("autostart:=true", "body_topic:=/nowhere/body") as robot:
        robot.wait_for_log("no bodies: nobody publishes /nowhere/body; there is /kinest/body")
        wait_for(lambda: listener.statuses and "nobody publishes" in listener.status()[1], 20.0)
        assert listener.status()[0] == 1


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [
        ("robot:=nowhere.xml", "does not exist"),
        ("max_velocity:=1000.0", "must lie in"),
        ("robott:=own", "did you mean 'robot'"),
        ("mode:=half", "whole, upper"),
        ("controllers:=['arm: no_joint']", "no joint 'no_joint'"),
    ],
)
def test_a_users_error_ends_it_with_the_reason(ros_domain, parameter, reason):
    given = ["--ros-args", "-p", "autostart:=true", "-p", parameter]
    done = commands.run(*given, module="kinest_ros.node.retarget.main")
    assert done.returncode == 2
    assert reason in done.stdout + done.stderr
