# SPDX-License-Identifier: Apache-2.0
"""A .db3 file that was cut off: the messages before the break, as a file that can be read.

SQLite refuses a file that is shorter than its header says; filled up with zeros, all pages before
the break are read. Format of the header: https://www.sqlite.org/fileformat.html.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kinest_ros.errors import KinestError

_MAGIC = b"SQLite format 3\x00"
#: Bytes that a message takes at the least.
_LEAST_ROW = 32


def salvage_sqlite(source: Path, target: Path) -> int:
    """Write the tables of a rosbag2 .db3 file, as far as they are whole, to another file.

    Args:
        source: the file.
        target: to be made.

    Returns:
        Number of messages saved.

    Raises:
        KinestError: not a message in it, or no .db3 file at all.
    """
    data = source.read_bytes()
    if not data.startswith(_MAGIC) or len(data) < 100:
        raise KinestError(f"{source} is not a .db3 file, or is empty")
    page = int.from_bytes(data[16:18], "big")
    page = 65536 if page == 1 else page
    size = page * int.from_bytes(data[28:32], "big")
    data = data[: len(data) // page * page]  # half a page has rows that are not there
    filled = target.with_name(f"{target.name}.filled")
    filled.write_bytes(data + bytes(max(size - len(data), 0)))
    saved = 0
    try:
        with (
            contextlib.closing(sqlite3.connect(filled)) as old,
            contextlib.closing(sqlite3.connect(target)) as new,
            contextlib.suppress(sqlite3.DatabaseError),
        ):
            tables = old.execute(
                "SELECT name, sql FROM sqlite_master WHERE type='table' AND sql NOT NULL"
            ).fetchall()
            # Messages last: there the break is.
            for name, sql in sorted(tables, key=lambda table: table[0] == "messages"):
                new.execute(sql)
                for row in _rows(old, name, most=size // _LEAST_ROW):
                    marks = ",".join("?" * len(row))
                    done = new.execute(f'INSERT OR IGNORE INTO "{name}" VALUES ({marks})', row)
                    saved += name == "messages" and done.rowcount > 0
            new.commit()
    finally:
        filled.unlink()
    if not saved:
        raise KinestError(f"{source} is truncated before its first complete message")
    return saved


def _rows(database: sqlite3.Connection, table: str, most: int) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table that can be read, by their ids; pages that are lost are skipped."""
    following = 1
    while following <= most:
        try:
            for row in database.execute(
                f'SELECT * FROM "{table}" WHERE rowid >= ? ORDER BY rowid', (following,)
            ):
                following = row[0] + 1
                yield row
            return
        except sqlite3.DatabaseError:
            following += 1
