# SPDX-License-Identifier: Apache-2.0
"""A client that feeds a node and listens to it over DDS."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.srv import GetState
from rclpy.client import Client as ServiceClient
from rclpy.context import Context
from rclpy.exceptions import InvalidHandle
from rclpy.executors import SingleThreadedExecutor
from rclpy.publisher import Publisher
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from kinest_ros.body.joints import SLOTS
from kinest_ros.msg import FullBodyState
from kinest_ros.tracking.frame import TrackerFrame
from tests.node.node_process import NodeProcess, wait_for
from tests.node.pose_messages import fill_pose, pose_message, stamp_of

__all__ = [
    "Client",
    "NodeProcess",
    "fill_pose",
    "pose_message",
    "published",
    "stamp_of",
    "wait_for",
]

#: Discovery takes 0.4 s or, now and then, over 3 s.
DISCOVERY_TIMEOUT = 20.0
#: Seconds of stamps the feeder may be ahead of the bodies that came back.
WINDOW = 0.4
#: Stamps that go back by more than this, in ns, are a new beginning.
LOOP_NS = 500_000_000
#: Most times real time that frames are fed at. Flooded, DDS on a busy machine delivers one topic
#: hundreds of milliseconds behind another, and samples are rightly dropped as late.
FASTEST = 4.0
#: Seconds without a message after which what the node sent has arrived.
QUIET = 1.0
#: Times that nothing must have been there to be heard meanwhile.
LOOKS = 5
#: Longer than any feed of the tests, so nothing is lost however busy the machine is.
QUEUE = 5000


class Client:
    """Publishes tracker poses and keeps everything the node publishes."""

    def __init__(self, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = rclpy.create_node("test_client", context=self._context)
        self.bodies: list[FullBodyState] = []
        self.transforms: list[TFMessage] = []
        self.joint_states: list[JointState] = []
        self.markers: list[MarkerArray] = []
        self.diagnostics: list[DiagnosticArray] = []
        self.descriptions: list[String] = []
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        subscribe = self.node.create_subscription
        self._outputs = [
            subscribe(FullBodyState, "/kinest/body", self.bodies.append, QUEUE),
            subscribe(TFMessage, "/tf", self.transforms.append, QUEUE),
            subscribe(JointState, "/kinest/joint_states", self.joint_states.append, QUEUE),
            subscribe(MarkerArray, "/kinest/markers", self.markers.append, 1000),
            subscribe(DiagnosticArray, "/diagnostics", self.diagnostics.append, 100),
            subscribe(String, "/kinest/robot_description", self.descriptions.append, latched),
        ]
        self._publishers = {
            slot: self.node.create_publisher(PoseStamped, f"/kinest/{slot}/pose", QUEUE)
            for slot in SLOTS
        }
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._services: dict[str, tuple[int, ServiceClient]] = {}
        self._seen, self._stalled, self._idle = 0, False, 0
        self._running = True
        self._thread = threading.Thread(target=self._spin)
        self._thread.start()

    def _spin(self) -> None:
        while self._running:
            received = self._received()
            # Tests destroy what they created while this thread may just be waiting for it.
            with suppress(InvalidHandle):
                self._executor.spin_once(timeout_sec=0.05)
            self._idle = self._idle + 1 if self._received() == received else 0

    def close(self) -> None:
        """Leave the network."""
        self._running = False
        self._thread.join()
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def wait_matched(self, publishers: Iterable[Publisher] | None = None) -> None:
        """Wait until the node hears our topics, or the given ones, and we hear its."""
        publishers = list(publishers or self._publishers.values())
        topics = ("/kinest/body", "/tf", "/kinest/joint_states", "/kinest/markers")
        wait_for(
            lambda: (
                all(pub.get_subscription_count() for pub in publishers)
                and all(self.node.count_publishers(topic) for topic in topics)
                and bool(self.descriptions)
            ),
            DISCOVERY_TIMEOUT,
        )
        time.sleep(0.3)  # count_publishers sees the graph; matching follows within this

    def wait_heard(self, frame: TrackerFrame) -> None:
        """Publish a frame's poses, ever later, until a body has all of its trackers.

        That we see the node's subscriptions does not mean that they see us; poses are lost till
        then. Reset the node afterwards.
        """
        expected = [slot in frame.poses for slot in SLOTS]
        since, stamp_ns = time.monotonic(), frame.stamp_ns
        while not any(list(body.tracker_valid) == expected for body in self.bodies):
            assert time.monotonic() - since < DISCOVERY_TIMEOUT, "not all of our poses are heard"
            stamp_ns += 10_000_000
            self._send_poses(replace(frame, stamp_ns=stamp_ns))
            time.sleep(0.01)

    def wait_unmatched(self) -> None:
        """Wait until no node hears our topics."""
        wait_for(
            lambda: not any(pub.get_subscription_count() for pub in self._publishers.values()),
            DISCOVERY_TIMEOUT,
        )

    def clear(self) -> None:
        """Forget what was received, but for the latched description."""
        for received in (
            self.bodies,
            self.transforms,
            self.joint_states,
            self.markers,
            self.diagnostics,
        ):
            received.clear()

    def feed(
        self,
        frames: Iterable[TrackerFrame],
        send: Callable[[TrackerFrame], None] | None = None,
        expected: int | None = None,
    ) -> None:
        """Publish frames as fast as bodies come back, in the order of their stamps.

        Args:
            frames: what to publish.
            send: publishes one frame; as PoseStamped by default.
            expected: number of bodies; with it, no time is spent on waiting for more.
        """
        send = send or self._send_poses
        begin = latest = None
        for frame in frames:
            if latest is not None and frame.stamp_ns > latest:
                time.sleep(min(frame.stamp_ns - latest, LOOP_NS) * 1e-9 / FASTEST)
            if latest is None or frame.stamp_ns < latest - LOOP_NS:
                begin = frame.stamp_ns  # a clock that goes back: the bodies will follow
            elif frame.stamp_ns - begin > WINDOW * 1e9:
                self._hold_back(frame.stamp_ns)
            latest = frame.stamp_ns
            send(frame)
        if expected is None:
            self.settle()
        else:
            wait_for(lambda: len(self.bodies) >= expected, DISCOVERY_TIMEOUT)

    def _send_poses(self, frame: TrackerFrame) -> None:
        for slot, pose in frame.poses.items():
            message = pose_message(pose, frame.stamp_ns, frame.frame_id)
            self._publishers[slot].publish(message)

    def _hold_back(self, stamp_ns: int) -> None:
        """Wait while the bodies are far behind and still coming."""
        since = time.monotonic()
        while self.bodies and not (-LOOP_NS < stamp_ns - stamp_of(self.bodies[-1]) <= WINDOW * 1e9):
            if len(self.bodies) != self._seen:
                self._seen, since = len(self.bodies), time.monotonic()
                self._stalled = False
            self._stalled = self._stalled or time.monotonic() - since > 3.0
            if self._stalled:  # no body is due, as while the head is lost
                return
            time.sleep(0.001)

    def settle(self) -> None:
        """Wait until the node has worked off what it was sent, and we have heard all of it.

        The node's executor takes requests and poses in the order of arrival, so its answer comes
        after its last body.
        """
        self.call(GetState, "/kinest/get_state", GetState.Request())
        seen, since = self._received(), time.monotonic()
        # That nothing came says something only if this process has had the time to look for it.
        while time.monotonic() - since < QUIET or self._idle < LOOKS:
            time.sleep(0.02)
            if self._received() != seen:
                seen, since = self._received(), time.monotonic()

    def _received(self) -> int:
        return len(self.bodies) + len(self.transforms) + len(self.joint_states)

    def call(self, kind: type, name: str, request: object) -> object:
        """Call a service and return its response."""
        client = self._service(kind, name)
        # Asked again where no answer comes: a node that is gone may have been asked instead.
        futures = []
        for _ in range(12):
            futures.append(client.call_async(request))
            end = time.monotonic() + 10.0
            while time.monotonic() < end:
                if done := [future for future in futures if future.done()]:
                    return done[0].result()
                time.sleep(0.002)
        raise AssertionError(f"no answer from {name}")

    def _service(self, kind: type, name: str) -> ServiceClient:
        """Return a client of a service, the same until another node is started."""
        started, client = self._services.get(name, (-1, None))
        if started != NodeProcess.started:
            if client is not None:
                self.node.destroy_client(client)
            client = self.node.create_client(kind, name)
            self._services[name] = (NodeProcess.started, client)
            assert client.wait_for_service(timeout_sec=DISCOVERY_TIMEOUT), f"no service {name}"
            # Those of a node that was killed are there for 20 s, and what they are asked is lost.
            with suppress(AssertionError):  # not for long: without an answer we ask again
                wait_for(lambda: self._owners(name) == 1, 5.0)
            time.sleep(0.3)  # an answer is lost on a client that the node has not seen yet
        return client

    def _owners(self, service: str) -> int:
        """Return how many nodes there are that the service is named after."""
        nodes = self.node.get_node_names_and_namespaces()
        return sum(service.startswith(f"{space.rstrip('/')}/{name}/") for name, space in nodes)


@contextmanager
def published(client: Client, frames: Iterable[TrackerFrame]) -> Iterator[None]:
    """Publish frames at their own pace for as long as the block takes."""
    running, publishers = threading.Event(), client._publishers

    def publish() -> None:
        start = first = None
        for frame in frames:
            if first is None:
                start, first = time.monotonic(), frame.stamp_ns
            while time.monotonic() - start < (frame.stamp_ns - first) * 1e-9:
                time.sleep(0.002)
            if running.is_set():
                return
            for slot, pose in frame.poses.items():
                publishers[slot].publish(pose_message(pose, frame.stamp_ns, frame.frame_id))

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield
    finally:
        running.set()
        thread.join()


@contextmanager
def fed(client: Client, frames: Iterable[TrackerFrame]) -> Iterator[None]:
    """Feed frames for as long as the block takes, as fast as bodies come back.

    Where the machine is too busy for real time, nothing piles up before what the block asks for.
    """
    done = threading.Event()
    feed = threading.Thread(
        target=client.feed,
        args=(itertools.takewhile(lambda frame: not done.is_set(), frames),),
        kwargs={"expected": 0},
    )
    feed.start()
    try:
        yield
    finally:
        done.set()
        feed.join()
