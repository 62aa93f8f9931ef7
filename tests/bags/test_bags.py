# SPDX-License-Identifier: Apache-2.0
"""Writer and reader together: what is written comes back."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rosbags.interfaces import QosDurability
from rosbags.rosbag2 import Reader
from scipy.spatial.transform import Rotation

from kinest_ros.bags import topics
from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.human_description.joint_angles import JOINT_STATE_NAMES
from kinest_ros.human_description.link_transforms import link_rotations
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.node.bodies import random_body

SKELETON = Skeleton.from_stature(1.66)


def frame(index, slots=("head", "left_hand")):
    turn = np.array([0.1 * index, 0.2, 0.3, 0.9])
    pose = TrackerPose(np.array([index, 0.5, 1.6]), turn / np.linalg.norm(turn))
    return TrackerFrame(10**9 + index * 10**7, dict.fromkeys(slots, pose))


def write_frames(path, frames, **options):
    with BodyBagWriter(path, **options) as bag:
        for one in frames:
            bag.write_frame(one)
    return path


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
@pytest.mark.parametrize("bare", [False, True])
def test_tracker_frames_come_back_in_order(tmp_path, storage, bare):
    path = write_frames(tmp_path / "bag", [frame(i) for i in range(5)], storage=storage)
    if bare:
        path = next(p for p in path.iterdir() if p.suffix in (".mcap", ".db3"))
    found = list(read_tracker_frames(path))
    assert [next(iter(f.poses)) for f in found] == ["head", "left_hand"] * 5
    for index, one in enumerate(found):
        expected = frame(index // 2)
        assert one.stamp_ns == expected.stamp_ns
        assert one.frame_id == "world"
        pose, truth = next(iter(one.poses.values())), expected.poses["head"]
        np.testing.assert_array_equal(pose.position, truth.position)
        np.testing.assert_array_equal(pose.quaternion, truth.quaternion)


def test_bodies_come_back(tmp_path):
    bodies = [random_body(i, SKELETON, 10**9 + i * 16_666_667) for i in range(3)]
    with BodyBagWriter(tmp_path / "bag", SKELETON) as bag:
        for body in bodies:
            bag.write_body(body)
            bag.write_ground_truth(body)
    for topic in (topics.BODY, topics.GROUND_TRUTH):
        found = read_bodies(tmp_path / "bag", topic)
        assert len(found) == 3
        assert found.frame_id == "world"
        for index, body in enumerate(bodies):
            assert found.stamps_ns[index] == body.stamp_ns
            np.testing.assert_array_equal(found.positions[index], body.positions)
            np.testing.assert_array_equal(found.local_rotations[index], body.local_rotations)
            np.testing.assert_array_equal(found.tracker_valid[index], body.tracker_valid)
            np.testing.assert_allclose(found.confidence[index], body.confidence, rtol=1e-6)
            np.testing.assert_allclose(found.contacts[index], body.contacts, rtol=1e-6)
            assert found.latency[index] == 0.0
    np.testing.assert_array_equal(
        Skeleton.load(tmp_path / "bag" / "skeleton.npz").rest_offsets, SKELETON.rest_offsets
    )


def test_outputs_are_what_the_node_publishes(tmp_path):
    body = random_body(4, SKELETON)
    with BodyBagWriter(tmp_path / "bag", SKELETON) as bag:
        bag.write_body(body, received_ns=body.stamp_ns + 5)
        bag.write_body(random_body(5, SKELETON, body.stamp_ns + 10**7))
    with BagReader(tmp_path / "bag") as bag:
        assert bag.count([topics.ROBOT_DESCRIPTION]) == 1
        assert bag.count([topics.TF]) == bag.count([topics.JOINT_STATES]) == 2
        first = {}
        for message in bag.messages(bag.types):
            first.setdefault(message.topic, (message.time_ns, bag.decode(message)))
    time, transforms = first[topics.TF]
    assert time == body.stamp_ns + 5
    assert len(transforms.transforms) == 22
    pelvis, hip = transforms.transforms[0], transforms.transforms[1]
    assert (pelvis.header.frame_id, pelvis.child_frame_id) == ("world", "pelvis")
    assert (hip.header.frame_id, hip.child_frame_id) == ("pelvis", "left_hip")
    assert pelvis.transform.translation.x == body.positions[0, 0]
    turn = hip.transform.rotation
    np.testing.assert_allclose([turn.x, turn.y, turn.z, turn.w], link_rotations(body)[1])
    state = first[topics.JOINT_STATES][1]
    assert tuple(state.name) == tuple(JOINT_STATE_NAMES)
    assert len(state.position) == len(state.velocity) == 63
    assert "<robot" in first[topics.ROBOT_DESCRIPTION][1].data


def test_transforms_have_the_bones_of_each_body(tmp_path):
    """Bones grow while the wearer's size becomes known: a chain of links ends where they did."""
    sizes = (1.5, 1.9, 1.6)
    bodies = [
        replace(random_body(4, body, 10**9 + index * 10**7), rest_offsets=body.rest_offsets)
        for index, body in enumerate(map(Skeleton.from_stature, sizes))
    ]
    with BodyBagWriter(tmp_path / "bag", SKELETON) as bag:
        for body in bodies:
            bag.write_body(body)
    with BagReader(tmp_path / "bag") as bag:
        messages = [bag.decode(message) for message in bag.messages([topics.TF])]
    for message, body in zip(messages, bodies, strict=True):
        poses = {"world": np.eye(4)}
        for link in message.transforms:
            t, q = link.transform.translation, link.transform.rotation
            step = np.eye(4)
            step[:3, :3] = Rotation.from_quat((q.x, q.y, q.z, q.w)).as_matrix()
            step[:3, 3] = t.x, t.y, t.z
            poses[link.child_frame_id] = poses[link.header.frame_id] @ step
        found = [poses[name][:3, 3] for name in JOINT_NAMES]
        np.testing.assert_allclose(found, body.positions, atol=1e-6)


