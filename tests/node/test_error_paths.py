# SPDX-License-Identifier: Apache-2.0
"""Transitions that raise: logged with the traceback, nothing left on the network, configurable."""

from collections.abc import Iterator
from typing import ClassVar

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

import rclpy
from rclpy.lifecycle import TransitionCallbackReturn

from kinest_ros.errors import KinestError
from kinest_ros.node import kinest_node
from kinest_ros.node.kinest_node import KinestNode

pytestmark = pytest.mark.ros


class _Pipeline:
    """Stands where the real one would; raises where it is told to."""

    raising: ClassVar[dict[str, Exception]] = {}
    calls: ClassVar[list[str]] = []
    facts: ClassVar[dict[str, str]] = {}

    def __init__(self, *_: object) -> None:
        self._do("create")

    def start(self) -> None:
        self._do("start")

    def stop(self) -> None:
        self._do("stop")

    def destroy(self) -> None:
        self._do("destroy")

    def _do(self, name: str) -> None:
        self.calls.append(name)
        if name in self.raising:
            raise self.raising[name]


@pytest.fixture
def node(ros_domain: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[KinestNode]:
    monkeypatch.setattr(kinest_node, "Pipeline", _Pipeline)
    monkeypatch.setattr(_Pipeline, "raising", {})
    monkeypatch.setattr(_Pipeline, "calls", [])
    rclpy.init(domain_id=ros_domain)
    node = KinestNode()
    yield node
    node.destroy_node()
    rclpy.shutdown()


def state(node: KinestNode) -> str:
    return node._state_machine.current_state[1]


@pytest.mark.parametrize(
    ("where", "error", "ends", "result"),
    [
        ("create", KinestError("no file"), "unconfigured", TransitionCallbackReturn.FAILURE),
        ("create", ValueError("bug"), "unconfigured", TransitionCallbackReturn.ERROR),
        ("start", KinestError("no topic"), "inactive", TransitionCallbackReturn.FAILURE),
        ("start", ValueError("bug"), "unconfigured", TransitionCallbackReturn.ERROR),
        ("stop", ValueError("bug"), "unconfigured", TransitionCallbackReturn.ERROR),
    ],
)
def test_a_failed_transition_ends_in_a_state_to_go_on_from(
    node: KinestNode,
    capfd: pytest.CaptureFixture[str],
    where: str,
    error: Exception,
    ends: str,
    result: TransitionCallbackReturn,
) -> None:
    _Pipeline.raising[where] = error
    steps = [node.trigger_configure]
    if where != "create":
        steps.append(node.trigger_activate)
    if where == "stop":
        steps.append(node.trigger_deactivate)
    results = [step() for step in steps]
    assert results[-1] == result
    assert state(node) == ends
    assert ("destroy" in _Pipeline.calls) == (where != "create" and ends == "unconfigured")
    logged = capfd.readouterr().err
    assert str(error) in logged
    assert ("Traceback" in logged) == isinstance(error, ValueError)
    _Pipeline.raising.clear()
    if ends == "unconfigured":
        assert node.trigger_configure() == TransitionCallbackReturn.SUCCESS
    assert node.trigger_activate() == TransitionCallbackReturn.SUCCESS
    assert state(node) == "active"
