# SPDX-License-Identifier: Apache-2.0
"""A ROS context that ends at SIGINT or SIGTERM, between callbacks and not within one."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import rclpy
from rclpy.context import Context
from rclpy.executors import Executor, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from kinest_ros.errors import KinestError
from kinest_ros.node.log_folder import find_log_folder
from kinest_ros.node.signals import until_signal


@contextmanager
def ros_until_signal(args: list[str] | None = None) -> Iterator[threading.Event]:
    """Initialise ROS; yield an event that a signal sets; shut ROS down.

    Raises:
        KinestError: ROS refused its arguments, a file named there or its environment.
    """
    with until_signal() as stop, running_ros(args):
        yield stop


@contextmanager
def running_ros(args: list[str] | None = None) -> Iterator[None]:
    """Initialise ROS and shut it down, with no signal handlers of its own.

    rclpy's handlers raise KeyboardInterrupt in the middle of a callback and take the context away
    under it; see :mod:`kinest_ros.node.signals` for ours.

    Raises:
        KinestError: ROS refused its arguments, a file named there or its environment.
    """
    find_log_folder()
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except RuntimeError as error:  # of a private module of rclpy, and by name not the same in all
        raise KinestError(
            f"ROS 2 did not start: {_reason(error)}. Correct what follows --ros-args, the file "
            "named there, or the ROS_... variable of the environment"
        ) from None
    try:
        yield
    finally:
        rclpy.try_shutdown()


def spin(node: Node, stop: threading.Event, *others: Node) -> None:
    """Run the nodes' callbacks until the event is set or the context is shut down."""
    executor = best_executor()
    for each in (node, *others):
        executor.add_node(each)
    # EventsExecutor.spin() does not return on shutdown, so we look ourselves.
    while rclpy.ok() and not stop.is_set():
        executor.spin_once(timeout_sec=0.1)
    executor.shutdown()


def best_executor(context: Context | None = None) -> Executor:
    """Return an EventsExecutor where rclpy has it: it costs a fraction per message."""
    try:
        from rclpy.experimental import EventsExecutor
    except ImportError:
        return SingleThreadedExecutor(context=context)
    return EventsExecutor(context=context)


def _reason(error: Exception) -> str:
    """Return what rcl says, in one line and without the places in its sources."""
    text = re.sub(r", at \S+:\d+", "", str(error)).removeprefix("failed to initialize rcl: ")
    text = " ".join(text.split()).rstrip(".")
    if "Sequence should be of same type" in text:
        text += ". In a list of decimal numbers give each its point: [0.0, 0.1, 0.0]"
    return text