def test_description_is_latched_for_ros2_bag_play(tmp_path):
    with BodyBagWriter(tmp_path / "bag", SKELETON) as bag:
        bag.write_body(random_body(0, SKELETON))
    with Reader(tmp_path / "bag") as reader:
        found = {c.topic: c.ext.offered_qos_profiles[0] for c in reader.connections}
    assert found[topics.ROBOT_DESCRIPTION].durability is QosDurability.TRANSIENT_LOCAL
    assert found[topics.TF].durability is QosDurability.VOLATILE


def test_other_topic_names(tmp_path):
    names = {**topics.POSE_TOPICS, "head": "/vr/hmd"}
    with BodyBagWriter(tmp_path / "bag") as bag:
        bag.write_frame(frame(0), names=names)
    found = list(read_tracker_frames(tmp_path / "bag", {"head": "/vr/hmd"}))
    assert len(found) == 2
    with pytest.raises(KinestError, match=r"head(.|\n)*/vr/hmd"):
        list(read_tracker_frames(tmp_path / "bag"))


class TestErrors:
    def test_unknown_topic_lists_the_bags(self, tmp_path):
        path = write_frames(tmp_path / "bag", [frame(0)])
        with pytest.raises(KinestError, match=r"/nope(.|\n)*/kinest/head/pose"):
            list(read_tracker_frames(path, {"head": "/nope"}))
        with pytest.raises(KinestError, match=r"/kinest/body(.|\n)*/kinest/head/pose"):
            read_bodies(path)

    @pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files cannot be listed")
    @pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
    def test_files_are_closed(self, tmp_path, storage):
        def still_open() -> list[str]:
            links = (os.path.realpath(link) for link in Path("/proc/self/fd").iterdir())
            return [link for link in links if link.startswith(str(tmp_path.resolve()))]

        path = write_frames(tmp_path / "bag", [frame(0)], storage=storage)
        with BagReader(path) as bag:
            list(bag.messages(bag.types))
            assert still_open()
        assert not still_open()

    def test_wrong_type_is_named(self, tmp_path):
        path = write_frames(tmp_path / "bag", [frame(0)])
        with pytest.raises(KinestError, match="PoseStamped"):
            read_bodies(path, "/kinest/head/pose")

    def test_no_bag(self, tmp_path):
        with pytest.raises(KinestError, match="does not exist"):
            BagReader(tmp_path / "none")
        with pytest.raises(KinestError, match=r"metadata\.yaml"), BagReader(tmp_path):
            pass

    @pytest.mark.parametrize("content", [b"", b"nonsense", b"\x89MCAP0\r\n" + b"\0" * 60])
    def test_broken_file(self, tmp_path, content):
        path = tmp_path / "broken.mcap"
        path.write_bytes(content)
        with pytest.raises(KinestError, match=r"broken\.mcap"), BagReader(path) as bag:
            list(bag.messages(bag.types))

    def test_unknown_kind_of_file(self, tmp_path):
        path = tmp_path / "recording.json"
        path.write_text("{}")
        with pytest.raises(KinestError, match=r"recording\.json"), BagReader(path):
            pass


class TestWhereToWrite:
    def test_existing_bag_is_kept_unless_told_otherwise(self, tmp_path):
        path = write_frames(tmp_path / "bag", [frame(0)])
        with pytest.raises(KinestError, match="--overwrite"):
            BodyBagWriter(path)
        write_frames(path, [frame(i) for i in range(3)], overwrite=True)
        assert len(list(read_tracker_frames(path))) == 6

    def test_other_folders_and_files_are_never_replaced(self, tmp_path):
        (tmp_path / "precious").mkdir()
        (tmp_path / "precious" / "thesis.tex").write_text("x")
        with pytest.raises(KinestError, match="not a bag"):
            BodyBagWriter(tmp_path / "precious", overwrite=True)
        with pytest.raises(KinestError, match="not a bag"):
            BodyBagWriter(tmp_path / "precious" / "thesis.tex", overwrite=True)

    def test_empty_folder_is_taken(self, tmp_path):
        (tmp_path / "empty").mkdir()
        write_frames(tmp_path / "empty", [frame(0)])

    def test_unfinished_bag_is_removed(self, tmp_path):
        with pytest.raises(ZeroDivisionError), BodyBagWriter(tmp_path / "bag") as bag:
            bag.write_frame(frame(0))
            raise ZeroDivisionError
        assert not (tmp_path / "bag").exists()

    def test_place_that_cannot_be_written(self, tmp_path):
        (tmp_path / "file").write_text("x")
        with pytest.raises(KinestError, match="cannot write"):
            write_frames(tmp_path / "file" / "bag", [frame(0)])
