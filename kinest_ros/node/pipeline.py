# SPDX-License-Identifier: Apache-2.0
"""What runs between configure and cleanup: inputs, BodyTracker, publishers, diagnostics."""

from __future__ import annotations

import gc
import time
from dataclasses import replace

import numpy as np
import torch
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.clock import Clock, ClockType
from rclpy.lifecycle import LifecycleNode
from rclpy.timer import Timer
from std_srvs.srv import Trigger

from kinest_ros.body.joints import SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.node.diagnostics import diagnostic_array
from kinest_ros.node.health import Health
from kinest_ros.node.input_watch import InputWatch
from kinest_ros.node.inputs.registry import create_input
from kinest_ros.node.outputs import Outputs
from kinest_ros.node.parameters import NodeParameters
from kinest_ros.node.silence_watch import SilenceWatch
from kinest_ros.node.throttle import Throttle
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame, TrackerPose


class Pipeline:
    """Poses in, bodies out, on one node.

    Time comes from the poses' header stamps alone, so a bag played at any rate, simulated time
    and live use give the same bodies.
    """

    def __init__(self, node: LifecycleNode, parameters: NodeParameters) -> None:
        """Load the weights, warm up and advertise.

        Raises:
            KinestError: naming the file or parameter that cannot be used.
        """
        # One frame's matrices are small: waking a second thread costs more than it computes, many
        # times more on a busy machine.
        torch.set_num_threads(1)
        self._node = node
        self._parameters = parameters
        self._input = create_input(
            parameters.input, node, parameters.inputs, self._on_frame, self._on_input_warning
        )
        self._tracker = BodyTracker.build(
            weights=parameters.weights,
            device=parameters.device,
            runtime=parameters.runtime,
            stature=parameters.stature,
            skeleton_file=parameters.skeleton or None,
            settings=parameters.settings,
        )
        self._warm_up()
        self._watch = InputWatch(parameters.settings.input_basis)
        self._throttle = Throttle()
        self._health = Health(parameters.trackers)
        self._outputs = Outputs(node, parameters, self._tracker.skeleton)
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._reset_service = node.create_service(Trigger, "~/reset", self._on_reset)
        self._timer: Timer | None = None

    @property
    def facts(self) -> dict[str, str]:
        """What the body is computed with, for logs and diagnostics."""
        predictor = self._tracker.predictor
        return {
            "input": self._parameters.input,
            "device": predictor.device,
            "runtime": predictor.runtime.described,
            "weights": f"{predictor.model.weights_name} ({predictor.model.weights_hash})",
            "skeleton": self._tracker.skeleton.name,
        }

    def start(self) -> None:
        """Listen to the trackers; the node's lifecycle publishers must be enabled."""
        parameters = self._parameters
        self._reset()
        self._health = Health(parameters.trackers)
        self._silence = SilenceWatch(self._input.missing)
        self._outputs.publish_description()
        try:
            self._input.start()
        except KinestError:
            self._input.stop()
            raise
        # The steady clock keeps diagnostics coming when simulated time stands still.
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self._node.create_timer(1.0, self._publish_diagnostics, clock=steady)

    def stop(self) -> None:
        """Stop listening."""
        self._input.stop()
        if self._timer is not None:
            self._node.destroy_timer(self._timer)
            self._timer = None

    def destroy(self) -> None:
        """Take everything off the network."""
        self.stop()
        self._outputs.destroy(self._node)
        self._node.destroy_publisher(self._diagnostics)
        self._node.destroy_service(self._reset_service)
        gc.unfreeze()

    def _warm_up(self) -> None:
        """Run half a second of an invented head, so the first real frame is not the slow one."""
        head = TrackerPose(np.array((0.0, 0.0, 1.6)), np.array((0.0, 0.0, 0.0, 1.0)))
        tracker = BodyTracker(
            self._tracker.predictor, self._tracker.skeleton, self._tracker.settings
        )
        for tick in range(1, 32):
            tracker.push(TrackerFrame(tick * 1_000_000_000 // 60, {"head": head}))
        # What is alive now lives as long as the node: collections need not walk it each time.
        gc.collect()
        gc.freeze()

    def _on_frame(self, frame: TrackerFrame, topic: str) -> None:
        # EventsExecutor fails on callbacks that ask for the message info, so "received" is now, and
        # the load tells when poses have waited in a queue before.
        received_ns = time.perf_counter_ns()
        try:
            bodies = self._tracker.push(frame)
        except BadTrackerPose as error:
            self._warn((topic, "pose"), f"{topic}: {error}")
            rest = {slot: pose for slot, pose in frame.poses.items() if slot != error.slot}
            if rest:  # one bad pose must not cost the others of its message
                self._on_frame(replace(frame, poses=rest), topic)
            return
        for slot in frame.poses:
            self._health.sample(slot)
        warning = self._watch.check(frame, topic)
        if warning:
            self._warn((topic, "watch"), warning)
        for body in bodies:
            self._health.body(self._outputs.publish(body, received_ns))
        self._health.busy((time.perf_counter_ns() - received_ns) * 1e-9)

    def _on_input_warning(self, topic: str, text: str) -> None:
        self._warn((topic, "input"), f"{topic}: {text}")

    def _on_reset(self, request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._reset()
        response.success, response.message = True, "state cleared; waiting for the next poses"
        return response

    def _reset(self) -> None:
        self._tracker.reset()
        self._watch.reset()
        self._outputs.reset()

    def _warn(self, key: tuple[str, str], text: str) -> None:
        line = self._throttle(key, text)
        if line:
            self._node.get_logger().warning(line)

    def _publish_diagnostics(self) -> None:
        report = self._health.report()
        silence = self._silence.look(report.trackers["head"].age)
        if silence:
            self._node.get_logger().warning(f"input {self._parameters.input}: {silence}")
        body_id = self._parameters.body_id
        message = diagnostic_array(
            f"{self._node.get_name()} {body_id}".strip(),
            report,
            self._tracker.stats,
            {slot: self._parameters.settings.timeout_of(slot) for slot in SLOTS},
            self.facts,
        )
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._diagnostics.publish(message)
