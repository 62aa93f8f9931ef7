# SPDX-License-Identifier: Apache-2.0
"""The bags of folders and lists, one after the other: they are never all in memory."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from kinest_ros.errors import KinestError

_STORED = re.compile(r"\.(mcap|db3)(\.zstd)?$|\.bag$")
#: What the files of one split recording differ by: bag_0.mcap, bag_1.mcap.
_PART = re.compile(r"_\d+(?=\.(mcap|db3)(\.zstd)?$)")
#: Under it are bags that a list names outside of its own folder, by their whole paths.
_ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class Listed:
    """A bag to be done.

    Attributes:
        name: relative, and that bag's alone; its results are under it.
        path: absolute.
    """

    name: str
    path: str


class Names:
    """Which names there were, by 16 bytes each."""

    def __init__(self) -> None:
        """Know none."""
        self._known: set[bytes] = set()

    def add(self, name: str) -> bool:
        """Note a name; return whether it is new."""
        before = len(self._known)
        self._known.add(_digest(name))
        return len(self._known) > before

    def __contains__(self, name: str) -> bool:
        """Whether it was added."""
        return _digest(name) in self._known

    def __len__(self) -> int:
        """How many there are."""
        return len(self._known)


def bags_of(paths: Sequence[Path], lists: Sequence[Path] = ()) -> Iterator[Listed]:
    """Yield the bags among and below some paths, then those that lists name.

    A folder with metadata.yaml is a bag. In one without, files that differ by a trailing number
    alone (``lab_0.mcap``, ``lab_1.mcap``), with no bag in a folder beside, are one bag; otherwise
    each .mcap, .db3 or .bag file is a bag of its own. Folders below are looked through by name;
    those with a leading dot are left out. A bag's name is its path below the folder given, or below
    the folder of the list; behind that folder's or list's own name where several are given. A bag
    that is given itself is called as its file; one that a list names elsewhere, by its whole path
    behind ``elsewhere``.

    Args:
        paths: bags, and folders of bags.
        lists: text files with the path of a bag in each line, relative to the list's folder; empty
            lines and those that begin with # are passed over.

    Raises:
        KinestError: a path or list that is not there, or two of them of the same name.
    """
    several = len(paths) + len(lists) > 1
    called = [Path(os.path.abspath(path)).name for path in paths] + [each.stem for each in lists]
    for name in called:
        if called.count(name) > 1:
            raise KinestError(f"two of the paths given are called {name}; rename one")
    for path in paths:
        if not path.exists():
            raise KinestError(f"bag {path} does not exist")
        absolute = Path(os.path.abspath(path))
        if is_bag(absolute):
            yield Listed(absolute.name, str(absolute))
        else:
            for found in _below(absolute):
                name = os.path.relpath(found, absolute)
                yield Listed(os.path.join(absolute.name, name) if several else name, found)
    for each in lists:
        for bag in _listed(each):
            yield Listed(os.path.join(each.stem, bag.name), bag.path) if several else bag


def is_bag(path: Path) -> bool:
    """Return whether a path is one bag, rather than a folder of bags."""
    if not path.is_dir():
        return True
    if (path / "metadata.yaml").is_file():
        return True
    with os.scandir(path) as found:
        entries = [(entry.name, entry.is_dir()) for entry in found if entry.name[0] != "."]
    if not _one_split_bag([name for name, _ in entries]):
        return False
    # A stray file beside folders of bags must not hide those.
    below = (path / name for name, is_folder in entries if is_folder)
    return not any(True for folder in below for _ in _within(folder))


def holds_files(folder: Path) -> bool:
    """Return whether recordings lie in a folder itself, as files."""
    return any(_STORED.search(entry.name) and entry.is_file() for entry in os.scandir(folder))


def _within(folder: Path) -> Iterator[str]:
    """Yield a folder that is a bag, or the bags below it."""
    return iter((str(folder),)) if is_bag(folder) else _below(folder)


def _below(folder: Path | str) -> Iterator[str]:
    with os.scandir(folder) as found:
        entries = sorted(
            (entry.name, entry.is_dir())
            for entry in found
            if entry.name[0] != "." and (entry.is_dir() or entry.is_file())
        )
    for name, is_folder in entries:
        path = os.path.join(folder, name)
        if not is_folder:
            if _STORED.search(name):
                yield path
        elif is_bag(Path(path)):
            yield path
        else:
            yield from _below(path)


def _one_split_bag(names: Sequence[str]) -> bool:
    stored = [name for name in names if _STORED.search(name)]
    return bool(stored) and len({_PART.sub("", name) for name in stored}) == 1


def _listed(file: Path) -> Iterator[Listed]:
    try:
        stream = file.open(encoding="utf-8")
    except OSError as error:
        raise KinestError(f"cannot read the list {file}: {error.strerror or error}") from None
    folder = os.path.dirname(os.path.abspath(file))
    with stream:
        try:
            for line in stream:
                text = line.strip()
                if text and not text.startswith("#"):
                    path = os.path.abspath(os.path.join(folder, text))
                    name = os.path.relpath(path, folder)
                    if name.partition("/")[0] in (".", "..", _ELSEWHERE):
                        name = _ELSEWHERE + path
                    yield Listed(name, path)
        except UnicodeDecodeError as error:
            raise KinestError(f"{file} is no list of paths: {error}") from None


def _digest(name: str) -> bytes:
    return blake2b(os.fsencode(name), digest_size=16).digest()
