# SPDX-License-Identifier: Apache-2.0
"""Headset recordings as every kind of message, live and in a bag: the same body each time.

What is sent to the live node is recorded, and read back with the options that a user would give. A
second of two recordings is sent through each input, or all of all those in the folder
KINEST_RECORDINGS. One starts anew where the last one ended, as a bag that loops does.
"""

import argparse
import functools
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from lifecycle_msgs.msg import Transition
from rclpy.node import Node
from rclpy.serialization import serialize_message

from kinest_ros.bags.contents import input_of
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader, Bodies, read_bodies
from kinest_ros.bags.replay import replay
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import SLOTS
from kinest_ros.cli import input_options
from kinest_ros.formats.recordings.aframe import read_aframe
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model
from kinest_ros.node.inputs.registry import INPUTS
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from tests.node.inputs.routes import ROUTES, Route
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
        "max_backlog:=0.0",
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


def new_tracker() -> BodyTracker:
    return BodyTracker.build(_model(), device="cpu")


@functools.cache
def _model() -> StreamingKineST:
    return load_model("default", "cpu")


@pytest.fixture(scope="module")
def expected(frames: list[TrackerFrame]) -> list[BodyPose]:
    """What the body tracker makes of them without ROS."""
    tracker = new_tracker()
    return [body for frame in frames for body in tracker.push(frame)]


def test_every_input_has_a_route() -> None:
    assert set(ROUTES) == set(INPUTS) - {"webxr"}  # in the present only: see test_webxr.py


class TapedNode:
    """A node of which everything that is published is kept, as a recorder would have it."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._tape: list[tuple[str, str, bytes, bool]] = []
        self.destroy_publisher = node.destroy_publisher

    def create_publisher(self, kind: type, topic: str, qos: object) -> object:
        publisher = self._node.create_publisher(kind, topic, qos)
        msgtype = f"{kind.__module__.split('.')[0]}/msg/{kind.__name__}"
        send = publisher.publish

        def publish(message: object) -> None:
            self._tape.append(
                (topic, msgtype, bytes(serialize_message(message)), topic == "/tf_static")
            )
            send(message)

        publisher.publish = publish
        return publisher

    def save(self, path: Path) -> None:
        with BodyBagWriter(path) as bag:
            for index, (topic, msgtype, data, latched) in enumerate(self._tape):
                bag.write_raw(topic, msgtype, START_NS + index * 1000, data, latched)


def options_of(route: Route) -> list[str]:
    """The options of `kinest replay` for the parameters of the node."""
    options = []
    for name, value in route.parameters.items():
        parameter, _, slot = name.partition(".")
        options += [f"--{parameter.replace('_', '-')}", f"{slot}:={value}" if slot else value]
    return options


def choice_of(arguments: list[str]) -> InputChoice:
    parser = argparse.ArgumentParser()
    input_options.add_inputs(parser)
    return input_options.inputs_of(parser.parse_args(arguments))


def bodies_of_bag(path: Path, arguments: list[str]) -> Bodies:
    tracker = new_tracker()
    with BagReader(path) as bag, BodyBagWriter(path.parent / "out", tracker.skeleton) as out:
        replay(bag, out, tracker, input_of(bag, choice_of(arguments)))
    return read_bodies(path.parent / "out")


@pytest.mark.parametrize("name", ROUTES)
def test_the_same_body_comes_out(
    name: str,
    node: NodeProcess,
    client: Client,
    frames: list[TrackerFrame],
    expected: list[BodyPose],
    tmp_path: Path,
) -> None:
    pytest.importorskip(f"{INPUTS[name].package}.msg", reason="for tests, make setup builds it")
    taped = TapedNode(client.node)
    route = ROUTES[name](taped)
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
        taped.save(tmp_path / "bag")
        replayed = bodies_of_bag(tmp_path / "bag", ["--input", name, *options_of(route)])
        assert [stamp_of(body) for body in client.bodies] == replayed.stamps_ns.tolist()
        np.testing.assert_allclose(
            [positions(body) for body in client.bodies], replayed.positions, rtol=0, atol=1e-9
        )
        np.testing.assert_allclose(
            [rotations(body) for body in client.bodies], replayed.local_rotations, rtol=0, atol=1e-9
        )
        assert (valid == replayed.tracker_valid).all()
        with BagReader(tmp_path / "bag") as bag:  # which says by itself what it holds
            assert input_of(bag, choice_of(options_of(route))).kind == name
    finally:
        route.close()
        change(client, Transition.TRANSITION_ACTIVATE)
