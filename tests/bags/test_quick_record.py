# SPDX-License-Identifier: Apache-2.0
"""A bag written in fewer steps is, byte by byte, the one that rosbags writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rosbags.rosbag2 import StoragePlugin, Writer

from kinest_ros.bags import writer as writer_module
from kinest_ros.bags.quick_record import quick_record
from kinest_ros.bags.writer import BodyBagWriter
from tests.search import examples

MESSAGES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 2**62), st.binary(max_size=40)), max_size=30
)


def written(folder: Path, messages: list[tuple[int, int, bytes]]) -> dict[str, bytes]:
    """The files of a bag with some messages."""
    with BodyBagWriter(folder / "bag") as out:
        for topic, time_ns, data in messages:
            out.write_raw(f"/t{topic}", "std_msgs/msg/String", time_ns, data)
    return {path.name: path.read_bytes() for path in (folder / "bag").iterdir()}


@settings(deadline=None, max_examples=examples(25))
@given(messages=MESSAGES)
def test_the_files_are_those_of_rosbags(messages, tmp_path_factory):
    quick = written(tmp_path_factory.mktemp("quick"), messages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer_module, "quick_record", lambda writer: writer.write)
        assert written(tmp_path_factory.mktemp("plain"), messages) == quick


def test_chunks_begin_where_those_of_rosbags_do(tmp_path_factory):
    """Three of them, in which times go back and forth."""
    messages = [(i % 3, 10**18 + (i * 7919) % 1000, bytes(3000)) for i in range(1000)]
    quick = written(tmp_path_factory.mktemp("quick"), messages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer_module, "quick_record", lambda writer: writer.write)
        assert written(tmp_path_factory.mktemp("plain"), messages) == quick


def test_other_storage_and_other_writers_are_left_to_rosbags(tmp_path):
    with Writer(tmp_path / "a", version=8, storage_plugin=StoragePlugin.MCAP) as writer:
        assert quick_record(writer) != writer.write
        known = writer.storage.chunk
        writer.storage.chunk = object()  # a later version's, say
        assert quick_record(writer) == writer.write
        del writer.storage.chunk
        assert quick_record(writer) == writer.write
        writer.storage.chunk = known
    with Writer(tmp_path / "c", version=8, storage_plugin=StoragePlugin.SQLITE3) as writer:
        assert quick_record(writer) == writer.write
