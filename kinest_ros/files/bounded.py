# SPDX-License-Identifier: Apache-2.0
"""Files read within bounds: how much may be in them is known before any of it is in memory.

Files that people send each other may be damaged, or made to fill the memory: an archive that
unpacks to a thousand times its size, an array whose header promises more than there is, YAML whose
aliases multiply, a pipe that never ends.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
import yaml

#: Most bytes of what people write by hand: calibrations, descriptions of weights, lists.
TEXT_LIMIT = 4 << 20
#: Most bytes of a weights file, and of the arrays in an archive of a body, a skeleton or a clip.
WEIGHTS_LIMIT, ARRAYS_LIMIT = 1 << 30, 2 << 30


class OutOfBounds(ValueError):
    """A file that holds more than it may, or is no regular file."""


def read_bytes(path: Path, most: int) -> bytes:
    """Return what is in a regular file.

    Raises:
        OutOfBounds: more than `most` bytes, or a folder, pipe or device.
        OSError: it cannot be read.
    """
    check_size(path, most)
    with open(path, "rb", opener=_without_waiting) as stream:
        content = stream.read(most + 1)
    if len(content) > most:
        raise OutOfBounds(f"it has more than {most} bytes")
    return content


def read_text(path: Path, most: int = TEXT_LIMIT) -> str:
    """Return the UTF-8 text of a regular file; raises as `read_bytes`, or UnicodeDecodeError."""
    return read_bytes(path, most).decode("utf-8")


def check_size(path: Path, most: int) -> None:
    """Raise OutOfBounds for what is no regular file, or has more than `most` bytes."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode):
        raise OutOfBounds("it is no regular file")
    if found.st_size > most:
        raise OutOfBounds(f"it has {found.st_size} bytes; {most} are the most that is read")


def parse_json(text: str) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: no valid JSON, nested deeper than Python can follow, or with a whole number
            that no float can hold.
    """
    try:
        return json.loads(text, parse_int=_whole_number)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_yaml(text: str) -> Any:
    """Return what a YAML text says: plain values only, and no aliases.

    Raises:
        ValueError: no valid YAML, aliases, nested deeper than Python can follow, or with a whole
            number that no float can hold.
    """
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        raise ValueError(f"a value in it makes no sense ({error})") from error


class _PlainLoader(yaml.SafeLoader):
    """The safe loader, without what can multiply: a few lines of aliases make a billion values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read")
        return super().compose_node(parent, index)

    def construct_yaml_int(self, node: Any) -> int:
        return _as_large_as_floats(super().construct_yaml_int(node))


_PlainLoader.add_constructor("tag:yaml.org,2002:int", _PlainLoader.construct_yaml_int)


def _whole_number(digits: str) -> int:
    return _as_large_as_floats(int(digits))


def _as_large_as_floats(value: int) -> int:
    # math.isfinite, which is asked next, fails beyond the range of a float.
    if abs(value) > sys.float_info.max:
        raise ValueError(f"a whole number in it has {value.bit_length()} bits")
    return value


def load_arrays(
    path: Path, most: int = ARRAYS_LIMIT, keys: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """Return the arrays of an .npz file by name.

    Args:
        path: the file.
        most: bytes of all that is read of it, unpacked.
        keys: what is wanted; the other arrays come empty, with nothing of them read. All if None.

    Raises:
        ValueError: no archive of plain arrays, damaged, or with more in it than `most`.
        OSError: it cannot be read.
    """
    check_size(path, most)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            wanted = [info for name, info in members.items() if keys is None or name in keys]
            if sum(info.file_size for info in wanted) > most:
                raise OutOfBounds(f"it unpacks to more than {most} bytes")
            arrays: dict[str, np.ndarray] = {}
            for name, info in members.items():
                if keys is not None and name not in keys:
                    arrays[name] = np.empty(0)
                    continue
                with archive.open(info) as stream:
                    arrays[name] = _array(stream, info.file_size)
            return arrays
    except (
        zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, LookupError,
        TypeError, OverflowError, SyntaxError, MemoryError,
    ) as error:  # fmt: skip
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _array(stream: IO[bytes], size: int) -> np.ndarray:
    """Return the array of an .npy stream whose header promises no more than there is."""
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise ValueError(f"an array in it is of the unknown version {version}")
    if dtype.hasobject:
        raise ValueError("an array in it holds Python objects (a pickle), which are not read")
    count = 1
    for length in shape:
        count *= length
    if not 0 <= count * dtype.itemsize <= size:
        raise OutOfBounds(f"an array in it promises {count * dtype.itemsize} bytes of {size}")
    data = stream.read(count * dtype.itemsize)
    array = np.frombuffer(bytearray(data), dtype, count)
    return array.reshape(shape, order="F" if fortran else "C")


def _without_waiting(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)
