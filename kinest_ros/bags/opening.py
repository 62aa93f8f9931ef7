# SPDX-License-Identifier: Apache-2.0
"""Opens what recorders leave behind: bags that are whole, and bags that are not quite.

A rosbag2 folder is read as its metadata.yaml says. Where that is missing or wrong, the files that
are there are read, one after the other, and where a file is cut off, what there is of it. What may
be lost is logged as a warning.
"""

from __future__ import annotations

import contextlib
import logging
import re
import tempfile
from pathlib import Path

from rosbags.rosbag1 import Reader as Ros1Reader
from rosbags.rosbag1 import ReaderError as Ros1Error
from rosbags.rosbag2 import Reader

from kinest_ros.bags.salvage import salvage, zstd
from kinest_ros.bags.salvage_sqlite import salvage_sqlite
from kinest_ros.errors import KinestError

_LOG = logging.getLogger(__name__)
_STORAGES = (".mcap", ".db3")
_NAMES = re.compile(r"\.(mcap|db3)(\.zstd)?$")
#: What rosbags raises on a broken file: whatever its bytes lead to, of several libraries.
BROKEN = (Exception,)
#: A compressed bag may unpack to so many times its size, and so many bytes more.
UNPACKED_RATIO, UNPACKED_EXTRA = 100, 256 << 20
_said: set[str] = set()


def open_readers(path: Path, stack: contextlib.ExitStack) -> list[Reader | Ros1Reader]:
    """Return the open readers of a bag, in the order in which they are to be read.

    Args:
        path: a rosbag2 folder, a bare .mcap, .db3 or zstd-compressed file, or a .bag of ROS 1.
        stack: closes them, and removes what was unpacked.

    Raises:
        KinestError: nothing that can be read.
    """
    if not path.is_dir():
        return [_open_file(path, stack)]
    reason = "it has no metadata.yaml"
    if (path / "metadata.yaml").is_file():
        try:
            return [stack.enter_context(Reader(path))]
        except BROKEN as error:
            reason = str(error).rstrip(".")
    files = sorted((p for p in path.iterdir() if _NAMES.search(p.name)), key=_in_order)
    if not files:
        raise KinestError(
            f"{path} is not a readable bag: {reason}, and it has no .mcap or .db3 file"
        )
    readers, refused = [], []
    for file in files:
        try:
            readers.append(_open_file(file, stack))
        except KinestError as error:
            refused.append(str(error))
    if not readers:
        raise KinestError("; ".join(refused))
    names = ", ".join(file.name for file in files)
    _say(
        f"{path}: {reason}; reading the files that are there: {names} "
        f"(ros2 bag reindex {path} rewrites metadata.yaml)"
    )
    for text in refused:
        _say(f"left out: {text}")
    return sorted(readers, key=lambda reader: reader.start_time)


def _in_order(file: Path) -> list[int | str]:
    """Sort bag_10 behind bag_9."""
    parts = re.split(r"(\d+)", file.name)
    return [int(part) if part.isdigit() else part for part in parts]


def _open_file(file: Path, stack: contextlib.ExitStack) -> Reader | Ros1Reader:
    if file.suffix == ".bag":
        return _ros1(file, stack)
    if not _NAMES.search(file.name):
        raise KinestError(
            f"{file} is not a readable bag: give a rosbag2 folder, an .mcap, .db3 or .bag file "
            "(kinest convert makes one of other recordings and of clips)"
        )
    storage = file
    if file.suffix == ".zstd":
        storage = _scratch(stack) / file.stem
        with zstd.open(file, "rb") as packed, storage.open("wb") as unpacked:
            most = UNPACKED_RATIO * file.stat().st_size + UNPACKED_EXTRA
            try:
                while block := packed.read1(1 << 20):  # read() drops what came before a break
                    unpacked.write(block)
                    if unpacked.tell() > most:
                        raise KinestError(
                            f"{file} unpacks to more than {UNPACKED_RATIO} times its size, as no "
                            "recording does: unpack it yourself if you trust it"
                        )
            except (EOFError, zstd.ZstdError):
                _say(f"{file} is truncated: the messages after the break are lost")
    try:
        return _whole(stack.enter_context(Reader(storage)))
    except BROKEN as error:
        if storage.suffix != ".mcap":
            return _broken_database(file, storage, error, stack)
    mended = _scratch(stack) / storage.name
    if salvage(storage, mended):
        reader = stack.enter_context(Reader(mended))
        seconds = reader.duration * 1e-9
        _say(
            f"{file} is truncated: read up to the break, {reader.message_count} messages in "
            f"{seconds:.2f} s; the rest is lost"
        )
        return reader
    return stack.enter_context(Reader(mended))


def _broken_database(
    file: Path, storage: Path, error: Exception, stack: contextlib.ExitStack
) -> Reader:
    mended = _scratch(stack) / storage.name
    try:
        salvage_sqlite(storage, mended)
        reader = stack.enter_context(Reader(mended))
    except (KinestError, *BROKEN):
        raise KinestError(
            f"{file} is not a readable bag: {error}. With sqlite3 installed, sqlite3 {storage} "
            ".recover | sqlite3 recovered.db3 saves what can be saved"
        ) from None
    _say(
        f"{file} is truncated: {reader.message_count} messages in "
        f"{reader.duration * 1e-9:.2f} s could be read; the others are lost"
    )
    return reader


def _ros1(file: Path, stack: contextlib.ExitStack) -> Ros1Reader:
    try:
        return stack.enter_context(Ros1Reader(file))
    except (Ros1Error, *BROKEN) as error:
        raise KinestError(
            f"{file} is not a readable ROS 1 bag: {error}. If it was not closed, repair it with "
            "rosbag reindex, of ROS 1"
        ) from None


def _whole(reader: Reader) -> Reader:
    """Return the reader, having found that one without an index can be read in order."""
    if not getattr(reader.storage, "chunks", True):
        for _ in reader.messages():
            pass
    return reader


def _scratch(stack: contextlib.ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kinest_bag_")))


def _say(text: str) -> None:
    """Warn once, however often the bag is opened."""
    if text not in _said:
        _said.add(text)
        _LOG.warning("%s", text)
