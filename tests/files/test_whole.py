# SPDX-License-Identifier: Apache-2.0
"""Files replaced whole: after errors, over links, with their mode, and with old leftovers gone."""

import errno
import os
import threading

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.files import whole
from kinest_ros.files.pictures import save_figure
from kinest_ros.files.whole import put_in_place, unfinished_folder, whole_file, write_whole


def test_an_error_in_the_middle_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "file"
    write_whole(path, "old")
    with pytest.raises(ZeroDivisionError), whole_file(path) as stream:
        stream.write(b"half")
        stream.flush()
        assert path.read_text() == "old"
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_whole(path, "old")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space") as told:
        write_whole(path, "new")
    assert told.value.filename == str(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_where_nothing_can_be_written_the_error_has_the_name_that_was_asked_for(tmp_path):
    path = tmp_path / "none" / "file"
    with pytest.raises(FileNotFoundError) as told:
        write_whole(path, "new")
    assert told.value.filename == str(path)


def test_it_is_on_the_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    path, seen = tmp_path / "file", []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda at: (seen.append(path.exists()), fsync(at)))
    write_whole(path, "new")
    assert seen == [False, True]  # the file, then the folder with its name


def test_a_picture_of_no_known_kind(tmp_path):
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    with pytest.raises(KinestError, match=r"body\.jpg2: .* \.jpg2; use \.png"):
        save_figure(Figure(), tmp_path / "body.jpg2")
    save_figure(Figure(), tmp_path / "BODY.PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["BODY.PNG"]


def test_a_link_is_followed_and_the_mode_kept(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_whole(link, "new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_mode_that_any_other_has(tmp_path):
    write_whole(tmp_path / "ours", "x")
    (tmp_path / "other").write_text("x")
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_pipe_is_written_into(tmp_path):
    pipe, read = tmp_path / "pipe", []
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "through")
    reader.join(10.0)
    assert read == ["through"]


def test_old_leftovers_are_removed_and_fresh_ones_are_not(tmp_path):
    """A fresh one may be another writer at work."""
    old, fresh = tmp_path / ".file.01234567.part", tmp_path / ".file.89abcdef.part"
    other = tmp_path / ".file2.01234567.part"
    for part in (old, fresh, other):
        part.write_text("half")
    for part in (old, other):
        os.utime(part, (1.0, 1.0))
    write_whole(tmp_path / "file", "new")
    assert not old.exists()
    assert fresh.exists() and other.exists()


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path, monkeypatch, at_once):
    if not at_once:  # a kernel or C library without renameat2
        monkeypatch.setattr(whole.ctypes, "CDLL", lambda *a, **k: object())
    path = tmp_path / "folder"
    for number in range(3):
        unfinished = unfinished_folder(path)
        unfinished.mkdir()
        (unfinished / f"{number}.txt").write_text("x")
        put_in_place(unfinished, path)
        assert [file.name for file in path.iterdir()] == [f"{number}.txt"]
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_of_the_package_writes_otherwise():
    """Every other way to write a file is listed here, with what makes it harmless."""
    import re
    from pathlib import Path

    root = Path(whole.__file__).parents[1]
    writing = re.compile(
        r"write_text\(|write_bytes\(|savefig\((?!stream)|np\.savez\w*\((?!stream)"
        r"|torch\.save\([^)]*path|save_file\(|json\.dump\(|open\([^)]*[\"'][wax]b?[\"']"
    )
    allowed = {
        "bags/opening.py": 1,  # unpacks into a temporary folder
        "bags/salvage.py": 1,  # the same
        "bags/salvage_sqlite.py": 1,  # the same
        "formats/clips/write_amass.py": 1,  # into the stream of `whole_file`
        "retarget/files/tables.py": 1,  # the same
        "web/certificate.py": 1,  # readable for its owner alone, under a temporary name
        "fleet/results.py": 1,  # a journal: a line that was cut off is left out when it is read
        "fleet/run.py": 1,  # a lock, empty
        "demo/processes.py": 1,  # a log, to be read while it grows
        "files/whole.py": 2,  # here
    }
    found = {
        str(path.relative_to(root)): len(writing.findall(path.read_text("utf-8")))
        for path in root.rglob("*.py")
    }
    assert {name: count for name, count in found.items() if count} == allowed
