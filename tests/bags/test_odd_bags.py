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
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from kinest_ros.bags import opening
from kinest_ros.bags.reader import BagReader, read_tracker_frames
from kinest_ros.bags.salvage import salvage
from kinest_ros.bags.topics import INPUT_OF_TYPE
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.errors import KinestError
from kinest_ros.node.inputs.registry import INPUTS
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


def test_a_broken_database_is_told_its_remedy(tmp_path: Path) -> None:
    file = storage_of(write(tmp_path / "bag", storage="sqlite3"))
    cut(file, 0.5)
    with pytest.raises(KinestError, match="recover"):
        numbers(file)


def test_a_bag_of_ros_1_is_told_its_converter(tmp_path: Path) -> None:
    (tmp_path / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    with pytest.raises(KinestError, match=r"rosbags-convert --src \S+old\.bag --dst \S+old,"):
        numbers(tmp_path / "old.bag")


def bag_of(path: Path, topic: str, msgtype: str) -> Path:
    store = get_typestore(Stores.ROS2_HUMBLE)
    with Writer(path, version=9) as writer:
        writer.add_connection(topic, msgtype, typestore=store)
    return path


@pytest.mark.parametrize(
    ("msgtype", "chosen"),
    [
        ("tf2_msgs/msg/TFMessage", "input:=tf "),
        ("geometry_msgs/msg/PoseWithCovarianceStamped", "input:=pose_with_covariance "),
        ("nav_msgs/msg/Odometry", "input:=odometry "),
    ],
)
def test_poses_in_other_messages_are_told_the_way_by_the_node(
    tmp_path: Path, msgtype: str, chosen: str
) -> None:
    bag = bag_of(tmp_path / "bag", "/vr/head", msgtype)
    for topics in (None, {"head": "/vr/head"}):
        with pytest.raises(KinestError, match=chosen):
            list(read_tracker_frames(bag, topics))


def test_the_inputs_named_for_other_messages_are_the_nodes() -> None:
    takes = {name: spec.topics for name, spec in INPUTS.items()}
    for kind, name in INPUT_OF_TYPE.items():
        assert kind.replace("/msg/", "/") in takes[name].replace("/msg/", "/"), kind
    assert set(INPUT_OF_TYPE.values()) == set(INPUTS) - {"pose"}


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
