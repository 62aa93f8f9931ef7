# SPDX-License-Identifier: Apache-2.0
"""Bags as recorders leave them behind: all that is whole is read, and what is lost is said."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.typesys import Stores, get_typestore

from kinest_ros.bags.contents import input_of
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.bags.recorded import COUNT, numbers, storage_of, warned, write

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """A folder of three files with 100 poses each and no metadata.yaml."""
    folder = tmp_path / "split"
    folder.mkdir()
    # By name 10 comes before 9.
    for part, name in enumerate(("rec_8.mcap", "rec_9.mcap", "rec_10.mcap")):
        bag = write(tmp_path / f"part{part}", 100 * part, 100)
        shutil.move(storage_of(bag), folder / name)
    return folder


def test_split_files_without_metadata_are_one_bag(
    split: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert numbers(split) == list(range(300))
    assert "no metadata.yaml" in warned(caplog)
    assert "rec_8.mcap, rec_9.mcap, rec_10.mcap" in warned(caplog)
    with BagReader(split) as bag:
        assert bag.count(["/kinest/head/pose"]) == 300
    assert len(caplog.records) == 1  # said once


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
@pytest.mark.parametrize(
    "change",
    [
        {"storage_identifier": ""},
        {"relative_file_paths": ["old_name.mcap"]},
        {"version": 99},
        {"topics_with_message_count": None},
    ],
)
def test_metadata_that_is_wrong_does_not_matter(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, storage: str, change: dict
) -> None:
    bag = write(tmp_path / "bag", storage=storage)
    text = yaml.safe_load((bag / "metadata.yaml").read_text())
    text["rosbag2_bagfile_information"].update(change)
    (bag / "metadata.yaml").write_text(yaml.safe_dump(text))
    assert numbers(bag) == list(range(COUNT))
    assert storage_of(bag).name in warned(caplog)


def test_a_file_that_is_missing_is_said(split: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = {"version": 8, "relative_file_paths": [f"rec_{i}.mcap" for i in (8, 9, 10)]}
    (split / "metadata.yaml").write_text(yaml.safe_dump({"rosbag2_bagfile_information": text}))
    (split / "rec_9.mcap").unlink()
    assert numbers(split) == [*range(100), *range(200, 300)]
    assert "missing" in warned(caplog) and "rec_9.mcap" in warned(caplog)


def test_a_broken_part_is_left_out_and_said(split: Path, caplog: pytest.LogCaptureFixture) -> None:
    (split / "rec_9.mcap").write_bytes(b"")
    assert numbers(split) == [*range(100), *range(200, 300)]
    assert "left out" in warned(caplog) and "rec_9.mcap" in warned(caplog)


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_compressed_files_without_their_folder(tmp_path: Path, storage: str) -> None:
    file = storage_of(write(tmp_path / "bag", storage=storage))
    packed = tmp_path / f"{file.name}.zstd"
    packed.write_bytes(zstd.compress(file.read_bytes()))
    assert numbers(packed) == list(range(COUNT))


def ros1_bag(path: Path) -> Path:
    store = get_typestore(Stores.ROS1_NOETIC)
    types, kind = store.types, "geometry_msgs/msg/PoseStamped"
    with Ros1Writer(path) as writer:
        connection = writer.add_connection("/kinest/head/pose", kind, typestore=store)
        for index in range(COUNT):
            stamp_ns = 10**9 + index * 10**7
            stamp = types["builtin_interfaces/msg/Time"](*divmod(stamp_ns, 10**9))
            message = types[kind](
                types["std_msgs/msg/Header"](index, stamp, "world"),
                types["geometry_msgs/msg/Pose"](
                    types["geometry_msgs/msg/Point"](float(index), 0.5, 1.6),
                    types["geometry_msgs/msg/Quaternion"](0.0, 0.0, 0.0, 1.0),
                ),
            )
            writer.write(connection, stamp_ns, store.serialize_ros1(message, kind))
    return path


def test_a_bag_of_ros_1_is_read_and_copied_as_ros_2(tmp_path: Path) -> None:
    bag = ros1_bag(tmp_path / "old.bag")
    assert numbers(bag) == list(range(COUNT))
    with BagReader(bag) as old, BodyBagWriter(tmp_path / "new") as new:
        for raw in old.messages(old.types):
            new.write_raw(raw.topic, raw.msgtype, raw.time_ns, raw.data, types=old.typestore)
    assert numbers(tmp_path / "new") == list(range(COUNT))


def test_several_files_are_parts_of_one_recording(tmp_path: Path) -> None:
    """In the order of time, however they are named or interleaved."""
    later, first = write(tmp_path / "a", 100, 50), write(tmp_path / "b", 0, 100)
    with BagReader([later, first]) as bag:
        assert [round(f.poses["head"].position[0]) for f in input_of(bag).frames()] == list(
            range(150)
        )
    both = [write(tmp_path / "c", 0, 60), write(tmp_path / "d", 30, 60)]
    with BagReader(both) as bag:
        times = [raw.time_ns for raw in bag.messages(bag.types)]
    assert len(times) == 120
    assert times == sorted(times)


def test_stamps_that_stand_still_are_said_and_bag_times_can_be_taken(tmp_path: Path) -> None:
    with BodyBagWriter(tmp_path / "bag") as out:
        for index in range(COUNT):
            pose = TrackerPose(np.array([index, 0.5, 1.6]), np.array([0.0, 0.0, 0.0, 1.0]))
            out.write_frame(TrackerFrame(0, {"head": pose}), 10**9 + index * 10**7)
    with BagReader(tmp_path / "bag") as bag:
        inputs = input_of(bag)
        assert {frame.stamp_ns for frame in inputs.frames()} == {0}
        assert "stamps stay at 0.000 s over 2.99 s of recording" in inputs.why_no_head()
        by_bag = input_of(bag, InputChoice(bag_time=True))
        assert [f.stamp_ns for f in by_bag.frames()] == [10**9 + i * 10**7 for i in range(COUNT)]
        assert by_bag.why_no_head() == ""


@pytest.mark.parametrize("late_ns", [0, 3 * 10**8])
def test_clocks_that_are_apart_are_said(tmp_path: Path, late_ns: int) -> None:
    with BodyBagWriter(tmp_path / "bag") as out:
        for index in range(COUNT):
            time_ns = 10**9 + index * 10**7
            pose = TrackerPose(np.array([index, 0.5, 1.6]), np.array([0.0, 0.0, 0.0, 1.0]))
            same = TrackerFrame(time_ns, {"head": pose, "right_hand": pose})
            out.write_frame(same, time_ns + late_ns)  # all are recorded as late
            ahead = TrackerFrame(time_ns + 4 * 10**8, {"left_hand": pose})
            out.write_frame(ahead, time_ns + late_ns)
    with BagReader(tmp_path / "bag") as bag:
        inputs = input_of(bag)
        list(inputs.frames())
        assert [note.split(",")[0] for note in inputs.notes()] == [
            "left_hand: its stamps are 0.40 s ahead of the head's"
        ]
