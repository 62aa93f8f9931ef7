# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import Writer

import kinest_ros
from kinest_ros.bags import topics, types
from kinest_ros.bags.reader import read_bodies
from kinest_ros.bags.third_party import DEFINITIONS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from tests.node.bodies import random_body

SKELETON = Skeleton.from_stature(1.7)

# Hash that rosidl computes for the message: what a subscriber's type must have to be matched.
FULL_BODY_HASH = "RIHS01_fb5c2d3bc107317af9e709268e2f66033d50ca2c1932b8cd56071d9a25a4a921"
TF_HASH = "RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087"


def test_type_hashes_are_those_of_ros():
    store = types.typestore()
    assert store.hash_rihs01("kinest_ros/msg/FullBodyState") == FULL_BODY_HASH
    assert store.hash_rihs01("tf2_msgs/msg/TFMessage") == TF_HASH


def test_full_body_state_has_the_fields_of_the_message_file():
    state = types.typestore().types["kinest_ros/msg/FullBodyState"]
    names = [field.name for field in state.__dataclass_fields__.values()]
    for name in ("header", "local_rotations", "positions", "tracker_valid", "latency"):
        assert name in names


def test_definitions_are_found_in_an_installed_share_folder(tmp_path, monkeypatch):
    source = types.message_folder()
    share = tmp_path / "share" / "kinest_ros" / "msg"
    share.mkdir(parents=True)
    for path in source.glob("*.msg"):
        (share / path.name).write_bytes(path.read_bytes())
    monkeypatch.setattr(kinest_ros, "__path__", [str(tmp_path / "lib" / "kinest_ros")])
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    assert types.message_folder() == share
    monkeypatch.setenv("AMENT_PREFIX_PATH", "")
    monkeypatch.setattr(types.sys, "prefix", str(tmp_path))
    assert types.message_folder() == share
    monkeypatch.setattr(types.sys, "prefix", str(tmp_path / "nowhere"))
    with pytest.raises(KinestError, match=r"FullBodyState\.msg"):
        types.message_folder()


def test_round_trip_keeps_every_value():
    store = types.typestore()
    kinds = store.types
    point, quaternion = kinds["geometry_msgs/msg/Point"], kinds["geometry_msgs/msg/Quaternion"]
    header = kinds["std_msgs/msg/Header"](kinds["builtin_interfaces/msg/Time"](3, 4), "world")
    message = kinds["kinest_ros/msg/FullBodyState"](
        header,
        [quaternion(0.1 * i, 0.2, 0.3, 0.4) for i in range(22)],
        [point(1.0 * i, 2.0, 3.0) for i in range(22)],
        np.array([True, False] * 3),
        np.array([3, 0, 1, 2, 4, 0], np.uint8),
        np.arange(22, dtype=np.float32),
        np.array([0.25, 0.75], np.float32),
        0.5,
    )
    name = "kinest_ros/msg/FullBodyState"
    back = store.deserialize_cdr(store.serialize_cdr(message, name), name)
    assert back.header.stamp.sec == 3
    assert back.local_rotations[21].x == pytest.approx(2.1)
    assert back.positions[7].x == 7.0
    np.testing.assert_array_equal(back.tracker_valid, message.tracker_valid)
    np.testing.assert_array_equal(back.tracker_state, message.tracker_state)
    np.testing.assert_array_equal(back.confidence, message.confidence)
    assert back.latency == 0.5


def test_a_bag_with_messages_of_an_earlier_version_is_read(tmp_path, monkeypatch):
    """Our messages gain fields; a bag defines those that it holds."""
    older = tmp_path / "msg"
    older.mkdir()
    for path in types.message_folder().glob("*.msg"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if "tracker_state" not in line]
        (older / path.name).write_text("".join(kept), encoding="utf-8")
    body = random_body(1, SKELETON)
    bag = tmp_path / "older"
    name = "kinest_ros/msg/FullBodyState"
    with monkeypatch.context() as past, Writer(bag, version=9) as writer:
        past.setattr(types, "message_folder", lambda: older)
        store = types.typestore.__wrapped__()
        connection = writer.add_connection(topics.BODY, name, typestore=store)
        kinds = store.types
        header = kinds["std_msgs/msg/Header"](kinds["builtin_interfaces/msg/Time"](3, 4), "world")
        message = kinds[name](
            header,
            [kinds["geometry_msgs/msg/Quaternion"](*row) for row in body.local_rotations],
            [kinds["geometry_msgs/msg/Point"](*row) for row in body.positions],
            body.tracker_valid, body.confidence.astype(np.float32),
            body.contacts.astype(np.float32), 0.5,
        )  # fmt: skip
        writer.write(connection, 1, store.serialize_cdr(message, name))
    found = read_bodies(bag)
    np.testing.assert_array_equal(found.positions[0], body.positions)
    np.testing.assert_allclose(found.confidence[0], body.confidence, atol=1e-7)
    assert found.latency[0] == 0.5


def test_the_layouts_of_other_packages_messages_are_those_the_live_tests_build():
    folder = Path(__file__).parents[1] / "interfaces"
    for name, text in DEFINITIONS.items():
        package, _, message = name.partition("/msg/")
        built = (folder / package / "msg" / f"{message}.msg").read_text(encoding="utf-8")
        fields = [line for line in built.splitlines() if line and not line.startswith("#")]
        assert fields == text.splitlines(), name
