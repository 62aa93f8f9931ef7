# SPDX-License-Identifier: Apache-2.0
"""Controllers are laid down and hands tracked in mid-session, over DDS: the wrists stay."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from kinest_ros.msg import Tracker, TrackerArray
from kinest_ros.tracking.frame import TrackerFrame
from tests.node.live import QUEUE, Client, NodeProcess, pose_message, stamp_of
from tests.node.readings import positions
from tests.tracking.devices.test_device_mounts import CONTROLLERS, HANDS, TRACKED, WRISTS, used
from tests.tracking.fakes import SKELETON

pytestmark = pytest.mark.ros


def mounts(name: str, given: dict) -> Iterator[str]:
    for hand, mount in given.items():
        for part, values in (("xyz", mount.xyz), ("rpy", mount.rpy)):
            yield f"{name}.{hand}.{part}:=[{', '.join(map(str, values))}]"


@pytest.fixture
def node(ros_domain: int, tmp_path: Path) -> Iterator[NodeProcess]:
    SKELETON.save(tmp_path / "me.npz")
    with NodeProcess(
        "autostart:=true",
        "device:=cpu",
        "input:=tracker_array",
        f"skeleton:={tmp_path / 'me.npz'}",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
        "publish_markers:=true",
        *mounts("mount", CONTROLLERS),
        *mounts("hand_mount", TRACKED),
    ) as process:
        process.wait_for_log("active")
        yield process


def test_wrists_stay_within_a_centimetre_when_the_device_changes(
    node: NodeProcess, client: Client
) -> None:
    motion = generate("reaching", SKELETON, 3, 4.0)
    true = {body.stamp_ns: body.positions[WRISTS] for body in true_bodies(motion, SKELETON)}
    publisher = client.node.create_publisher(TrackerArray, "/kinest/trackers", QUEUE)
    client.wait_matched([publisher])

    def send(frame: TrackerFrame) -> None:
        message = TrackerArray()
        for slot, pose in frame.poses.items():
            stamped = pose_message(pose, frame.stamp_ns, frame.frame_id)
            message.header = stamped.header
            message.trackers.append(
                Tracker(slot=slot, pose=stamped.pose, device=pose.device, valid=True)
            )
        publisher.publish(message)

    links = tracker_frames(motion, SKELETON)
    half = len(links) // 2
    client.feed(
        (
            replace(
                frame,
                poses=used(frame.poses, "hand", TRACKED, HANDS[:1])
                if index >= half
                else used(frame.poses, "controller", CONTROLLERS),
            )
            for index, frame in enumerate(links)
        ),
        send,
    )
    found = [
        np.linalg.norm(positions(body)[WRISTS] - true[stamp_of(body)], axis=-1)
        for body in client.bodies
    ]
    assert stamp_of(client.bodies[-1]) > links[-1].stamp_ns - 50_000_000
    assert len(found) > 200
    assert np.max(found[30:]) < 0.01
    client.node.destroy_publisher(publisher)
