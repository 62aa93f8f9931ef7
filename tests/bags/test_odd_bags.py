# SPDX-License-Identifier: Apache-2.0
"""Bags as recorders leave them behind: all that is whole is read, and what is lost is said."""

import logging
import shutil
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from rosbags.rosbag1 import Writer as Ros1Writer
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from kinest_ros.bags import opening
from kinest_ros.bags.contents import input_of, read_tracker_frames
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.salvage import salvage
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.errors import KinestError
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

COUNT = 300


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_said", set())


def write(path: Path, first: int = 0, count: int = COUNT, storage: str = "mcap") -> Path:
    """A bag of `count` poses of a head, 10 ms apart, the first with the number `first`."""
    with BodyBagWriter(path, storage=storage) as bag:
        for index in range(first, first + count):
            pose = TrackerPose(np.array([index, 0.5, 1.6]), np.array([0.0, 0.0, 0.0, 1.0]))
            bag.write_frame(TrackerFrame(10**9 + index * 10**7, {"head": pose}))
    return path


def numbers(path: Path) -> list[int]:
    return [round(frame.poses["head"].position[0]) for frame in read_tracker_frames(path)]


def storage_of(bag: Path) -> Path:
    return next(file for file in bag.iterdir() if file.suffix in (".mcap", ".db3"))


def cut(file: Path, share: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])


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


def warned(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(r.message for r in caplog.records if r.levelno >= logging.WARNING)


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


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.9, 0.999])
def test_a_file_that_breaks_off_is_read_up_to_there(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, share: float, bare: bool
) -> None:
    bag = write(tmp_path / "bag")
    file = storage_of(bag)
    cut(file, share)
    found = numbers(file if bare else bag)
    assert found == list(range(len(found)))
    assert len(found) >= (0.9 * share * COUNT if share < 0.9 else COUNT * 0.8)
    assert f"{file} breaks off" in warned(caplog)
    assert f"{len(found)} messages" in warned(caplog)


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


@pytest.mark.parametrize("share", [0.4, 0.8])
def test_a_compressed_chunk_that_breaks_off(tmp_path: Path, share: float) -> None:
    store = get_typestore(Stores.ROS2_HUMBLE)
    bag = tmp_path / "bag"
    writer = Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
    rng = np.random.default_rng(0)
    with writer:
        kind = store.types["geometry_msgs/msg/Point"]
        points = writer.add_connection("/p", "geometry_msgs/msg/Point", typestore=store)
        for index in range(10_000):  # zstd gives blocks of 128 KB, whole or not at all
            data = store.serialize_cdr(kind(*rng.normal(size=3)), kind.__msgtype__)
            writer.write(points, index, data)
    cut(storage_of(bag), share)
    with BagReader(bag) as opened:
        found = [message.time_ns for message in opened.messages(["/p"])]
    assert found == list(range(len(found)))
    assert len(found) > 0.3 * share * 10_000


def test_messages_without_an_index_come_in_the_order_of_time(tmp_path: Path) -> None:
    """As written by recorders without chunks, where one topic's writer is late."""
    whole = storage_of(write(tmp_path / "bag"))
    flat = tmp_path / "flat.mcap"
    assert salvage(whole, flat) is False  # without chunks, and nothing lost
    data = flat.read_bytes()
    records, at = [], 8
    while at < len(data) - 8:
        size = struct.unpack_from("<Q", data, at + 1)[0]
        records.append(data[at : at + 9 + size])
        at += 9 + size
    messages = [record for record in records if record[0] == 5]
    assert len(messages) > COUNT - 1
    late = messages[50:] + messages[:50]
    others = [record for record in records if record[0] != 5]
    flat.write_bytes(data[:8] + b"".join([*others[:-2], *late, *others[-2:]]) + data[-8:])
    assert numbers(flat) == list(range(COUNT))


def test_nothing_whole_is_an_error(tmp_path: Path) -> None:
    file = storage_of(write(tmp_path / "bag"))
    cut(file, 0.01)
    with pytest.raises(KinestError, match="breaks off before its first whole message"):
        numbers(file)


def test_of_a_database_that_breaks_off_all_that_is_whole_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = storage_of(write(tmp_path / "bag", count=2000, storage="sqlite3"))
    cut(file, 0.5)
    found = numbers(file)
    assert found == sorted(set(found))
    assert 400 < len(found) < 1600
    assert f"breaks off: {len(found)} messages in" in caplog.text


def test_a_broken_database_is_told_its_remedy(tmp_path: Path) -> None:
    file = storage_of(write(tmp_path / "bag", storage="sqlite3"))
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(KinestError, match="recover"):
        numbers(file)


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


def test_a_broken_bag_of_ros_1_is_told_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    with pytest.raises(KinestError, match="rosbag reindex"):
        numbers(tmp_path / "old.bag")


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
        assert "stamps stand still at 0.000 s while 2.99 s were recorded" in inputs.why_no_head()
        by_bag = input_of(bag, InputChoice(bag_time=True))
        assert [f.stamp_ns for f in by_bag.frames()] == [10**9 + i * 10**7 for i in range(COUNT)]
        assert by_bag.why_no_head() == ""


def test_clocks_that_are_apart_are_said(tmp_path: Path) -> None:
    with BodyBagWriter(tmp_path / "bag") as out:
        for index in range(COUNT):
            time_ns = 10**9 + index * 10**7
            pose = TrackerPose(np.array([index, 0.5, 1.6]), np.array([0.0, 0.0, 0.0, 1.0]))
            out.write_frame(TrackerFrame(time_ns, {"head": pose, "right_hand": pose}))
            out.write_frame(TrackerFrame(time_ns + 4 * 10**8, {"left_hand": pose}), time_ns)
    with BagReader(tmp_path / "bag") as bag:
        inputs = input_of(bag)
        list(inputs.frames())
        assert [note.split(",")[0] for note in inputs.notes()] == [
            "left_hand: its stamps are 0.40 s ahead of the head's"
        ]


def test_nothing_unfinished_has_the_bags_name_and_what_it_replaces_stays(tmp_path: Path) -> None:
    write(tmp_path / "bag", 0, 10)
    with pytest.raises(RuntimeError), BodyBagWriter(tmp_path / "bag", overwrite=True) as out:
        out.write_frame(TrackerFrame(1, {"head": TrackerPose((0, 0, 1), (0, 0, 0, 1))}))
        assert numbers(tmp_path / "bag") == list(range(10))
        raise RuntimeError
    assert numbers(tmp_path / "bag") == list(range(10))
    assert [path.name for path in tmp_path.iterdir()] == ["bag"]


def test_a_file_that_unpacks_to_a_thousand_times_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "UNPACKED_EXTRA", 1 << 20)
    bomb = tmp_path / "bomb.mcap.zstd"
    bomb.write_bytes(zstd.compress(bytes(50_000_000)))
    with pytest.raises(KinestError, match=r"bomb\.mcap\.zstd unpacks to more"):
        numbers(bomb)


def test_a_chunk_that_unpacks_to_a_thousand_times_its_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is within the bound is read."""
    from kinest_ros.bags import salvage as module

    monkeypatch.setattr(module, "CHUNK_LIMIT", 1000)
    for name, packed in (
        (b"zstd", zstd.compress(bytes(1_000_000))),
        (b"lz4", module.lz4.frame.compress(bytes(1_000_000))),
    ):
        chunk = bytes(28) + struct.pack("<I", len(name)) + name + bytes(8) + packed
        assert module._unpacked(chunk) == bytes(1000)
