# SPDX-License-Identifier: Apache-2.0
"""From bodies to published samples on one node, between configure and cleanup."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from kinest_ros.errors import KinestError
from kinest_ros.msg import FullBodyState
from kinest_ros.node.diagnostics.throttle import Throttle
from kinest_ros.node.inputs.silence import explain_silence
from kinest_ros.node.namesakes import Namesakes
from kinest_ros.node.outputs.advertise import Advertiser
from kinest_ros.node.retarget.health import RetargetHealth
from kinest_ros.node.retarget.outputs import RobotOutputs
from kinest_ros.node.retarget.parameters import RetargetParameters
from kinest_ros.retarget.live.live import LiveRetargeter
from kinest_ros.retarget.live.sample import Sample
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.streams.streams import open_streams
from kinest_ros.retarget.targets.human import Human
from kinest_ros.tracking.body_pose import BodyPose

#: What is queued of bodies: a robot wants the newest and not a queue of old ones.
_NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
#: s without a body until the log says why, and between two such lines.
_PATIENCE, _PERIOD = 5, 30


class RetargetStream:
    """Bodies in, samples out."""

    def __init__(
        self, node: LifecycleNode, parameters: RetargetParameters, description: str | None
    ) -> None:
        """Load the robot, warm up and advertise.

        Args:
            node: publishes and subscribes.
            parameters: what was chosen.
            description: of the robot, where it came on a topic.

        Raises:
            KinestError: naming the file or parameter that cannot be used.
        """
        self._node, self._parameters = node, parameters
        values = parameters.values
        robot = Robot.load(description or values["robot"], values["override"] or None)
        retargeter = Retargeter(robot, parameters.settings)
        self._live = LiveRetargeter(retargeter, parameters.live)
        self.robot = robot
        self._advertiser = Advertiser(node)
        self._health, self._throttle = RetargetHealth(), Throttle()
        self._namesakes = Namesakes(node, node.get_logger().warning)
        self._bodies: Any = None
        self._silent = 0
        self._frame = values["world_frame"]
        self.body_topic = values["body_topic"]
        self._subscriptions: list[Any] = []
        self._services: list[Any] = []
        self._timers: list[Any] = []
        self._streams: list[Any] = []
        self._active = False
        try:
            self._streams = open_streams(
                robot, values["zmq"], values["zmq_version"], values["redis"], values["redis_robot"]
            )
            self._outputs = RobotOutputs(
                self._advertiser,
                robot,
                parameters.controllers,
                values["trajectory_time"],
                values["frame_prefix"],
                values["publish_tf"],
            )
            self._diagnostics = self._advertiser.advertise_always(
                DiagnosticArray, "/diagnostics", 10
            )
            self._services = [
                self._service("~/align", self._live.align, "the next body stands where the robot"),
                self._service("~/pause", self._live.pause, "paused"),
                self._service("~/resume", self._live.resume, "blending in"),
            ]
            # The steady clock goes on while simulated time or the bodies stand still.
            clock = Clock(clock_type=ClockType.STEADY_TIME)
            self._timers = [
                node.create_timer(0.5 / parameters.live.rate, self._on_clock, clock=clock),
                node.create_timer(1.0, self._on_second, clock=clock),
            ]
        except BaseException:
            self.destroy()
            raise

    def start(self, listen: bool) -> None:
        """Publish the description and listen; the lifecycle publishers must be enabled.

        Args:
            listen: for bodies on their topic; else they come by `on_body_pose`.
        """
        self._live.reset()
        self._outputs.publish_description()
        subscribe, values = self._node.create_subscription, self._parameters.values
        self._subscriptions = [subscribe(Bool, "~/enable", self._on_enable, 10)]
        if listen:
            topic = values["body_topic"]
            self._bodies = subscribe(FullBodyState, topic, self._on_message, _NEWEST)
            self._subscriptions.append(self._bodies)
        if values["state_topic"]:
            self._subscriptions.append(
                subscribe(JointState, values["state_topic"], self._on_state, _NEWEST)
            )
        self._active = True

    def stop(self) -> None:
        """Stop listening; diagnostics go on, and say so."""
        self._active, self._bodies, self._silent = False, None, 0
        while self._subscriptions:
            self._node.destroy_subscription(self._subscriptions.pop())

    def destroy(self) -> None:
        """Take everything off the network."""
        self.stop()
        while self._timers:
            self._node.destroy_timer(self._timers.pop())
        while self._services:
            self._node.destroy_service(self._services.pop())
        while self._streams:
            self._streams.pop().close()
        self._advertiser.withdraw()

    # What comes ---------------------------------------------------------------------------------

    def on_body_pose(self, body: BodyPose, frame_id: str) -> None:
        """Take a body of this process."""
        if self._active:
            self._follow(Human.from_body(body), body.stamp_ns, frame_id)

    def _on_message(self, message: FullBodyState) -> None:
        rotations = np.array([(q.x, q.y, q.z, q.w) for q in message.local_rotations])
        positions = np.array([(p.x, p.y, p.z) for p in message.positions])
        contacts = np.array(message.contacts, float)
        lengths = np.sqrt((rotations * rotations).sum(axis=1, keepdims=True))
        if not (np.isfinite(rotations).all() and (np.abs(lengths - 1.0) < 0.05).all()):
            self._refuse("its rotations are not unit quaternions")
            return
        stamp = message.header.stamp
        stamp_ns = stamp.sec * 1_000_000_000 + stamp.nanosec
        human = Human.from_local(rotations / lengths, positions, contacts)
        self._follow(human, stamp_ns, message.header.frame_id)

    def _follow(self, human: Human, stamp_ns: int, frame_id: str) -> None:
        try:
            sample = self._live.on_body(human, stamp_ns, time.monotonic())
        except KinestError as error:
            self._refuse(str(error))
            return
        except Exception:
            # A fault of ours must not take the node down: the output holds, and starts anew.
            self._health.faults += 1
            line = self._throttle("fault", traceback.format_exc())
            if line:
                self._node.get_logger().error(line)
            self._live.retargeter.reset()
            return
        if not self._parameters.values["world_frame"]:
            self._frame = frame_id or "world"
        if self._live.reference is not None:
            self._health.pose(self._live.reference)
        self._send(sample, human)

    def _refuse(self, reason: str) -> None:
        self._health.refused += 1
        line = self._throttle("refused", f"{self._parameters.values['body_topic']}: {reason}")
        if line:
            self._node.get_logger().warning(line)

    def _on_enable(self, message: Bool) -> None:
        self._live.on_enable(bool(message.data), time.monotonic())

    def _on_state(self, message: JointState) -> None:
        known = self._live.on_joint_states(message.name, message.position, time.monotonic())
        if not known:
            line = self._throttle(
                "state",
                f"{self._parameters.values['state_topic']}: does not have all joints of "
                f"{self.robot.name}; output would begin at the reference",
            )
            if line:
                self._node.get_logger().warning(line)

    def _on_clock(self) -> None:
        if self._active:
            self._send(self._live.on_clock(time.monotonic()), None)

    # What goes ----------------------------------------------------------------------------------

    def _send(self, sample: Sample | None, human: Human | None) -> None:
        if sample is None:
            return
        self._outputs.publish(sample, self._frame or "world")
        self._health.sample()
        for stream in self._streams:
            try:
                stream.send(sample, human)
            except Exception as error:  # of whatever library and network
                line = self._throttle(type(stream).__name__, f"{type(stream).__name__}: {error}")
                if line:
                    self._node.get_logger().warning(line)

    def _on_second(self) -> None:
        if not self._timers:
            return  # destroyed after it was due: the executor calls it all the same
        now = time.monotonic()
        name = self._node.get_fully_qualified_name()
        facts = {"robot": self.robot.name, "mode": self._live.retargeter.settings.mode}
        age = self._live.body_age(now)
        status = self._health.status(name, self._live.phase(now), age, self._active, facts)
        if why := self._why_silent(age):
            status.message += f": {why}"
        message = DiagnosticArray(status=[status, *self._namesakes.statuses()])
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(message)

    def _why_silent(self, age: float) -> str | None:
        """Return why no body comes, and log it now and then; None where the graph looks right.

        A kinest node that falls silent on purpose still publishes, as the graph sees it.
        """
        self._silent = self._silent + 1 if self._bodies is not None and age > 1.0 else 0
        if self._silent < _PATIENCE:
            return None
        why = explain_silence(self._node, self._bodies.topic_name, FullBodyState)
        if why and (self._silent - _PATIENCE) % _PERIOD == 0:
            self._node.get_logger().warning(f"no bodies: {why}")
        return why

    def _service(self, name: str, act: Callable[[], None], text: str) -> Any:
        def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            act()
            response.success, response.message = True, text
            return response

        return self._node.create_service(Trigger, name, answer)
