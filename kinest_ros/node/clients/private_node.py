# SPDX-License-Identifier: Apache-2.0
"""A node of our own on the network for as long as something is measured."""

from __future__ import annotations

import time
from collections.abc import Callable

import rclpy
from rclpy.context import Context

from kinest_ros.errors import KinestError
from kinest_ros.node.log_folder import find_log_folder
from kinest_ros.node.spinning import best_executor

#: Longest wait for two sides to find each other, and what discovery may take beyond that, s.
_DISCOVERY, _TWO_SIDED = 30.0, 1.0


class PrivateNode:
    """Node, context and executor; apart from whatever else this process does with ROS."""

    def __init__(self, name: str) -> None:
        """Join the network."""
        self._context = Context()
        find_log_folder()
        rclpy.init(args=[], context=self._context)
        self.node = rclpy.create_node(name, context=self._context)
        self._executor = best_executor(self._context)
        self._executor.add_node(self.node)
        self.spin_once = self._executor.spin_once

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown()
        self.node.destroy_node()
        self._context.try_shutdown()

    def wait_until(self, found: Callable[[], bool], missing: str) -> None:
        """Wait until somebody is found, and hears and is heard.

        Raises:
            KinestError: with what is missing, after a while.
        """
        end = time.monotonic() + _DISCOVERY
        while not found():
            if time.monotonic() > end:
                raise KinestError(missing)
            self.spin_once(timeout_sec=0.05)

    def listen_until(self, due_ns: int) -> None:
        """Take what comes until a time of ``time.perf_counter_ns()``."""
        while (left := due_ns - time.perf_counter_ns()) > 0:
            self.spin_once(timeout_sec=left * 1e-9)

    def settle(self) -> None:
        """Let the other side find us too, which it may do later."""
        self.listen_until(time.perf_counter_ns() + round(_TWO_SIDED * 1e9))
