# SPDX-License-Identifier: Apache-2.0
"""Controllers and tracked hands come by two names, topics or frames; each pose says which it is."""

from types import SimpleNamespace

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")

from geometry_msgs.msg import PoseStamped, TransformStamped
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from kinest_ros.decoding.hands_in_use import HANDOVER_NS, HandsInUse, tracked_hand
from kinest_ros.decoding.names import NameBook
from kinest_ros.errors import KinestError
from kinest_ros.msg import Tracker, TrackerArray
from kinest_ros.node.inputs.registry import create_input
from kinest_ros.node.parameters.node_parameters import NodeParameters
from kinest_ros.tracking.frame import TrackerPose

MS = 1_000_000


class Inputs:
    """An input on a node that has no network; keeps slot, device and x of what it hands on."""

    def __init__(self, kind: str, **values: object) -> None:
        self.topics: dict[str, object] = {}
        self.found: list[tuple[str, str, float]] = []
        self.warnings: list[str] = []
        node = SimpleNamespace(
            resolve_topic_name=lambda name, **_: name,
            create_subscription=lambda kind, topic, callback, *_, **__: (
                self.topics.__setitem__(topic, callback) or SimpleNamespace(topic_name=topic)
            ),
        )
        given = {name.replace("__", "."): value for name, value in values.items()}
        options = NodeParameters.from_values({"input": kind, **given}).inputs
        self.source = create_input(kind, node, options, self._take, self._warn)
        self.source.start()

    def _take(self, frame, topic: str) -> None:
        for slot, pose in frame.poses.items():
            self.found.append((slot, pose.device, float(pose.position[0])))

    def _warn(self, topic: str, text: str) -> None:
        self.warnings.append(text)


def header(ms: float) -> Header:
    found = Header(frame_id="world")
    found.stamp.sec, found.stamp.nanosec = divmod(round(10**9 + ms * MS), 10**9)
    return found


def pose(ms: float, x: float) -> PoseStamped:
    message = PoseStamped(header=header(ms))
    message.pose.position.x = x
    message.pose.orientation.w = 1.0
    return message


def test_hand_tracking_has_topics_of_its_own_where_asked_for() -> None:
    assert "~/left_hand/hand_pose" not in Inputs("pose").topics
    inputs = Inputs("pose", hand_poses=True, trackers=["head", "left_hand"])
    assert set(inputs.topics) == {"~/head/pose", "~/left_hand/pose", "~/left_hand/hand_pose"}
    inputs.topics["~/head/pose"](pose(0, 1.0))
    inputs.topics["~/left_hand/pose"](pose(0, 2.0))
    inputs.topics["~/left_hand/hand_pose"](pose(5, 3.0))  # the controller is in use
    inputs.topics["~/left_hand/hand_pose"](pose(130, 4.0))
    inputs.topics["~/left_hand/pose"](pose(140, 5.0))  # now the hand is
    assert inputs.found == [
        ("head", "", 1.0),
        ("left_hand", "controller", 2.0),
        ("left_hand", "hand", 4.0),
    ]
    assert "~/right_hand/hand_odometry" in Inputs("odometry", hand_poses=True).topics


def test_frames_of_hand_tracking_on_tf() -> None:
    inputs = Inputs("tf", source__left_hand="grip", hand_source__left_hand="/wrist")

    def send(ms: float, child: str, x: float) -> None:
        transform = TransformStamped(header=header(ms), child_frame_id=child)
        transform.transform.translation.x = x
        transform.transform.rotation.w = 1.0
        inputs.topics["/tf"](TFMessage(transforms=[transform]))

    send(0, "grip", 1.0)
    send(10, "wrist", 2.0)
    send(200, "wrist", 3.0)
    assert inputs.found == [("left_hand", "controller", 1.0), ("left_hand", "hand", 3.0)]
    assert not inputs.warnings
    # It is not missed where it never comes: controllers are held most of the time.
    assert "left_hand" not in (Inputs("tf", hand_source__left_hand="w").source.missing(True) or "")
    with pytest.raises(KinestError, match=r"'hand_source.left_hand' is 'pelvis'"):
        Inputs("tf", hand_source__left_hand="pelvis")


def test_names_of_hand_tracking_in_an_array() -> None:
    hand = tracked_hand("left_hand")
    book = NameBook(("head", "left_hand", hand), {}, {hand: "left_wrist"})
    assert book.slot_of("left_wrist") == hand
    book.slot_of("head")
    assert book.missing() is None
    with pytest.raises(KinestError, match=r"'source.left_hand' and 'hand_source.left_hand' are"):
        NameBook(("left_hand", hand), {}, {hand: "left_hand"})


def test_isaac_teleop_names_both(ros_domain: int) -> None:
    pytest.importorskip("teleop_ros2_interfaces")
    from geometry_msgs.msg import Pose
    from teleop_ros2_interfaces.msg import NamedPoseArray

    inputs = Inputs("isaac_teleop", hand_source__left_hand="left_wrist")
    for ms, valid in ((0, (True, False)), (150, (False, True)), (160, (True, True))):
        message = NamedPoseArray(header=header(ms), name=["left", "left_wrist"])
        message.pose, message.is_valid = [Pose(), Pose()], list(valid)
        inputs.topics["~/poses"](message)
    assert [device for _, device, _ in inputs.found] == ["controller", "hand", "hand"]


def test_an_array_of_trackers_names_the_device() -> None:
    inputs = Inputs("tracker_array")
    trackers = [
        Tracker(slot=slot, device=device, valid=True)
        for slot, device in (("head", ""), ("left_hand", "hand"), ("right_hand", "glove"))
    ]
    inputs.topics["~/trackers"](TrackerArray(header=header(0), trackers=trackers))
    assert [found[:2] for found in inputs.found[:2]] == [("head", ""), ("left_hand", "hand")]
    assert "unknown device 'glove'" in inputs.warnings[0] and "'controller'" in inputs.warnings[0]


def test_the_one_in_use_stays_until_it_is_silent() -> None:
    hands, at = HandsInUse(["left_hand"]), TrackerPose((0, 0, 0), (0, 0, 0, 1))
    second = tracked_hand("left_hand")
    late = HANDOVER_NS + 10 * MS
    steps = [
        ("right_hand", 0, ""),
        ("left_hand", 0, "controller"),
        (second, 50 * MS, None),
        (second, HANDOVER_NS - 1, None),
        (second, late, "hand"),
        ("left_hand", late + 5 * MS, None),
        (second, late - 90_000 * MS, "hand"),  # a bag that loops
        ("left_hand", late, "controller"),
    ]
    for key, stamp, expected in steps:
        found = hands.pose(key, at, stamp)
        assert (found and found[1].device) == expected
