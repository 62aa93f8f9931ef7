# SPDX-License-Identifier: Apache-2.0
"""One person on the node: poses in, bodies out, independent of everybody else."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.lifecycle import LifecycleNode
from std_srvs.srv import Trigger

from kinest_ros.body.joints import HAND_SLOTS, SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.node.calibration_service import CalibrationService
from kinest_ros.node.diagnostics.absence import Absence
from kinest_ros.node.diagnostics.body_report import BodyReport
from kinest_ros.node.diagnostics.deadlines import Deadlines
from kinest_ros.node.diagnostics.health import Health
from kinest_ros.node.diagnostics.input_watch import InputWatch
from kinest_ros.node.diagnostics.plausibility import PlausibilityWatch
from kinest_ros.node.diagnostics.rejection_log import RejectionLog
from kinest_ros.node.diagnostics.throttle import Throttle
from kinest_ros.node.diagnostics.timing import Timing
from kinest_ros.node.inputs.backlog import Backlog
from kinest_ros.node.inputs.registry import create_input
from kinest_ros.node.inputs.worn_topic import WornTopic
from kinest_ros.node.outputs.advertise import Advertiser
from kinest_ros.node.outputs.outputs import Outputs
from kinest_ros.node.outputs.rep155_output import TrackedBodies
from kinest_ros.node.parameters.body_names import BodyNames
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.node.together import Alone, Answering
from kinest_ros.runtime.predictor import streaming_of
from kinest_ros.tracking.asking import Asking
from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.following import usable_steps
from kinest_ros.tracking.frame import TrackerFrame


class BodyStream:
    """From a person's tracker messages to that person's topics."""

    def __init__(
        self,
        node: LifecycleNode,
        names: BodyNames,
        parameters: NodeParameters,
        tracker: BodyTracker,
        advertiser: Advertiser,
        tracked: TrackedBodies | None,
        after_frame: Callable[[], None] = lambda: None,
        answering: Answering | None = None,
        soon: Callable[[Callable[[], None]], None] = lambda call: call(),
    ) -> None:
        """Advertise.

        Args:
            node: publishes and subscribes.
            names: of the topics and frames.
            parameters: of this body.
            tracker: of this body, warmed up.
            advertiser: makes the publishers, and is told elsewhere to take them down.
            tracked: is told of every body published, where REP-155 is asked for.
            after_frame: called when a frame has been worked on.
            answering: answers what the tracker asks of the network; None: its own predictor.
            soon: sees to it that something is called once what was received before is done.

        Raises:
            KinestError: the input or a quality of service cannot be had.
        """
        self._node, self._names, self._parameters = node, names, parameters
        self._tracker, self._tracked = tracker, tracked
        self._answering = answering or Alone(tracker.predictor)
        self._after_frame = after_frame
        self._listeners = getattr(node, "body_listeners", ())
        self._topic = node.resolve_topic_name(names.topic("body"))
        self._backlog = Backlog(parameters.max_backlog, soon, self._on_frame, self._on_left_out)
        self._input = create_input(
            parameters.input,
            node,
            parameters.inputs,
            self._backlog.take,
            self._on_input_warning,
            names.topic(""),
        )
        self._calibrating = CalibrationService(
            node, names, parameters, tracker, self._prepare, self._follow_skeleton
        )
        self._calibrating.settle = self._answering.settle
        self._worn = WornTopic(node, names.topic("worn"))
        self._absence = Absence(tracker)
        self._watch = InputWatch(parameters.settings.input_basis)
        self._plausibility = PlausibilityWatch()
        self._rejected = RejectionLog()
        self._throttle = Throttle()
        self._timing = Timing(parameters.restamp, lambda: node.get_clock().now().nanoseconds)
        self._deadlines = Deadlines()
        self._health = Health()
        self._exchanged = tracker.settings.swap_hands
        name = node.get_fully_qualified_name()
        self._report = BodyReport(
            name,
            names.label(name),
            tracker,
            parameters.input,
            self._input,
            self._worn,
            self._absence,
            self._plausibility,
            self._timing,
            lambda line: node.get_logger().warning(line),
        )
        self._outputs = Outputs(advertiser, parameters, names, tracker.skeleton)
        self._faults = 0
        self._recentrings = 0
        self._reset_service = node.create_service(Trigger, names.topic("reset"), self._on_reset)
        self._calibrating.advertise()

    @property
    def facts(self) -> dict[str, str]:
        """What the body is computed with, for logs and diagnostics."""
        predictor = streaming_of(self._tracker.predictor)
        return {
            "input": self._parameters.input,
            "device": predictor.device,
            "runtime": predictor.runtime.described,
            "weights": f"{predictor.model.weights_name} ({predictor.model.weights_hash})",
            "skeleton": self._tracker.skeleton.name,
            "calibration": self._calibrating.fact,
        }

    def start(self) -> None:
        """Listen to the trackers; the node's lifecycle publishers must be enabled.

        Raises:
            KinestError: a topic cannot be subscribed to.
        """
        self.reset()
        self._health = Health()
        self._report.restart()
        self._outputs.publish_description()
        self._worn.start()
        self._input.start()

    def stop(self) -> None:
        """Stop listening."""
        self._answering.settle()
        self._input.stop()
        self._backlog.clear()
        self._worn.stop()
        self._calibrating.remember_arms()
        self._calibrating.clear()
        self._health = Health()  # what nobody listens to is not lost

    def destroy(self) -> None:
        """Stop, and take the services off the network."""
        self.stop()
        self._node.destroy_service(self._reset_service)
        self._calibrating.destroy()

    def reset(self) -> None:
        """Forget what was received and published."""
        self._answering.settle()
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._tracker.reset()
        self._backlog.clear()
        self._calibrating.clear()
        self._follow_skeleton()
        self._watch.reset()
        self._timing.reset()
        self._deadlines.restart()
        self._plausibility.reset()
        self._outputs.reset()

    def statuses(self, active: bool = True) -> list[DiagnosticStatus]:
        """Return the body's diagnostics since the last call.

        Args:
            active: whether the input has been started.
        """
        facts = {
            "faults": self._faults,
            **self._deadlines.facts(),
            **self._backlog.facts(),
            **self._input.facts(),
            **self.facts,
        }
        return self._report.statuses(self._health.report(), facts, active)

    def _on_frame(self, frame: TrackerFrame, topic: str) -> None:
        # EventsExecutor fails on callbacks that ask for the message info, so "received" is now, and
        # the load tells when poses have waited in a queue before.
        received_ns = time.perf_counter_ns()
        self._answering.follow(self._work(frame, topic, received_ns), self._busy)
        self._after_frame()

    def _busy(self, seconds: float) -> None:
        self._health.busy(seconds)

    def _work(self, frame: TrackerFrame, topic: str, received_ns: int) -> Asking[None]:
        for slot in frame.poses:
            self._health.arrival(self._tracker.worn_slot(slot))
        self._timing.heard(self._tracker.as_worn(frame))
        try:
            yield from self._track(self._worn.mark(frame), topic, received_ns)
        except Exception:
            # A fault of ours must not take the node down, and with it the other bodies.
            self._faults += 1
            self._health.fault()
            line = self._throttle(
                "fault",
                f"{topic}: this body is reset after an internal error:\n{traceback.format_exc()}",
            )
            if line:
                self._node.get_logger().error(line)
            self._begin_anew()

    def _track(self, frame: TrackerFrame, topic: str, received_ns: int) -> Asking[None]:
        taken, bodies = yield from usable_steps(
            self._tracker,
            frame,
            lambda error: self._warn((topic, "pose"), f"{topic}: {error}"),
        )
        if frame.poses and not taken.poses:
            return
        worn = self._tracker.as_worn(taken)  # the wearer's own slots from here on
        worn = self._absence.let_in(worn)
        # As received: it finds out whose hand is whose.
        self._calibrating.sample(self._tracker.as_worn(worn))
        self._follow_skeleton()
        self._tell_of_recentring()
        for slot in worn.poses:
            self._health.sample(slot)
        warning = self._watch.check(worn, topic)
        if warning:
            self._warn((topic, "watch"), warning)
        for what, text in self._plausibility.check(worn, self._tracker.settings).items():
            self._warn((what, "plausibility"), f"{topic}: {text}")
        ticks = [body.stamp_ns for body in bodies]
        for tick, body in zip(ticks, map(self._timing.stamped, bodies), strict=True):
            # A tracker that the body does not follow is of the same time nevertheless.
            heard = body.tracker_state != TrackerState.LOST
            self._health.body(self._outputs.publish(body, received_ns), heard)
            self._deadlines.published(tick)
            self._input.show(body)
            for listen in self._listeners:
                listen(self._topic, body, self._parameters.world_frame or body.frame_id)
            if self._tracked is not None:
                self._tracked.saw(self._names.rep155_id)
        for rejection in self._rejected.look(self._tracker.rejections, len(bodies)):
            self._warn((rejection.slot, "out of reach"), str(rejection))

    def _prepare(self, skeleton: Skeleton) -> None:
        self._outputs.prepare(skeleton)

    def _follow_skeleton(self) -> None:
        """Describe the body anew where the wearer's size has become known."""
        skeleton = self._tracker.skeleton
        if skeleton is not self._outputs.skeleton:
            self._outputs.set_skeleton(skeleton)
            self._node.get_logger().info(f"skeleton: {skeleton.name}")
        self._watch.floor = self._tracker.settings.floor_height
        if self._tracker.settings.swap_hands != self._exchanged:
            self._exchanged = not self._exchanged
            self._health.exchange(*SLOTS[HAND_SLOTS])

    def _tell_of_recentring(self) -> None:
        stats = self._tracker.stats
        if stats.recentrings != self._recentrings:
            self._recentrings = stats.recentrings
            self._node.get_logger().warning(
                f"the trackers' origin jumped ({stats.last_recentring}): body and floor move with "
                "it; call ~/reset if the floor was wrong before and is right now"
            )

    def _on_input_warning(self, topic: str, text: str) -> None:
        self._warn((topic, "input"), f"{topic}: {text}")

    def _on_left_out(self, count: int, waited: float) -> None:
        self._warn(
            ("backlog", "input"),
            f"{self._topic}: {count} poses were left out that had waited for up to {waited:.1f} s: "
            "the node gets too little processor time (`load` in /diagnostics). Free a core, set "
            "realtime_priority, or max_backlog:=0.0 to use all poses, however late",
        )

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.reset()
        response.success, response.message = True, "state cleared; waiting for the next poses"
        return response

    def _warn(self, key: tuple[str, str], text: str) -> None:
        line = self._throttle(key, text)
        if line:
            self._node.get_logger().warning(line)
