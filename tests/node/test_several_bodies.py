# SPDX-License-Identifier: Apache-2.0
"""Two bodies on one node: names of their own, sizes of their own, and no fault in common."""

from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import PoseStamped
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.human_description.rep155 import joint_names
from kinest_ros.msg import FullBodyState
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.live import DISCOVERY_TIMEOUT, QUEUE, Client, NodeProcess, pose_message, wait_for
from tests.node.performances import START_NS, THREE, sway
from tests.node.readings import link_poses, positions

pytestmark = pytest.mark.ros

STATURES = {"anna": 1.6, "ben": 1.9}
SECOND = 1_000_000_000


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with NodeProcess(
        "autostart:=true",
        "bodies:=[anna, ben]",
        "batching:=always",
        *(f"{name}.stature:={stature}" for name, stature in STATURES.items()),
        "rep155:=true",
        "device:=cpu",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
        "qos_overrides./kinest/anna/joint_states.publisher.reliability:=best_effort",
    ) as process:
        process.wait_for_log("]: active")
        yield process


class People:
    """What comes from the two bodies, and a way to send poses to each."""

    def __init__(self, client: Client) -> None:
        self.client = client
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        subscribe, publish = client.node.create_subscription, client.node.create_publisher
        self.bodies: dict[str, list[FullBodyState]] = {name: [] for name in STATURES}
        self.humans: dict[str, list[JointState]] = {name: [] for name in STATURES}
        self.urdfs: dict[str, list[String]] = {name: [] for name in STATURES}
        self.publishers = {}
        for name in STATURES:
            topic = f"/kinest/{name}"
            subscribe(FullBodyState, f"{topic}/body", self.bodies[name].append, QUEUE)
            subscribe(
                JointState, f"/humans/bodies/{name}/joint_states", self.humans[name].append, QUEUE
            )
            subscribe(String, f"{topic}/robot_description", self.urdfs[name].append, latched)
            for slot in THREE:
                self.publishers[name, slot] = publish(PoseStamped, f"{topic}/{slot}/pose", QUEUE)
        wait_for(
            lambda: (
                all(publisher.get_subscription_count() for publisher in self.publishers.values())
                and all(self.urdfs.values())
            ),
            DISCOVERY_TIMEOUT,
        )

    def send(self, name: str, frames: list[TrackerFrame]) -> None:
        for frame in frames:
            for slot, pose in frame.poses.items():
                message = pose_message(pose, frame.stamp_ns, frame.frame_id)
                self.publishers[name, slot].publish(message)


@pytest.fixture(scope="module")
def people(node: NodeProcess, client: Client) -> People:
    return People(client)


def offline(name: str, frames: list[TrackerFrame]) -> np.ndarray:
    tracker = BodyTracker.build(device="cpu", stature=STATURES[name])
    bodies = [body for frame in frames for body in tracker.push(frame)]
    return np.array([body.positions for body in bodies])


def received(people: People, name: str, count: int) -> np.ndarray:
    wait_for(lambda: len(people.bodies[name]) >= count, DISCOVERY_TIMEOUT)
    return np.array([positions(body) for body in people.bodies[name]])


def test_bad_input_of_one_changes_nothing_for_the_other(people: People) -> None:
    anna = list(sway(1.0))
    # Of another time, with nonsense in it, in another frame, and lost half-way.
    ben = list(sway(0.5, start_ns=START_NS + 500 * SECOND, frame_id="room"))
    nonsense = TrackerPose((np.nan, 0.0, 1.5), (0.0, 0.0, 0.0, 1.0))
    ben[9] = TrackerFrame(ben[9].stamp_ns, {"head": nonsense}, "room")
    half = len(ben) // 2
    people.send("anna", anna[:half])
    people.send("ben", ben)
    people.send("anna", anna[half:])
    for name, frames in (("anna", anna), ("ben", [*ben[:9], *ben[10:]])):
        want = offline(name, frames)
        got = received(people, name, len(want))
        np.testing.assert_allclose(got, want, atol=1e-6)
    assert {body.header.frame_id for body in people.bodies["anna"]} == {"world"}
    assert {body.header.frame_id for body in people.bodies["ben"]} == {"room"}


