# SPDX-License-Identifier: Apache-2.0
"""Trackers of bags in every kind of message; that it is what the node hears: test_routes.py."""

from pathlib import Path

import numpy as np
import pytest

from kinest_ros.bags.contents import candidates, input_of, proposal, read_tracker_frames
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.types import typestore
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.errors import KinestError
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.bags.stored import Tape, array_of, frames, new, stamped, transform, transforms

NAMES = {"head": "hmd", "left_hand": "glove_l", "right_hand": "glove_r"}
SAME = InputOptions(sources=NAMES)
ARRAYS = {
    "tracker_array": "/vr/trackers",
    "named_pose_array": "/mocap/poses",
    "rigid_bodies": "/mocap/bodies",
    "isaac_teleop": "/xr_teleop/ee_poses",
}
AT_ORIGIN = TrackerPose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))


def values(found: list[TrackerFrame]) -> dict[tuple[int, str], list[float]]:
    return {
        (frame.stamp_ns, slot): [*map(float, pose.position), *map(float, pose.quaternion)]
        for frame in found
        for slot, pose in frame.poses.items()
    }


def assert_same(found: list[TrackerFrame], sent: list[TrackerFrame]) -> None:
    one, two = values(found), values(sent)
    assert one.keys() == two.keys()
    np.testing.assert_allclose([one[key] for key in two], list(two.values()), atol=1e-12)


def array_bag(kind: str, path: Path) -> Path:
    tape = Tape()
    for frame in frames():
        if kind == "isaac_teleop":
            tape.add("/xr_teleop/head_pose", stamped(frame, "head"), frame.stamp_ns)
        tape.add(ARRAYS[kind], array_of(kind, frame, NAMES), frame.stamp_ns)
    return tape.save(path)


def tf_bag(path: Path, late_static: bool = False, own: bool = False) -> Path:
    """Trackers in a room that stands in the world."""
    tape, sent = Tape(), frames()
    room = transforms(transform("world", "room", 0, AT_ORIGIN))
    if not late_static:
        tape.add("/tf_static", room, sent[0].stamp_ns - 1)
    for frame in sent:
        found = [transform("room", NAMES[s], frame.stamp_ns, p) for s, p in frame.poses.items()]
        tape.add("/tf", transforms(*found), frame.stamp_ns)
        if own:
            link = transform("world", "pelvis", frame.stamp_ns, AT_ORIGIN)
            tape.add("/tf", transforms(link), frame.stamp_ns)
    if late_static:
        tape.add("/tf_static", room, sent[-1].stamp_ns)
    return tape.save(path)


@pytest.mark.parametrize("kind", ["tracker_array", "named_pose_array", "rigid_bodies"])
def test_an_array_is_found_by_its_type_whatever_its_topic_is_called(kind: str, tmp_path: Path):
    bag = array_bag(kind, tmp_path / "bag")
    options = InputOptions() if kind == "tracker_array" else SAME
    assert_same(list(read_tracker_frames(bag, InputChoice(options=options))), frames())
    with BagReader(bag) as reader:
        found = input_of(reader, InputChoice(options=options))
        assert proposal(reader, found) == f"{bag}: input {kind}, of {ARRAYS[kind]}"


def test_isaac_teleop_wants_its_heads_topic(tmp_path: Path):
    bag = array_bag("isaac_teleop", tmp_path / "bag")
    choice = InputChoice(topics={"head": "/xr_teleop/head_pose"})
    assert_same(list(read_tracker_frames(bag, choice)), frames())
    with pytest.raises(KinestError, match="Perhaps --topic head:=/xr_teleop/head_pose"):
        list(read_tracker_frames(bag))


