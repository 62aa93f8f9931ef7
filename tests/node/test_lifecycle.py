# SPDX-License-Identifier: Apache-2.0
"""Transitions over the lifecycle services, refused starts and clean exits."""

import signal
import time
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from diagnostic_msgs.msg import DiagnosticStatus
from lifecycle_msgs.msg import State, Transition
from rcl_interfaces.srv import DescribeParameters

from kinest_ros.node.parameters.table import PARAMETERS
from tests.node.live import QUEUE, Client, NodeProcess, wait_for
from tests.node.managing import change, set_parameter, state
from tests.node.performances import START_NS, sway
from tests.node.readings import link_poses

pytestmark = pytest.mark.ros


@pytest.fixture(scope="module")
def managed(ros_domain: int) -> Iterator[NodeProcess]:
    """A node that waits for its manager."""
    with NodeProcess(
        "body_id:=bob",
        "world_frame:=room",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "max_backlog:=0.0",
    ) as process:
        yield process


def test_it_says_what_it_waits_for(managed: NodeProcess) -> None:
    managed.wait_for_log("waits to be configured and activated: ros2 lifecycle set /kinest conf")


def test_parameters_are_described(managed: NodeProcess, client: Client) -> None:
    names = [spec.name for spec in PARAMETERS]
    response = client.call(
        DescribeParameters, "/kinest/describe_parameters", DescribeParameters.Request(names=names)
    )
    for spec, description in zip(PARAMETERS, response.descriptors, strict=True):
        assert description.description == spec.description
        ranges = len(description.floating_point_range) + len(description.integer_range)
        assert ranges == (spec.minimum is not None)
        limited = spec.choices or spec.constraint
        assert bool(description.additional_constraints) == bool(limited)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("stature", "tall", "Wrong parameter type"),
        ("stature", 17.5, "range"),
        ("device", "gpu", "auto, cpu, cuda"),
        ("trackers", ["head", "nose"], "'nose'"),
        ("mount.head.xyz", [0.0, 0.1], "three"),
        ("body_id", "7up", "begin with a letter"),
        ("statur", 1.7, "undeclared"),
    ],
)
def test_values_that_cannot_be_are_refused_with_the_reason(
    managed: NodeProcess, client: Client, name: str, value: object, reason: str
) -> None:
    result = set_parameter(client, name, value)
    assert not result.successful
    assert reason in result.reason


def diagnosed(client: Client) -> str:
    """What the next diagnostics say of the body; they must be of it alone."""
    client.diagnostics.clear()
    wait_for(lambda: bool(client.diagnostics), 10.0)
    (status,) = client.diagnostics[-1].status
    assert status.level == DiagnosticStatus.WARN
    return status.message


def test_life_of_a_node(managed: NodeProcess, client: Client) -> None:
    assert state(client) == State.PRIMARY_STATE_UNCONFIGURED

    # A configure that fails says why, and a second one may succeed.
    assert set_parameter(client, "weights", "no/such/file.safetensors").successful
    assert not change(client, Transition.TRANSITION_CONFIGURE)
    assert state(client) == State.PRIMARY_STATE_UNCONFIGURED
    managed.wait_for_log("no/such/file.safetensors")
    assert set_parameter(client, "weights", "default").successful
    assert change(client, Transition.TRANSITION_CONFIGURE)
    assert state(client) == State.PRIMARY_STATE_INACTIVE

    refusal = set_parameter(client, "device", "cpu")
    assert not refusal.successful
    assert "'device'" in refusal.reason and "clean up" in refusal.reason
    advice = "inactive: activate the node (ros2 lifecycle set /kinest activate)"
    assert diagnosed(client) == advice

    for round_ in range(2):  # a cleaned-up node can be brought back
        assert change(client, Transition.TRANSITION_ACTIVATE)
        assert state(client) == State.PRIMARY_STATE_ACTIVE
        client.wait_matched()
        client.clear()
        client.feed(sway(1.0, start_ns=START_NS + round_ * 60_000_000_000))
        assert len(client.bodies) >= 59
        assert client.bodies[-1].header.frame_id == "room"
        assert np.isfinite(link_poses(client.transforms[-1], "room", "bob/")).all()

        assert change(client, Transition.TRANSITION_DEACTIVATE)
        client.settle()
        client.clear()
        client.wait_unmatched()
        client.feed(sway(0.5, start_ns=START_NS + 30_000_000_000))
        assert not client.bodies and not client.transforms and not client.joint_states
        assert diagnosed(client) == advice  # and no tracker is called lost
        assert change(client, Transition.TRANSITION_CLEANUP)
        assert state(client) == State.PRIMARY_STATE_UNCONFIGURED
        client.settle()
        client.clear()
        time.sleep(1.5)
        assert not client.diagnostics
        assert change(client, Transition.TRANSITION_CONFIGURE)

    assert change(client, Transition.TRANSITION_INACTIVE_SHUTDOWN)
    assert state(client) == State.PRIMARY_STATE_FINALIZED
    assert managed.stop(signal.SIGTERM) == 0


REFUSED = {
    "weights:=/no/such/file.safetensors": ("/no/such/file.safetensors",),
    "statur:=1.8": ("'statur'", "'stature'"),
    "stature:=17.5": ("'stature'", "2.5"),
    "stature:=tall": ("'stature'", "decimal"),
    "input_basis:=steamvr": ("'input_basis'", "openxr"),
    "qos_overrides./kinest/head/pose.subscription.reliability:=perhaps": ("perhaps", "best_effort"),
    "calibration:=/no/such.yaml": ("parameter 'calibration': ", "/no/such.yaml"),
    "skeleton:=/no/such/skeleton.npz": ("/no/such/skeleton.npz",),
}


def test_refused_starts_name_the_cause_and_exit_nonzero(ros_domain: int) -> None:
    processes = {text: NodeProcess("autostart:=true", text) for text in REFUSED}
    try:
        for text, expected in REFUSED.items():
            process = processes[text]
            assert process.process.wait(timeout=60.0) == 2, text
            lines = [line for line in process.log.splitlines() if "rror" in line.lower()]
            assert "Traceback" not in process.log
            assert any(all(part in line for part in expected) for line in lines), process.log
    finally:
        for process in processes.values():
            process.__exit__(None, None, None)


def test_interrupt_is_a_clean_exit(ros_domain: int) -> None:
    with NodeProcess("autostart:=true") as process:
        process.wait_for_log("active")
        assert process.stop(signal.SIGINT) == 0
        assert "Traceback" not in process.log
