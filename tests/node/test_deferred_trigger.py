# SPDX-License-Identifier: Apache-2.0
"""A service answers later, and its node goes on with everything else meanwhile."""

import threading
from collections.abc import Callable

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.context import Context
from rclpy.executors import Executor, SingleThreadedExecutor
from std_srvs.srv import Trigger

from kinest_ros.node.background import Background
from kinest_ros.node.deferred_trigger import Answer, DeferredTrigger
from kinest_ros.node.spinning import best_executor

pytestmark = pytest.mark.ros


@pytest.mark.parametrize("kind", [best_executor, SingleThreadedExecutor])
def test_the_answer_comes_when_the_job_is_done(ros_domain: int, kind: Callable) -> None:
    context = Context()
    rclpy.init(context=context, domain_id=ros_domain)
    node = rclpy.create_node("deferring", context=context)
    asking = rclpy.create_node("asking", context=context)
    gate, background = threading.Event(), Background(node)

    def on_call(answer: Answer) -> None:
        if background.busy:
            answer(False, "busy")
        else:
            background.start(
                lambda: "done" if gate.wait(60.0) else "", lambda job: answer(True, job.result())
            )

    service = DeferredTrigger(node, "later", on_call)
    ticks: list[None] = []
    node.create_timer(0.02, lambda: ticks.append(None))
    executor: Executor = kind(context=context)
    executor.add_node(node)
    executor.add_node(asking)

    def spin_until(condition: Callable[[], bool]) -> None:
        for _ in range(2000):
            if condition():
                return
            executor.spin_once(timeout_sec=0.05)
        raise AssertionError("in vain")

    client = asking.create_client(Trigger, "later")
    spin_until(client.service_is_ready)
    first, second = (client.call_async(Trigger.Request()) for _ in range(2))
    spin_until(second.done)
    assert (second.result().success, second.result().message) == (False, "busy")
    before = len(ticks)
    spin_until(lambda: len(ticks) > before + 10)
    assert not first.done() and background.busy
    gate.set()
    spin_until(first.done)
    assert (first.result().success, first.result().message) == (True, "done")
    assert not background.busy
    service.destroy()
    executor.shutdown()
    for ended in (node, asking):
        ended.destroy_node()
    rclpy.shutdown(context=context)
