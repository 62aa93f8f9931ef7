# SPDX-License-Identifier: Apache-2.0
import os
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kinest_ros.errors import KinestError
from kinest_ros.fleet.listing import Names, bags_of, is_bag
from tests.fleet.conftest import BAGS, BROKEN
from tests.search import examples


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_bags_of_a_folder_in_their_order(lab):
    found = list(bags_of([lab]))
    assert [bag.name for bag in found] == sorted([BROKEN, *(name for name, *_ in BAGS)])
    assert all(bag.path == str(lab / bag.name) for bag in found)


def test_files_of_one_split_recording_are_one_bag_and_others_are_many(tmp_path):
    _touch(tmp_path, "split/day_0.mcap", "split/day_1.mcap", "split/day_10.mcap", "split/readme")
    _touch(tmp_path, "loose/a.mcap", "loose/b.db3", "loose/c.bag", "loose/d.mcap.zstd", "loose/x")
    _touch(tmp_path, "bag/metadata.yaml", "bag/a.mcap", "bag/b.mcap")
    os.mkfifo(tmp_path / "loose" / "pipe.mcap")
    assert [bag.name for bag in bags_of([tmp_path])] == [
        "bag", "loose/a.mcap", "loose/b.db3", "loose/c.bag", "loose/d.mcap.zstd", "split",
    ]  # fmt: skip
    assert is_bag(tmp_path / "split") and not is_bag(tmp_path / "loose")


def test_a_stray_file_does_not_hide_the_bags_beside_it(tmp_path):
    _touch(tmp_path, "a/metadata.yaml", "b/deep/day_0.mcap", "c/notes.txt", "stray.mcap")
    _touch(tmp_path, "d/day_0.mcap", "d/day_1.mcap", "d/plots/one.png", "d/.kept/x.mcap")
    names = [bag.name for bag in bags_of([tmp_path])]
    assert names == ["a", "b/deep", "d", "stray.mcap"]
    assert is_bag(tmp_path / "d") and not is_bag(tmp_path)


def test_several_folders_keep_their_names_apart(tmp_path):
    _touch(tmp_path, "a/x/metadata.yaml", "b/x/metadata.yaml", "c.mcap")
    names = [bag.name for bag in bags_of([tmp_path / n for n in ("a", "b", "c.mcap")])]
    assert names == ["a/x", "b/x", "c.mcap"]
    _touch(tmp_path, "other/a/x/metadata.yaml")
    with pytest.raises(KinestError, match="called a"):
        list(bags_of([tmp_path / "a", tmp_path / "other" / "a"]))
    (tmp_path / "l.txt").write_text("a/x\n")
    both = [bag.name for bag in bags_of([tmp_path / "a"], [tmp_path / "l.txt"])]
    assert both == ["a/x", "l/a/x"]
    with pytest.raises(KinestError, match="does not exist"):
        list(bags_of([tmp_path / "none"]))


def test_a_list_names_bags_relative_to_itself(tmp_path):
    (tmp_path / "lists").mkdir()
    file = tmp_path / "lists" / "bags.txt"
    file.write_text(f"# ours\n\nday/one\n ../two \n{tmp_path}/lists/three\n")
    found = {bag.name: bag.path for bag in bags_of([], [file])}
    assert found == {
        "day/one": f"{tmp_path}/lists/day/one",
        f"elsewhere{tmp_path}/two": f"{tmp_path}/two",
        "three": f"{tmp_path}/lists/three",
    }
    with pytest.raises(KinestError, match="cannot read the list"):
        list(bags_of([], [tmp_path / "none.txt"]))
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(KinestError, match="no list of paths"):
        list(bags_of([], [file]))


@given(lines=st.lists(st.text("ab./ ", min_size=1, max_size=8), max_size=6))
@example(lines=["a", "/a", "elsewhere/a", "."])
@settings(max_examples=examples(40))
def test_no_name_of_a_list_leads_out_of_the_results(tmp_path_factory, lines):
    file = tmp_path_factory.mktemp("list") / "bags.txt"
    file.write_text("".join(f"{line}\n" for line in lines))
    found = list(bags_of([], [file]))
    for bag in found:
        assert not os.path.isabs(bag.name) and ".." not in Path(bag.name).parts
    paths = {bag.path for bag in found}
    assert len({bag.name for bag in found}) == len(paths)


def test_many_bags_are_not_in_memory_at_once(tmp_path):
    file = tmp_path / "bags.txt"
    file.write_text(
        "".join(f"lab/day_{i:06d}/a_rather_long_name_of_a_bag\n" for i in range(10_000))
    )
    tracemalloc.start()
    count = sum(1 for _ in bags_of([], [file]))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 10_000
    assert most < 300_000


def test_names_are_known_by_sixteen_bytes():
    names = Names()
    assert names.add("a") and names.add("b") and not names.add("a")
    assert "b" in names and "c" not in names and len(names) == 2
