# SPDX-License-Identifier: Apache-2.0
"""Passes a headset's wish for a calibration on to ~/calibrate, and the answer back."""

from __future__ import annotations

from typing import Any

from rclpy.client import Client
from std_srvs.srv import Trigger

from kinest_ros.web.room import Answer


def pass_on_calibration(client: Client, answer: Answer) -> None:
    """Call the service and pass on what it says; on the executor's thread.

    Args:
        client: of ~/calibrate.
        answer: takes what came of it, then or later.
    """
    if not client.service_is_ready():
        answer(False, f"there is no service {client.srv_name}: is the node active?")
        return

    def done(future: Any) -> None:
        response = future.result()
        if response is None:
            answer(False, f"{client.srv_name} did not answer")
        else:
            answer(bool(response.success), str(response.message))

    client.call_async(Trigger.Request()).add_done_callback(done)
