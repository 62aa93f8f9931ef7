# SPDX-License-Identifier: Apache-2.0
"""Headset recordings as every kind of message through the live node: the same body each time.

A second of two recordings is sent through each input, or all of all those in the folder
KINEST_RECORDINGS. One starts anew where the last one ended, as a bag that loops does.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from lifecycle_msgs.msg import Transition

from kinest_ros.bags.aframe import read_aframe
from kinest_ros.body.joints import SLOTS
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from tests.node.inputs.routes import ROUTES
from tests.node.live import QUEUE, Client, NodeProcess, stamp_of
from tests.node.managing import change, reconfigure
from tests.node.performances import START_NS
from tests.node.readings import positions, rotations

pytestmark = pytest.mark.ros

EXCERPTS = ("droptarget", "one_hand_only")
EXCERPT_NS = 1_000_000_000
LEFT_HAND = 1


@pytest.fixture(scope="module")
def node(ros_domain: int) -> Iterator[NodeProcess]:
    with NodeProcess(
        "autostart:=true",
        "device:=cpu",
        "qos_reliability:=reliable",
        f"qos_depth:={QUEUE}",
        "publish_markers:=false",
        "body_id:=bob",
    ) as process:
        process.wait_for_log("active")
        yield process


@pytest.fixture(scope="module")
def frames(headset_recordings: Path) -> list[TrackerFrame]:
    whole = bool(os.environ.get("KINEST_RECORDINGS"))
    files = sorted(headset_recordings.glob("*.json"))
    found = []
    for file in files:
        if whole or file.stem in EXCERPTS:
            recorded = list(read_aframe(file).frames())
            first = recorded[0].stamp_ns
            found += [
                replace(frame, stamp_ns=frame.stamp_ns - first + START_NS)
                for frame in recorded
                if whole or frame.stamp_ns <= first + EXCERPT_NS
            ]
    return found


@pytest.fixture(scope="module")
def expected(frames: list[TrackerFrame]) -> list[BodyPose]:
    """What the body tracker makes of them without ROS."""
    tracker = BodyTracker.build(device="cpu")
    return [body for frame in frames for body in tracker.push(frame)]


def test_every_input_has_a_route() -> None:
    assert set(ROUTES) == set(INPUTS) - {"webxr"}  # in the present only: see test_webxr.py


@pytest.mark.parametrize("name", ROUTES)
def test_the_same_body_comes_out(
    name: str,
    node: NodeProcess,
    client: Client,
    frames: list[TrackerFrame],
    expected: list[BodyPose],
) -> None:
    pytest.importorskip(f"{INPUTS[name].package}.msg", reason="for tests, make setup builds it")
    route = ROUTES[name](client.node)
    try:
        unnamed = {f"source.{slot}": "" for slot in SLOTS}
        reconfigure(client, input=name, **unnamed | route.parameters)
        client.wait_matched(route.publishers)
        client.clear()
        client.feed(frames, route.send, len(expected))
        change(client, Transition.TRANSITION_DEACTIVATE)  # answered after the last body
        assert [stamp_of(body) for body in client.bodies] == [body.stamp_ns for body in expected]
        np.testing.assert_allclose(
            [positions(body) for body in client.bodies],
            [body.positions for body in expected],
            atol=1e-3,
        )
        cosines = np.sum(
            np.array([rotations(body) for body in client.bodies])
            * [body.local_rotations for body in expected],
            axis=-1,
        )
        assert np.abs(cosines).min() > 1.0 - 1e-6
        valid = np.array([body.tracker_valid for body in client.bodies])
        assert (valid == [body.tracker_valid for body in expected]).all()
        assert valid[:, LEFT_HAND].any() and not valid[:, LEFT_HAND].all()
        assert {body.header.frame_id for body in client.bodies} == {"world"}
    finally:
        route.close()
        change(client, Transition.TRANSITION_ACTIVATE)
