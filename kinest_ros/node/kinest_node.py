# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node ``kinest``: tracker poses in, a whole body out."""

from __future__ import annotations

from collections.abc import Callable

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from kinest_ros.errors import KinestError
from kinest_ros.node.managed import ManagedNode, logged
from kinest_ros.node.parameters.body_parameters import parameters_of_bodies
from kinest_ros.node.parameters.checks import check_value
from kinest_ros.node.parameters.ros_parameters import (
    declare_parameters,
    read_parameters,
    spec_of,
    take_whole_numbers,
)
from kinest_ros.node.pipeline import Pipeline
from kinest_ros.node.realtime import hurry, settle
from kinest_ros.tracking.body_pose import BodyPose


class KinestNode(ManagedNode):
    """Configure loads and warms up, activate starts, deactivate falls silent, cleanup lets go.

    Raises:
        KinestError: on construction, for an unknown or ill-valued parameter.
    """

    def __init__(self) -> None:
        super().__init__("kinest")
        self._pipeline: Pipeline | None = None
        #: Called with topic, body and frame of each body, for nodes in the same process.
        self.body_listeners: list[Callable[[str, BodyPose, str], None]] = []
        declare_parameters(self)
        take_whole_numbers(self, lambda name: spec_of(self, name))
        self.add_on_set_parameters_callback(self._on_set_parameters)

    @logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the weights, warm up and advertise."""
        self._pipeline = Pipeline(self, parameters_of_bodies(*read_parameters(self)))
        facts = ", ".join(f"{key} {value}" for key, value in self._pipeline.facts.items())
        self.get_logger().info(f"configured: {facts}")
        return super().on_configure(state)

    @logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the trackers and publish."""
        assert self._pipeline is not None  # the state machine allows no other order
        result = super().on_activate(state)
        try:
            settle()
            priority = int(self.get_parameter("realtime_priority").value)
            for line in hurry(priority) if priority else ():
                self.get_logger().warning(line)
            self._pipeline.start()
        except BaseException:
            # A node that is not active publishes nothing.
            self._pipeline.stop()
            super().on_deactivate(state)
            raise
        self.get_logger().info("active")
        return result

    @logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening and publishing."""
        if self._pipeline is not None:
            self._pipeline.stop()
        return super().on_deactivate(state)

    def release(self) -> None:
        """Let go of the network and the topics."""
        if self._pipeline is not None:
            pipeline, self._pipeline = self._pipeline, None
            pipeline.destroy()

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse values that configure would refuse, and changes that would not take effect."""
        for parameter in parameters:
            spec = spec_of(self, parameter.name)
            if spec is None:  # of rclpy
                continue
            if self._pipeline is not None:
                return SetParametersResult(
                    successful=False,
                    reason=f"'{parameter.name}' is read at configure: deactivate and clean up the "
                    "node first",
                )
            try:
                check_value(spec, parameter.value, parameter.name)
            except KinestError as error:
                return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)
