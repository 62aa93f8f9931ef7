# SPDX-License-Identifier: Apache-2.0
"""Calls ~/calibrate of a running node."""

from __future__ import annotations

import rclpy
from rclpy.client import Client
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger

from kinest_ros.errors import KinestError
from kinest_ros.node.log_folder import find_log_folder
from kinest_ros.node.topic_names import check_topic


def call_calibrate(service: str, timeout: float) -> tuple[bool, str]:
    """Call the service and return whether it succeeded, and what it said.

    Args:
        service: its name.
        timeout: s, to find the service and again to hear the answer.

    Raises:
        KinestError: no such service, no answer, or a name that cannot be.
    """
    check_topic(service, "the service to call")
    context = rclpy.Context()
    find_log_folder()
    rclpy.init(args=[], context=context)
    try:
        node = rclpy.create_node("kinest_calibrate", context=context)
        client: Client = node.create_client(Trigger, service)
        if not client.wait_for_service(timeout_sec=timeout):
            raise KinestError(
                f"no service {service} within {timeout:g} s: is the node configured, under that "
                "name, in the same ROS_DOMAIN_ID?"
            )
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        future = client.call_async(Trigger.Request())
        executor.spin_until_future_complete(future, timeout_sec=timeout)
        answer = future.result() if future.done() else None
        executor.shutdown()
        node.destroy_node()
    finally:
        context.try_shutdown()
    if answer is None:
        raise KinestError(f"{service} did not answer within {timeout:g} s")
    return bool(answer.success), str(answer.message)
