# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node ``kinest_retarget``."""

from __future__ import annotations

from typing import Any

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import String

from kinest_ros.errors import KinestError
from kinest_ros.node.managed import ManagedNode, logged
from kinest_ros.node.outputs.advertise import LATCHED
from kinest_ros.node.parameters.ros_parameters import declare, take_whole_numbers
from kinest_ros.node.retarget.parameters import (
    BY_NAME,
    PARAMETERS,
    RetargetParameters,
    check_names,
)
from kinest_ros.node.retarget.stream import RetargetStream
from kinest_ros.tracking.body_pose import BodyPose


class RetargetNode(ManagedNode):
    """Configure loads the robot, activate follows bodies, deactivate falls silent.

    Raises:
        KinestError: on construction, for an unknown or ill-valued parameter.
    """

    def __init__(self, composed: bool = False, **options: Any) -> None:
        """Declare the parameters.

        Args:
            composed: bodies come by `on_body_pose`, from a node of this process.
            options: of rclpy's node.
        """
        super().__init__("kinest_retarget", **options)
        self._composed = composed
        self._stream: RetargetStream | None = None
        self._description: str | None = None
        self._waiting: Any = None
        check_names(getattr(self, "_parameter_overrides", {}))
        for spec in PARAMETERS:
            declare(self, spec.name, spec, spec.default)
        take_whole_numbers(self, BY_NAME.get)
        RetargetParameters.chosen(self._values())
        self.add_on_set_parameters_callback(self._on_set_parameters)

    def start(self) -> None:
        """Configure and activate, once the robot's description has come where it is to come.

        Raises:
            KinestError: naming the transition that failed; the cause is in the log.
        """
        if self._values()["robot"] == "topic" and self._description is None:
            topic = self._values()["description_topic"]
            self.get_logger().info(f"waiting for the robot's description on {topic}")
            self._waiting = self.create_subscription(String, topic, self._on_description, LATCHED)
            return
        super().start()

    def on_body_pose(self, topic: str, body: BodyPose, frame_id: str) -> None:
        """Take a body of a node in this process, if it is the one that we follow."""
        if self._stream is not None and topic == self._stream.body_topic:
            self._stream.on_body_pose(body, frame_id)

    def _on_description(self, message: String) -> None:
        if self._description is not None:
            return
        self._description = message.data
        try:
            self.start()
        except KinestError as error:
            self._description = None
            topic = self._values()["description_topic"]
            self.get_logger().error(f"{error}; waiting for another description on {topic}")

    def _values(self) -> dict[str, Any]:
        return {spec.name: self.get_parameter(spec.name).value for spec in PARAMETERS}

    @logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the robot and advertise."""
        parameters = RetargetParameters.chosen(self._values())
        if parameters.values["robot"] == "topic" and self._description is None:
            raise KinestError(
                f"no robot description has come on {parameters.values['description_topic']} yet"
            )
        description = self._description if parameters.values["robot"] == "topic" else None
        self._stream = RetargetStream(self, parameters, description)
        robot = self._stream.robot
        self.get_logger().info(f"configured: {robot.name}, {len(robot.names)} joints")
        for note in robot.notes:
            self.get_logger().info(note)
        return super().on_configure(state)

    @logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Follow bodies."""
        assert self._stream is not None  # the state machine allows no other order
        result = super().on_activate(state)
        self._stream.start(listen=not self._composed)
        self.get_logger().info("active")
        return result

    @logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent."""
        if self._stream is not None:
            self._stream.stop()
        return super().on_deactivate(state)

    def release(self) -> None:
        """Let go of the robot and the topics."""
        if self._stream is not None:
            stream, self._stream = self._stream, None
            stream.destroy()

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse what configure would refuse, and changes that would not take effect."""
        changed = {p.name: p.value for p in parameters if p.name in BY_NAME}
        if changed and self._stream is not None:
            return SetParametersResult(
                successful=False,
                reason=f"'{next(iter(changed))}' is read at configure: deactivate and clean up "
                "the node first",
            )
        try:
            RetargetParameters.chosen({**self._values(), **changed})
        except KinestError as error:
            return SetParametersResult(successful=False, reason=str(error))
        return SetParametersResult(successful=True)
