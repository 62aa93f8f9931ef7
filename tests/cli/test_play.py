# SPDX-License-Identifier: Apache-2.0
import json
import sys
import time

import pytest

from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.decoding.options import InputOptions
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.bags.stored import frames
from tests.bags.test_inputs import NAMES, assert_same, tf_bag
from tests.commands import Command


def bag(path, count=30):
    with BodyBagWriter(path) as out:
        for index in range(count):
            pose = TrackerPose((0.01 * index, 0.0, 1.6), (0.0, 0.0, 0.0, 1.0))
            out.write_frame(TrackerFrame(5 * 10**9 + index * 10**7, {"head": pose}))
    return path


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--rate", "0"), "--rate"),
        (("--wait", "-1"), "--wait"),
        (("--listeners", "0"), "--listeners"),
        (("--topic", "head:=/nope"), "/nope"),
    ],
)
def test_errors(kinest, tmp_path, arguments, match):
    status, _, err = kinest("play", bag(tmp_path / "bag"), *arguments)
    assert status == 2
    assert match in err


def test_without_rclpy_the_fix_is_named(kinest, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "rclpy", None)
    monkeypatch.delitem(sys.modules, "kinest_ros.node.clients.player", raising=False)
    status, _, err = kinest("play", bag(tmp_path / "bag"))
    assert status == 2
    assert "make setup" in err


@pytest.fixture
def domain():
    pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
    pytest.importorskip("geometry_msgs.msg")


def start(*arguments):
    return Command("play", *arguments)


@pytest.mark.ros
def test_nobody_listens(domain, tmp_path):
    process = start(bag(tmp_path / "bag"), "--wait", 0.5)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "/kinest/head/pose: 0 of 1 subscription(s) within 0.5 s" in err


@pytest.mark.ros
def test_its_own_options_are_none_of_ros(domain, tmp_path):
    """SLOT:=/NAME looks like a remapping, of which ROS would say that it is deprecated."""
    topic = "head:=/kinest/head/pose"
    process = start(bag(tmp_path / "bag"), "--wait", 0.5, "--topic", topic)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "within 0.5 s" in err and "remap" not in err


def listen(best_effort, *arguments):
    """Play; return the exit code, stdout, stderr, and by topic what came, each with its arrival."""
    import rclpy
    from geometry_msgs.msg import PoseStamped
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.qos import QoSProfile, ReliabilityPolicy
    from rosgraph_msgs.msg import Clock

    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("listener", context=context)
    got = {"/kinest/head/pose": [], "/clock": []}
    reliability = ReliabilityPolicy.BEST_EFFORT if best_effort else ReliabilityPolicy.RELIABLE
    for topic, kind, wanted in (
        ("/kinest/head/pose", PoseStamped, reliability),
        ("/clock", Clock, ReliabilityPolicy.BEST_EFFORT),
    ):
        node.create_subscription(
            kind,
            topic,
            lambda message, came=got[topic]: came.append((time.monotonic(), message)),
            QoSProfile(depth=100, reliability=wanted),
        )
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    process = start(*arguments)
    try:
        end = time.monotonic() + 60.0
        while process.poll() is None and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.05)
        for _ in range(50):
            executor.spin_once(timeout_sec=0.01)
    finally:
        process.kill()
        out, err = process.communicate()
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
    return process.returncode, out, err, got


@pytest.mark.ros
@pytest.mark.parametrize("best_effort", [False, True])
def test_a_subscriber_in_another_process_gets_every_pose(domain, tmp_path, best_effort):
    arguments = (bag(tmp_path / "bag"), "--rate", 0.5, "--json")
    status, out, err, messages = listen(best_effort, *arguments)
    assert status == 0, err
    summary = json.loads(out)
    assert summary["published"] == {"/kinest/head/pose": 30}
    got = messages["/kinest/head/pose"]
    stamps = [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for _, m in got]
    expected = [5 * 10**9 + index * 10**7 for index in range(30)]
    assert stamps == expected
    position = got[3][1].pose.position.x
    assert position == pytest.approx((stamps[3] - expected[0]) * 1e-9)
    assert got[3][1].header.frame_id == "world"
    assert got[-1][0] - got[0][0] > 0.45, "at half speed; a busy machine may take longer"


@pytest.mark.ros
def test_the_clock_is_the_recordings(domain, tmp_path):
    status, _, err, got = listen(False, bag(tmp_path / "bag", 100), "--rate", 0.5)
    assert status == 0, err
    times = [m.clock.sec * 10**9 + m.clock.nanosec for _, m in got["/clock"]]
    assert len(times) > 20, "two seconds at up to 40 a second; a busy machine may lose some"
    assert times == sorted(times)
    first, last = 5 * 10**9, 5 * 10**9 + 99 * 10**7
    assert times[0] >= first and times[-1] <= last
    assert times[-1] - times[0] > 0.8 * (last - first)
    arrived = [at for at, _ in got["/clock"]]
    pace = (times[-1] - times[0]) * 1e-9 / (arrived[-1] - arrived[0])
    assert pace == pytest.approx(0.5, abs=0.2)


@pytest.mark.ros
def test_the_clock_can_be_left_to_others(domain, tmp_path):
    status, _, err, got = listen(False, bag(tmp_path / "bag"), "--no-clock")
    assert status == 0, err
    assert len(got["/kinest/head/pose"]) == 30
    assert not got["/clock"]


@pytest.mark.ros
def test_transforms_are_played_with_what_is_static_from_the_beginning(domain, tmp_path):
    """Also where it stands at the end of the bag; the input hears it as from its own publisher."""
    pytest.importorskip("tf2_msgs.msg")
    import rclpy
    from rclpy.executors import SingleThreadedExecutor

    from kinest_ros.node.inputs.registry import create_input

    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("listener", context=context)
    found = []
    options = InputOptions(sources=NAMES, qos_reliability="reliable")
    source = create_input("tf", node, options, lambda frame, _: found.append(frame), print)
    source.start()
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    recorded = tf_bag(tmp_path / "tf", late_static=True)
    names = [f"--source={slot}:={name}" for slot, name in NAMES.items()]
    process = start(recorded, *names, "--json")
    try:
        end = time.monotonic() + 60.0
        while process.poll() is None and time.monotonic() < end:
            executor.spin_once(timeout_sec=0.05)
        for _ in range(50):
            executor.spin_once(timeout_sec=0.01)
        out, err = process.communicate()
        assert process.returncode == 0, err
        assert json.loads(out)["published"] == {"/tf": len(frames()), "/tf_static": 1}
        assert_same(found, frames())
    finally:
        process.kill()
        source.stop()
        executor.shutdown()
        node.destroy_node()
        context.try_shutdown()
