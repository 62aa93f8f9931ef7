# SPDX-License-Identifier: Apache-2.0
"""The generated interfaces are those that msg/ describes, and the bundled ones are genuine."""

import json
import os
import re
import sys
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2 (make setup, or a sourced workspace)")

ROOT = Path(__file__).resolve().parents[2]
# .msg name -> name in the generated Python class (that of IDL).
PRIMITIVES = {"float32": "float", "float64": "double", "bool": "boolean"}

POSE = "geometry_msgs/Pose"

# Of Jazzy, Kilted and later, as `ros2 topic info --verbose /tf` prints the first one. A hash
# follows from the names and types of the fields.
TF2_HASHES = {
    "msg/TFMessage": "RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087",
    "msg/TF2Error": "RIHS01_db2485e7d6a0ec75bf087e058ee45df682acc3a621ca7780503d10aac141809a",
    "srv/FrameGraph": "RIHS01_0d1fbc6222c018ba5f33822904a2fdd4063705289956d3fdde07cd8c50fe8067",
    "action/LookupTransform": (
        "RIHS01_0b8adf6bc0b5958879e3265b41a457e03558fe523890a81252c70eba97a82c5d"
    ),
}


def fields_of(definition: Path) -> dict[str, str]:
    """Field name -> type in the notation of `get_fields_and_field_types`."""
    fields = {}
    for line in definition.read_text(encoding="utf-8").splitlines():
        match = re.match(r"([\w/]+)(\[(\d*)\])?\s+(\w+)(=)?", line.partition("#")[0])
        if not match or match[5]:  # a constant is no field
            continue
        kind, brackets, size, name = match.groups()[:4]
        kind = PRIMITIVES.get(kind, kind)
        if kind[0].isupper():
            kind = f"kinest_ros/{kind}"
        if brackets:
            kind = f"{kind}[{size}]" if size else f"sequence<{kind}>"
        fields[name] = kind
    return fields


@pytest.mark.parametrize("definition", sorted((ROOT / "msg").glob("*.msg")), ids=lambda f: f.stem)
def test_installed_interface_is_the_one_in_msg(definition):
    import kinest_ros.msg

    generated = getattr(kinest_ros.msg, definition.stem).get_fields_and_field_types()
    expected = {
        name: kind.replace("Header", "std_msgs/Header") if kind == "Header" else kind
        for name, kind in fields_of(definition).items()
    }
    assert generated == expected


def test_full_body_state_has_the_sizes_of_the_skeleton():
    from kinest_ros.body.joints import NUM_JOINTS, SLOTS
    from kinest_ros.msg import FullBodyState

    message = FullBodyState()
    assert len(message.local_rotations) == len(message.positions) == NUM_JOINTS
    assert len(message.confidence) == NUM_JOINTS
    assert len(message.tracker_valid) == len(SLOTS)


def test_every_field_of_the_messages_is_explained():
    for definition in (ROOT / "msg").glob("*.msg"):
        assert definition.read_text(encoding="utf-8").startswith("# "), definition.name


def test_messages_survive_serialisation():
    from rclpy.serialization import deserialize_message, serialize_message

    from kinest_ros.msg import FullBodyState, Tracker, TrackerArray

    state = FullBodyState(latency=0.25, confidence=[0.5] * 22, tracker_valid=[True] + [False] * 5)
    state.header.frame_id = "world"
    state.local_rotations[21].x = -1.0
    assert deserialize_message(serialize_message(state), FullBodyState) == state
    array = TrackerArray(trackers=[Tracker(slot="head", valid=True), Tracker(slot="pelvis")])
    assert deserialize_message(serialize_message(array), TrackerArray) == array


#: As published: motion_capture_tracking_interfaces 1.0.6, teleop_ros2_interfaces of Isaac Teleop,
#: mocap4r2_msgs 0.0.4 and later. DDS matches on names and layout.
PUBLISHED = {
    "motion_capture_tracking_interfaces/NamedPose": {"name": "string", "pose": POSE},
    "motion_capture_tracking_interfaces/NamedPoseArray": {
        "header": "std_msgs/Header",
        "poses": "sequence<motion_capture_tracking_interfaces/NamedPose>",
    },
    "teleop_ros2_interfaces/NamedPoseArray": {
        "header": "std_msgs/Header",
        "name": "sequence<string>",
        "pose": f"sequence<{POSE}>",
        "is_valid": "sequence<boolean>",
    },
    "mocap4r2_msgs/Marker": {
        "id_type": "int8",
        "marker_index": "int32",
        "marker_name": "string",
        "translation": "geometry_msgs/Point",
    },
    "mocap4r2_msgs/RigidBody": {
        "rigid_body_name": "string",
        "markers": "sequence<mocap4r2_msgs/Marker>",
        "pose": POSE,
    },
    "mocap4r2_msgs/RigidBodies": {
        "header": "std_msgs/Header",
        "frame_number": "uint32",
        "rigidbodies": "sequence<mocap4r2_msgs/RigidBody>",
    },
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_interfaces_of_others_have_the_published_layout(name):
    package, _, message = name.partition("/")
    module = pytest.importorskip(f"{package}.msg", reason=f"needs {package}: make setup")
    fields = getattr(module, message).get_fields_and_field_types()
    assert list(fields.items()) == list(PUBLISHED[name].items())


def test_tf2_msgs_has_what_tf2_ros_imports():
    from tf2_msgs.action import LookupTransform
    from tf2_msgs.msg import TF2Error, TFMessage
    from tf2_msgs.srv import FrameGraph

    assert TFMessage.get_fields_and_field_types() == {
        "transforms": "sequence<geometry_msgs/TransformStamped>"
    }
    assert (TF2Error.NO_ERROR, TF2Error.TRANSFORM_ERROR) == (0, 6)
    assert list(FrameGraph.Response.get_fields_and_field_types()) == ["frame_yaml"]
    time = "builtin_interfaces/Time"
    assert list(LookupTransform.Goal.get_fields_and_field_types().items()) == [
        ("target_frame", "string"),
        ("source_frame", "string"),
        ("source_time", time),
        ("timeout", "builtin_interfaces/Duration"),
        ("target_time", time),
        ("fixed_frame", "string"),
        ("advanced", "boolean"),
    ]
    assert list(LookupTransform.Result.get_fields_and_field_types().items()) == [
        ("transform", "geometry_msgs/TransformStamped"),
        ("error", "tf2_msgs/TF2Error"),
    ]


@pytest.mark.parametrize("interface", TF2_HASHES)
def test_tf2_msgs_is_understood_by_other_nodes(interface):
    """DDS matches on the type's name and hash: these are the ones of ROS 2's own tf2_msgs."""
    prefixes = [sys.prefix, *os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
    files = [Path(prefix, f"share/tf2_msgs/{interface}.json") for prefix in prefixes if prefix]
    described = [json.loads(file.read_text()) for file in files if file.exists()]
    if not described:
        pytest.skip("this ROS 2 has no type hashes")
    hashes = {entry["type_name"]: entry["hash_string"] for entry in described[0]["type_hashes"]}
    assert hashes[f"tf2_msgs/{interface}"] == TF2_HASHES[interface]
