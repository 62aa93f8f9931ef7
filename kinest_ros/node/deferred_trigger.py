# SPDX-License-Identifier: Apache-2.0
"""A Trigger service whose answer may come later, while the executor goes on with the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.service import Service
from std_srvs.srv import Trigger

#: Sends the answer of one call: whether it succeeded, and the text.
Answer = Callable[[bool, str], None]


class DeferredTrigger:
    """Offers the service and hands on calls with what answers them.

    rclpy awaits a coroutine by running it again and again until it is done, which takes a core
    (EventsExecutor) or keeps timers from their turn (SingleThreadedExecutor). So the callback
    returns at once, and only what it returns is held back.
    """

    def __init__(self, node: Node, name: str, on_call: Callable[[Answer], None]) -> None:
        """Advertise.

        Args:
            node: whose service it is.
            name: of the service.
            on_call: called with each call's `Answer`, to be used once, then or later, on the
                executor's thread.
        """
        self._node, self._on_call = node, on_call
        self._service: Service = node.create_service(
            Trigger, name, lambda request, response: response
        )
        self._send = self._service.send_response
        # Every executor passes a callback's response to this, with the header it is to go to.
        self._service.send_response = self._hold_back  # type: ignore[method-assign]

    def destroy(self) -> None:
        """Take the service off the network; who still waits gets no answer."""
        self._node.destroy_service(self._service)

    def _hold_back(self, response: Trigger.Response, header: Any) -> None:
        def answer(success: bool, text: str) -> None:
            response.success, response.message = success, text
            try:
                self._send(response, header)
            except Exception as error:  # of a private module of rclpy: who asked has gone
                self._node.get_logger().warning(f"{self._service.srv_name}: no answer: {error}")

        self._on_call(answer)
