# SPDX-License-Identifier: Apache-2.0
"""A headset's own browser: a page that this node serves sends the poses, and shows the body."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rclpy.client import Client
from rclpy.publisher import Publisher
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from kinest_ros.calibration.storage import calibration_folder
from kinest_ros.node.clients.calibration_call import pass_on_calibration
from kinest_ros.node.inputs.source import InputSource
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.web.deadman import Deadman
from kinest_ros.web.room import Answer, Hooks, Room, ShownBody
from kinest_ros.web.sharing import Place

#: The page's reference space is the fixed frame of what comes; it is called so.
FRAME_ID = "world"
#: What is named in warnings, where other inputs have a topic.
SOURCE = "the page in the headset"


class WebxrInput(InputSource):
    """Serves the page while the node is active; one headset at a time feeds the body.

    The server has a thread of its own: what it receives is handed to the node's executor.
    """

    def start(self) -> None:
        """Serve the page, and say where."""
        options, node = self._options.web, self._node
        self._used = frozenset(self._options.trackers)
        self._frames: deque[TrackerFrame] = deque(maxlen=self._options.qos_depth)
        self._scheduled = False
        hooks = Hooks(
            lambda: int(node.get_clock().now().nanoseconds),
            self._take,
            self._calibrate,
            Deadman(self._publish_deadman),
        )
        self._deadman: Publisher | None = None
        if options.deadman_topic:
            self._deadman = node.create_publisher(Bool, options.deadman_topic, 10)
        self._calibrating: Client = node.create_client(Trigger, self._topic("calibrate"))
        name = self._prefix.removeprefix("~/").strip("/")
        self._room = Room(name, FRAME_ID, hooks)
        self._place = Place(options.host, options.port, self._room)
        log = node.get_logger()
        try:
            self._server = self._place.enter(calibration_folder(), log.info)
        except BaseException:
            self._withdraw()
            raise
        whose = f" for {name}" if name else ""
        log.info(f"open in the headset's browser{whose}: {self._server.url(self._room)}")
        log.info(self._server.meaning)

    def stop(self) -> None:
        """Send the page away."""
        super().stop()
        if hasattr(self, "_place"):
            self._place.leave()
            self._withdraw()

    def show(self, body: BodyPose) -> None:
        """Show the body in the headset."""
        shown = ShownBody(body.stamp_ns, body.positions, body.confidence, body.tracker_state)
        self._server.show(self._room, shown)

    def facts(self) -> Mapping[str, str]:
        """Return what diagnostics say of the headset and its clock."""
        return self._room.facts() if hasattr(self, "_room") else {}

    def missing(self, head_heard: bool) -> str | None:
        """Return where the page is, while no headset has opened it."""
        if head_heard:
            return None
        return None if self._room.seated is not None else self._nobody()

    def why_unheard(self, slot: str) -> str:
        """Return whether the headset is there without the tracker."""
        if self._room.seated is None:
            return self._nobody()
        return f"the headset has no {slot}: switch the controller on, or let it see your hand"

    def _nobody(self) -> str:
        return f"no headset is in its page; open {self._server.url(self._room)}"

    def _withdraw(self) -> None:
        self._node.destroy_client(self._calibrating)
        if self._deadman is not None:
            self._node.destroy_publisher(self._deadman)
            self._deadman = None
        self._frames.clear()

    def _publish_deadman(self, held: bool) -> None:
        publisher = self._deadman
        if publisher is not None:
            publisher.publish(Bool(data=held))

    def _take(self, frame: TrackerFrame) -> None:
        """Queue a frame for the executor; on the server's thread."""
        self._frames.append(frame)
        if not self._scheduled:
            self._scheduled = self._later(self._work_off)

    def _work_off(self) -> None:
        self._scheduled = False
        while self._frames:
            frame = self._frames.popleft()
            used = {slot: pose for slot, pose in frame.poses.items() if slot in self._used}
            self._on_frame(replace(frame, poses=used), SOURCE)

    def _calibrate(self, answer: Answer) -> None:
        """Ask for a calibration; on the server's thread."""
        if not self._later(lambda: pass_on_calibration(self._calibrating, answer)):
            answer(False, "the node is not running yet")

    def _later(self, job: Callable[[], Any]) -> bool:
        """Let the node's executor do something; return whether it has one."""
        executor = self._node.executor
        if executor is None:
            return False
        executor.create_task(job)
        return True
