# SPDX-License-Identifier: Apache-2.0
"""The rows of a fleet on disk: each at once in a journal, a thousand of them as a file.

``results/part-000000.parquet`` and so on are written whole (Parquet; JSON lines where pyarrow is
not installed). ``results/journal.jsonl`` holds the rows since the last of them, brought to the disk
line by line: whoever is killed loses no row that was told, and does no bag twice.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole
from kinest_ros.fleet.columns import columns_of
from kinest_ros.fleet.listing import Names

#: Rows of a file.
SHARD = 1000
_JOURNAL = "journal.jsonl"


class Results:
    """The rows in a folder: those that are there, and those to come."""

    def __init__(
        self, folder: Path, kind: str, shard: int = SHARD, retry_failed: bool = False
    ) -> None:
        """Read which bags have a row.

        Args:
            folder: is made where it is missing.
            kind: of the task.
            shard: rows of a file.
            retry_failed: remove the rows of bags that failed, so that these are done again.

        Raises:
            KinestError: a file in it that cannot be read.
        """
        self.folder, self._kind, self._shard = folder, kind, shard
        folder.mkdir(parents=True, exist_ok=True)
        self.names = Names()
        if retry_failed:
            self._forget_failed()
        for path in self._shards():
            for row in read_shard(path, ("bag",)):
                self.names.add(row["bag"])
        # Killed between a file and the end of its journal, the rows are in both.
        found = (row for row in self._journal() if row["ok"] or not retry_failed)
        self._open = [row for row in found if self.names.add(row["bag"])]
        write_whole(folder / _JOURNAL, "".join(_line(row) for row in self._open))
        self._stream = (folder / _JOURNAL).open("a", encoding="utf-8")

    def add(self, row: dict[str, Any]) -> None:
        """Keep a row."""
        self._stream.write(_line(row))
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self.names.add(row["bag"])
        self._open.append(row)
        if len(self._open) >= self._shard:
            self._close_shard()

    def close(self) -> None:
        """Put what is in the journal into a file as well."""
        if self._open:
            self._close_shard()
        self._stream.close()
        (self.folder / _JOURNAL).unlink(missing_ok=True)

    def abandon(self) -> None:
        """Leave the journal as it is, for the next run."""
        self._stream.close()

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Yield all rows, file by file; some columns of them, or all."""
        for path in self._shards():
            yield from read_shard(path, columns)
        for row in self._open:
            yield row if columns is None else {name: row.get(name) for name in columns}

    def _forget_failed(self) -> None:
        for path in self._shards():
            if any(not row["ok"] for row in read_shard(path, ("ok",))):
                good = [row for row in read_shard(path) if row["ok"]]
                if good:
                    self._write(path, good)
                else:
                    path.unlink()

    def _close_shard(self) -> None:
        numbers = [int(path.stem.partition("-")[2]) for path in self._shards()]
        suffix = ".parquet" if _has_pyarrow() else ".jsonl"
        path = self.folder / f"part-{max(numbers, default=-1) + 1:06d}{suffix}"
        self._write(path, sorted(self._open, key=lambda row: row["bag"]))
        self._open.clear()
        self._stream.truncate(0)

    def _write(self, path: Path, rows: Sequence[dict[str, Any]]) -> None:
        if path.suffix == ".parquet":
            write_whole(path, _parquet(rows, self._kind))
        else:
            write_whole(path, "".join(_line(row) for row in rows))

    def _shards(self) -> list[Path]:
        return sorted(p for p in self.folder.glob("part-*") if p.suffix in (".parquet", ".jsonl"))

    def _journal(self) -> Iterator[dict[str, Any]]:
        try:
            content = (self.folder / _JOURNAL).read_bytes()
        except FileNotFoundError:
            return
        for line in content.split(b"\n")[:-1]:  # the last is empty, or cut off
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict) and "bag" in row:
                yield row


def read_shard(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file.

    Raises:
        KinestError: it cannot be read.
    """
    try:
        if path.suffix == ".jsonl":
            with path.open(encoding="utf-8") as stream:
                for line in stream:
                    row = json.loads(line)
                    yield row if columns is None else {name: row[name] for name in columns}
            return
        import pyarrow.parquet

        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=columns and list(columns)):
                yield from batch.to_pylist()
    except ImportError:
        raise KinestError(f"{path} needs pyarrow: pip install 'kinest_ros[fleet]'") from None
    except (OSError, ValueError, KeyError) as error:  # pyarrow's own errors are among them
        raise KinestError(f"{path} cannot be read: {error}") from None


def _parquet(rows: Sequence[dict[str, Any]], kind: str) -> bytes:
    import pyarrow
    import pyarrow.parquet

    types = {
        str: pyarrow.string(), bool: pyarrow.bool_(), int: pyarrow.int64(),
        float: pyarrow.float64(), list: pyarrow.list_(pyarrow.float64()),
    }  # fmt: skip
    schema = pyarrow.schema(
        (name, pyarrow.list_(pyarrow.string()) if name == "notes" else types[column])
        for name, column in columns_of(kind).items()
    )
    content = io.BytesIO()
    table = pyarrow.Table.from_pylist(list(rows), schema)
    pyarrow.parquet.write_table(table, content, compression="zstd")
    return content.getvalue()


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row) + "\n"


def _has_pyarrow() -> bool:
    try:
        import pyarrow.parquet
    except ImportError:
        return False
    return bool(pyarrow.parquet)