def test_frames_topics_and_sizes_are_their_own(people: People) -> None:
    assert all(len(people.humans[name]) == len(people.bodies[name]) for name in STATURES)
    for name in STATURES:
        assert tuple(people.humans[name][-1].name) == joint_names(name)
        assert f'link name="{name}/pelvis"' in people.urdfs[name][-1].data
    tf = people.client.transforms
    wait_for(lambda: len(tf) >= sum(map(len, people.bodies.values())), DISCOVERY_TIMEOUT)
    for name, world in (("anna", "world"), ("ben", "room")):
        message = next(
            m for m in reversed(tf) if m.transforms[0].child_frame_id == f"{name}/pelvis"
        )
        links = link_poses(
            type(message)(transforms=message.transforms[:-1]), world, prefix=f"{name}/"
        )
        np.testing.assert_allclose(links[:, :3, 3], positions(people.bodies[name][-1]), atol=1e-6)
        frame = message.transforms[-1]
        assert (frame.child_frame_id, frame.header.frame_id) == (f"body_{name}", world)
    thighs = {
        name: np.linalg.norm(
            np.diff(positions(people.bodies[name][-1])[[JOINT_INDEX["left_hip"],
                                                       JOINT_INDEX["left_knee"]]], axis=0)
        )
        for name in STATURES
    }  # fmt: skip
    assert thighs["ben"] / thighs["anna"] == pytest.approx(1.9 / 1.6, rel=1e-3)


def test_each_is_reset_and_diagnosed_alone(people: People) -> None:
    client = people.client
    assert client.call(Trigger, "/kinest/ben/reset", Trigger.Request()).success
    earlier = list(sway(0.5, start_ns=START_NS - 100 * SECOND))
    for name in STATURES:
        people.bodies[name].clear()
    people.send("ben", earlier)
    assert len(received(people, "ben", 25)) <= 31
    client.diagnostics.clear()
    # Each body has a message of its own, and one of them may have been half over.
    wait_for(lambda: len(client.diagnostics) > len(STATURES), DISCOVERY_TIMEOUT)
    values = {
        status.name: {pair.key: pair.value for pair in status.values}
        for message in client.diagnostics
        for status in message.status
    }
    assert {"kinest anna: body", "kinest ben: body", "kinest ben: left_hand"} <= set(values)
    resets = [int(values[f"kinest {name}: body"]["resets"]) for name in STATURES]
    assert resets[1] == resets[0] + 1
    assert client.call(Trigger, "/kinest/reset", Trigger.Request()).success


def test_who_is_tracked_is_listed(people: People) -> None:
    kind = pytest.importorskip("hri_msgs.msg", reason="needs hri_msgs: make setup").IdsList
    lists: list[list[str]] = []
    people.client.node.create_subscription(
        kind, "/humans/bodies/tracked", lambda message: lists.append(list(message.ids)), 10
    )
    wait_for(lambda: [] in lists, DISCOVERY_TIMEOUT)
    people.send("ben", list(sway(0.3, start_ns=START_NS + 900 * SECOND)))
    wait_for(lambda: ["ben"] in lists, DISCOVERY_TIMEOUT)
    wait_for(lambda: lists[-1] == [], DISCOVERY_TIMEOUT)


def test_quality_of_service_is_overridden_by_parameter(people: People) -> None:
    def reliability(topic: str) -> ReliabilityPolicy:
        (info,) = people.client.node.get_publishers_info_by_topic(topic)
        return info.qos_profile.reliability

    assert reliability("/kinest/anna/joint_states") == ReliabilityPolicy.BEST_EFFORT
    assert reliability("/kinest/ben/joint_states") == ReliabilityPolicy.RELIABLE
