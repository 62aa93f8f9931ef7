# SPDX-License-Identifier: Apache-2.0
"""Files and folders that appear whole or not at all, whenever the writer is killed.

What is written lies under a temporary name in the same folder, is brought to the disk (fsync), and
only then takes its name, in one step that the kernel does whole or not at all. Until then a reader
sees what was there before. A writer that was killed leaves its temporary name behind:
`.NAME.XXXXXXXX.part`.
"""

from __future__ import annotations

import contextlib
import ctypes
import glob
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

#: Age after which the unfinished file of a killed writer is removed by the next one, s.
LEFTOVER_AGE = 24 * 3600.0
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@contextlib.contextmanager
def whole_file(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file for writing bytes that replaces `path` when the with block ends.

    After an exception, or a kill at any moment, what was at `path` is still there. A link is
    followed: the file that it leads to is replaced. Into what is no regular file, such as a pipe,
    bytes are written directly.

    Raises:
        OSError: the folder is missing or cannot be written, or the disk is full.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        with path.open("wb") as stream:
            yield stream
        return
    part = _part(path)
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        with os.fdopen(descriptor, "wb") as stream:
            if path.exists():
                os.fchmod(descriptor, stat.S_IMODE(path.stat().st_mode))
            yield stream
            stream.flush()
            os.fsync(descriptor)
        part.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # not even the folder may be there
            part.unlink()
        if isinstance(error, OSError) and error.errno and error.filename in (None, str(part)):
            error.filename = str(path)  # the name that the user knows
        raise
    _sync_folder(path.parent)
    _remove_leftovers(path)


def write_whole(path: str | Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8; otherwise as `whole_file`."""
    with whole_file(path) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def unfinished_folder(path: Path) -> Path:
    """Return a name for a folder to be filled, for `put_in_place`: of the same name, in a new one.

    Raises:
        OSError: the folder around it cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    around = _part(path)
    around.mkdir()
    return around / path.name


def put_in_place(unfinished: Path, path: Path) -> None:
    """Let a folder of `unfinished_folder` take its name, in place of what is there.

    Raises:
        OSError: the disk is full, or the folder cannot be written.
    """
    for folder, _, names in os.walk(unfinished):
        for name in names:
            _sync(Path(folder, name))
        _sync_folder(Path(folder))
    if path.is_dir() and any(path.iterdir()):
        _exchange(unfinished, path)
    else:
        unfinished.replace(path)
    _sync_folder(path.parent)
    discard(unfinished)


def discard(unfinished: Path) -> None:
    """Remove what `unfinished_folder` began."""
    shutil.rmtree(unfinished.parent, ignore_errors=True)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _exchange(first: Path, second: Path) -> None:
    """Exchange the names of two folders, in one step where kernel and file system know how to."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    names = (_AT_FDCWD, os.fsencode(first), _AT_FDCWD, os.fsencode(second))
    if rename is not None and rename(*names, _RENAME_EXCHANGE) == 0:
        return
    # In two steps: killed between them, what was there is whole, in the temporary folder.
    before = first.with_name(f"{first.name}.before")
    second.rename(before)
    first.rename(second)


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some network file systems cannot
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(path: Path) -> None:
    with contextlib.suppress(OSError):
        for part in path.parent.glob(f".{glob.escape(path.name)}.????????.part"):
            if part.is_file() and time.time() - part.stat().st_mtime > LEFTOVER_AGE:
                part.unlink()
