# SPDX-License-Identifier: Apache-2.0
"""What the package's lifecycle nodes have in common: transitions that say how they end."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import TypeVar, cast

from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from kinest_ros.errors import KinestError

_Transition = TypeVar("_Transition", bound=Callable[..., TransitionCallbackReturn])


def logged(transition: _Transition) -> _Transition:
    """Log what a transition raises, which rclpy would swallow unseen, and say how it ended.

    A user's error (a file that is not there) fails the transition, and the node stays where it
    was. Anything else is an error: the node then lets go of everything, see ``on_error``.
    """

    @functools.wraps(transition)
    def run(self: ManagedNode, state: LifecycleState) -> TransitionCallbackReturn:
        try:
            return transition(self, state)
        except KinestError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        except Exception:
            self.get_logger().error(f"{transition.__name__} failed:\n{traceback.format_exc()}")
            return TransitionCallbackReturn.ERROR

    return cast(_Transition, run)


class ManagedNode(LifecycleNode):
    """A lifecycle node that lets go of everything when it is cleaned up, fails or shuts down."""

    def release(self) -> None:
        """Let go of what configure made, if it made anything."""
        raise NotImplementedError

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

    def start_if_asked(self) -> None:
        """Configure and activate with `autostart`; without, say that somebody else has to.

        Raises:
            KinestError: as `start`.
        """
        if self.get_parameter("autostart").value:
            self.start()
            return
        name = self.get_fully_qualified_name()
        self.get_logger().info(
            f"waits to be configured and activated: ros2 lifecycle set {name} configure, then "
            "activate; with -p autostart:=true it does so by itself"
        )

    @logged
    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything."""
        self.release()
        return super().on_cleanup(state)

    @logged
    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Let go of everything after a transition that raised: back to unconfigured."""
        self.release()
        self.get_logger().warning("back to unconfigured after the error above; configure again")
        return super().on_error(state)

    @logged
    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything, from any state."""
        self.release()
        return super().on_shutdown(state)

    def destroy_node(self) -> None:
        """Let go of everything, as a cleanup does: nobody asks for one before Ctrl-C."""
        self.release()
        super().destroy_node()
