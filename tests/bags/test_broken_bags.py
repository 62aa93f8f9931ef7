# SPDX-License-Identifier: Apache-2.0
"""Bags that break off or hold what they should not: what is whole is read, the rest is said."""

import contextlib
import sqlite3
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from kinest_ros.bags import opening
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.salvage import salvage
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.errors import KinestError
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.bags.recorded import COUNT, cut, numbers, storage_of, warned, write

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


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
    assert f"{file} is truncated" in warned(caplog)
    assert f"{len(found)} messages" in warned(caplog)


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_compressed_file_that_breaks_off(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, share: float
) -> None:
    rng = np.random.default_rng(0)
    bag = tmp_path / "bag"
    with BodyBagWriter(bag) as out:  # places that cannot be packed into a single block
        for index in range(3000):
            pose = TrackerPose((index, *rng.normal(size=2)), np.array([0.0, 0.0, 0.0, 1.0]))
            out.write_frame(TrackerFrame(10**9 + index * 10**7, {"head": pose}))
    file = storage_of(bag)
    packed = tmp_path / f"{file.name}.zstd"
    packed.write_bytes(zstd.compress(file.read_bytes()))
    cut(packed, share)
    found = numbers(packed)
    assert found == list(range(len(found))) and len(found) > 0.2 * share * 3000
    assert f"{packed} is truncated: the messages after the break are lost" in warned(caplog)


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
    # As other readers want it: a header, the data and its end, and a footer.
    assert (records[0][0], records[-2][0], records[-1][0]) == (0x01, 0x0F, 0x02)
    messages = [record for record in records if record[0] == 5]
    assert len(messages) > COUNT - 1
    late = messages[50:] + messages[:50]
    others = [record for record in records if record[0] != 5]
    flat.write_bytes(data[:8] + b"".join([*others[:-2], *late, *others[-2:]]) + data[-8:])
    assert numbers(flat) == list(range(COUNT))


def test_nothing_whole_is_an_error(tmp_path: Path) -> None:
    file = storage_of(write(tmp_path / "bag"))
    cut(file, 0.01)
    with pytest.raises(KinestError, match="truncated before its first complete message"):
        numbers(file)


def test_of_a_database_that_breaks_off_all_that_is_whole_is_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = storage_of(write(tmp_path / "bag", count=2000, storage="sqlite3"))
    cut(file, 0.5)
    found = numbers(file)
    assert found == sorted(set(found))
    assert 400 < len(found) < 1600
    seconds = 0.01 * (found[-1] - found[0])
    assert f"is truncated: {len(found)} messages in {seconds:.2f} s" in caplog.text


def test_pages_may_be_of_any_size_that_databases_have(tmp_path: Path) -> None:
    """The largest one is written as 1."""
    file = storage_of(write(tmp_path / "bag", count=4000, storage="sqlite3"))
    with contextlib.closing(sqlite3.connect(file)) as database:
        database.execute("PRAGMA page_size = 65536")
        database.execute("VACUUM")
    assert file.read_bytes()[16:18] == b"\x00\x01"
    cut(file, 0.6)
    found = numbers(file)
    assert found == sorted(set(found))
    assert 0.1 * 4000 < len(found) < 0.8 * 4000


def test_a_broken_database_is_told_its_remedy(tmp_path: Path) -> None:
    file = storage_of(write(tmp_path / "bag", storage="sqlite3"))
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(KinestError, match="recover"):
        numbers(file)


def test_a_broken_bag_of_ros_1_is_told_its_remedy(tmp_path: Path) -> None:
    (tmp_path / "old.bag").write_bytes(b"#ROSBAG V2.0\n")
    with pytest.raises(KinestError, match="rosbag reindex"):
        numbers(tmp_path / "old.bag")


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
