# SPDX-License-Identifier: Apache-2.0
"""The lifecycle node ``kinest``: tracker poses in, a whole body out."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable

from rcl_interfaces.msg import SetParametersResult
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter

from kinest_ros.errors import KinestError
from kinest_ros.node.parameters import BY_NAME, NodeParameters
from kinest_ros.node.pipeline import Pipeline
from kinest_ros.node.ros_parameters import declare_parameters, read_parameters

_Transition = Callable[["KinestNode", LifecycleState], TransitionCallbackReturn]


def _logged(transition: _Transition) -> _Transition:
    """Log what a transition raises and fail it; rclpy would swallow the exception unseen."""

    @functools.wraps(transition)
    def run(self: KinestNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(self, state)
        except KinestError as error:
            self.get_logger().error(str(error))
        except Exception:
            self.get_logger().error(f"{transition.__name__} failed:\n{traceback.format_exc()}")
        return TransitionCallbackReturn.FAILURE

    return run


class KinestNode(LifecycleNode):
    """Configure loads and warms up, activate starts, deactivate falls silent, cleanup lets go.

    Raises:
        KinestError: on construction, for an unknown or ill-valued parameter.
    """

    def __init__(self) -> None:
        super().__init__("kinest")
        self._pipeline: Pipeline | None = None
        declare_parameters(self)
        self.add_on_set_parameters_callback(self._on_set_parameters)

    def start(self) -> None:
        """Configure and activate.

        Raises:
            KinestError: naming the transition that failed; the cause is in the log.
        """
        for name, trigger in (
            ("configure", self.trigger_configure),
            ("activate", self.trigger_activate),
        ):
            if trigger() != TransitionCallbackReturn.SUCCESS:
                raise KinestError(f"autostart: could not {name} the node, see the line above")

    @_logged
    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the weights, warm up and advertise."""
        parameters = NodeParameters.from_values(read_parameters(self))
        self._pipeline = Pipeline(self, parameters)
        facts = ", ".join(f"{key} {value}" for key, value in self._pipeline.facts.items())
        self.get_logger().info(f"configured: {facts}")
        return super().on_configure(state)

    @_logged
    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Listen to the trackers and publish."""
        assert self._pipeline is not None  # the state machine allows no other order
        result = super().on_activate(state)
        self._pipeline.start()
        self.get_logger().info("active")
        return result

    @_logged
    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop listening and publishing."""
        if self._pipeline is not None:
            self._pipeline.stop()
        return super().on_deactivate(state)

    @_logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of the network and the topics."""
        self._release()
        return super().on_cleanup(state)

    @_logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from any state."""
        self._release()
        return super().on_shutdown(state)

    def _release(self) -> None:
        if self._pipeline is not None:
            self._pipeline.destroy()
            self._pipeline = None

    def _on_set_parameters(self, parameters: list[Parameter]) -> SetParametersResult:
        """Refuse changes that would not take effect: all are read at configure."""
        own = [parameter.name for parameter in parameters if parameter.name in BY_NAME]
        if own and self._pipeline is not None:
            return SetParametersResult(
                successful=False,
                reason=f"'{own[0]}' is read at configure: deactivate and clean up the node first",
            )
        return SetParametersResult(successful=True)