@pytest.mark.parametrize("late", [False, True])
def test_tf_by_the_names_of_frames(late: bool, tmp_path: Path):
    """What is static counts from the beginning, as live, where it is latched."""
    bag = tf_bag(tmp_path / "bag", late_static=late)
    assert_same(list(read_tracker_frames(bag, InputChoice(options=SAME))), frames())
    room = InputChoice("tf", InputOptions(sources=NAMES, tf_fixed_frame="room"))
    assert_same(list(read_tracker_frames(bag, room)), frames())
    with pytest.raises(KinestError, match=r"there are glove_l, glove_r, hmd, room"):
        list(read_tracker_frames(bag))


def test_transforms_of_a_body_that_was_recorded_too_are_told_apart(tmp_path: Path):
    bag = tf_bag(tmp_path / "plain", own=True)
    with BagReader(bag) as reader:
        assert not any(heard.own for heard in input_of(reader, InputChoice("tf", SAME)).heard())
    tape = Tape()
    with BagReader(bag) as reader:
        for raw in reader.messages(reader.types):
            tape.add(raw.topic, reader.decode(raw), raw.time_ns)
    body = {f: np.zeros(n, t) for f, n, t in (
        ("tracker_valid", 6, bool), ("tracker_state", 6, np.uint8),
        ("confidence", 22, np.float32), ("contacts", 2, np.float32),
    )}  # fmt: skip
    head = stamped(frames()[0], "head")
    tape.add("/kinest/body", new(
        "kinest_ros/FullBodyState", header=head.header, latency=0.0,
        local_rotations=[head.pose.orientation] * 22, positions=[head.pose.position] * 22, **body,
    ), frames()[0].stamp_ns)  # fmt: skip
    with BagReader(tape.save(tmp_path / "with_body")) as reader:
        found = input_of(reader, InputChoice("tf", SAME))
        assert sum(heard.own for heard in found.heard()) == len(frames())
        assert_same(list(found.frames()), frames())


@pytest.mark.parametrize("kind", ["pose", "pose_with_covariance", "odometry"])
def test_a_topic_per_tracker_and_one_of_another_name(kind: str, tmp_path: Path):
    tape = Tape()
    suffix = kind
    for frame in frames():
        for slot in frame.poses:
            message = stamped(frame, slot)
            if kind != "pose":
                covered = new(
                    "geometry_msgs/PoseWithCovariance", pose=message.pose, covariance=np.zeros(36)
                )
                message = new(
                    "geometry_msgs/PoseWithCovarianceStamped", header=message.header, pose=covered
                )
            if kind == "odometry":
                zero = new("geometry_msgs/Vector3", x=0.0, y=0.0, z=0.0)
                twist = new(
                    "geometry_msgs/TwistWithCovariance",
                    twist=new("geometry_msgs/Twist", linear=zero, angular=zero),
                    covariance=np.zeros(36),
                )
                message = new(
                    "nav_msgs/Odometry", header=message.header, child_frame_id="x",
                    pose=covered, twist=twist,
                )  # fmt: skip
            topic = "/vr/hmd" if slot == "head" else f"/kinest/{slot}/{suffix}"
            tape.add(topic, message, frame.stamp_ns)
    bag = tape.save(tmp_path / "bag")
    choice = InputChoice(topics={"head": "/vr/hmd"})
    assert_same(list(read_tracker_frames(bag, choice)), frames())
    with BagReader(bag) as reader:
        assert input_of(reader, choice).kind == kind
        with pytest.raises(KinestError, match="head:=/vr/hmd"):
            input_of(reader)


def test_hand_tracking_and_worn_are_honoured(tmp_path: Path):
    tape, sent = Tape(), frames()
    for index, frame in enumerate(sent):
        if index == 5:
            tape.add("/kinest/worn", new("std_msgs/Bool", data=False), frame.stamp_ns)
        tape.add("/kinest/head/pose", stamped(frame, "head"), frame.stamp_ns)
        tape.add("/kinest/left_hand/hand_pose", stamped(frame, "left_hand"), frame.stamp_ns)
    bag = tape.save(tmp_path / "bag")
    without = list(read_tracker_frames(bag))
    assert {slot for frame in without for slot in frame.poses} == {"head"}
    assert [frame.worn for frame in without] == [None] * 5 + [False] * (len(sent) - 5)
    hands = list(read_tracker_frames(bag, InputChoice(options=InputOptions(hand_poses=True))))
    devices = {pose.device for frame in hands for s, pose in frame.poses.items() if s != "head"}
    assert devices == {"hand"}
    assert len(hands) == 2 * len(sent)


