# SPDX-License-Identifier: Apache-2.0
"""Trackers on /tf beside the links of several bodies of the same node."""

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import TransformStamped
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from kinest_ros.errors import KinestError
from kinest_ros.node.inputs.registry import create_input
from kinest_ros.node.inputs.source import InputSource
from kinest_ros.node.parameters.body_parameters import parameters_of_bodies


def input_of_anna(**source: str) -> InputSource:
    """The input of one of two bodies, on a node that has no network."""
    own = {"anna": {f"source.{slot}": frame for slot, frame in source.items()}}
    (_, anna), _ = parameters_of_bodies({"bodies": ["anna", "ben"], "input": "tf"}, own)
    node = SimpleNamespace(
        resolve_topic_name=str,
        create_subscription=lambda *_, **__: SimpleNamespace(),
    )
    return create_input("tf", node, anna.inputs, lambda *_: None, print, "~/anna/")


@pytest.mark.parametrize("frame", ["anna/head", "ben/head"])
def test_a_link_of_any_body_is_refused_as_a_tracker(frame: str) -> None:
    with pytest.raises(KinestError, match=rf"'source.head' is '{frame}'.*a body: choose") as no:
        input_of_anna(head=frame)
    assert "body_id" not in str(no.value)  # which cannot be set beside bodies


def test_links_of_the_other_body_are_not_taken_in() -> None:
    source = input_of_anna(head="hmd")
    source.start()
    children = ("ben/pelvis", "anna/pelvis", "glove")
    transforms = [
        TransformStamped(header=Header(frame_id="world"), child_frame_id=child)
        for child in children
    ]
    source._on_message("/tf", "/tf", TFMessage(transforms=transforms))
    assert source.why_unheard("head").endswith("there are glove, world")