def test_several_kinds_are_named_and_one_can_be_chosen(tmp_path: Path):
    tape = Tape()
    for frame in frames():
        for kind in ("named_pose_array", "rigid_bodies"):
            tape.add(ARRAYS[kind], array_of(kind, frame, NAMES), frame.stamp_ns)
    bag = tape.save(tmp_path / "bag")
    both = r"choose by --input named_pose_array or --input rigid_bodies"
    with pytest.raises(KinestError, match=both):
        list(read_tracker_frames(bag, InputChoice(options=SAME)))
    chosen = InputChoice("rigid_bodies", SAME)
    assert_same(list(read_tracker_frames(bag, chosen)), frames())
    by_topic = InputChoice(options=SAME, topics={"poses": ARRAYS["named_pose_array"]})
    with BagReader(bag) as reader:
        assert candidates(reader, by_topic) == ["named_pose_array"]


def test_the_nodes_own_topics_need_no_choice_beside_others(tmp_path: Path):
    tape = Tape()
    for frame in frames():
        tape.add("/kinest/head/pose", stamped(frame, "head"), frame.stamp_ns)
        tape.add("/mocap/bodies", array_of("rigid_bodies", frame, NAMES), frame.stamp_ns)
    with BagReader(tape.save(tmp_path / "bag")) as reader:
        assert input_of(reader).kind == "pose"


@pytest.mark.parametrize(
    ("choice", "match"),
    [
        (InputChoice("pose", topics={"nose": "/a"}), "no 'nose'; use one of head, left_hand"),
        (InputChoice("pose", topics={"head": "no_slash"}), "no_slash"),
        (InputChoice("pose", topics={"head": "/a b"}), "/a b"),
        (InputChoice("pose", topics={"head": "/a//b"}), "/a//b"),
        (InputChoice("pose", topics={"left_hand": "/kinest/head/pose"}), "both head and left_hand"),
        (InputChoice("pose", topics={"left_hand": "/vr/left"}), "no topic /vr/left"),
        (InputChoice("tf"), "has no topic /tf; name it with --topic tf:=/NAME"),
        (InputChoice("odometry", topics={"head": "/kinest/head/pose"}), "expected nav_msgs"),
        (InputChoice("vrpn"), "available are pose"),
    ],
)
def test_wrong_choices_are_named(choice: InputChoice, match: str, tmp_path: Path):
    tape = Tape()
    tape.add("/kinest/head/pose", stamped(frames()[0], "head"), 1)
    bag = tape.save(tmp_path / "bag")
    with pytest.raises(KinestError, match=match):
        list(read_tracker_frames(bag, choice))


def test_every_kind_of_message_is_known_to_bags() -> None:
    kinds = {c.kind for make in DECODERS.values() for c in make(InputOptions(), print).channels}
    assert kinds <= typestore().types.keys()


def test_what_was_wrong_in_a_bag_is_told_once_with_its_topic(tmp_path: Path) -> None:
    tape = Tape()
    for frame in frames():
        message = array_of("tracker_array", frame, NAMES)
        message.trackers[0].slot = "nose"
        tape.add("/vr/trackers", message, frame.stamp_ns)
    with BagReader(tape.save(tmp_path / "bag")) as reader:
        found = input_of(reader, InputChoice("tracker_array", SAME))
        assert len(list(found.frames())) == len(frames())
        (note,) = found.notes()
    assert note.startswith("/vr/trackers: unknown slot 'nose'; use head, ")
