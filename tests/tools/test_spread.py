# SPDX-License-Identifier: Apache-2.0
"""How tests are spread over workers."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import spread


def test_files_that_take_long_are_there_and_named_once() -> None:
    assert [name for name in spread.LONGEST if not (spread.TESTS / name).is_file()] == []
    assert len(set(spread.LONGEST)) == len(spread.LONGEST)


@pytest.mark.parametrize(("cores", "expected"), [(2, 2), (1, 1), (4, 4), (64, 8)])
def test_as_many_workers_as_cores_but_not_too_many(cores: int, expected: int) -> None:
    assert spread.workers(cores) == expected


def test_a_worker_begins_with_what_takes_longest_and_keeps_files_together() -> None:
    names = ["a.py", *reversed(spread.LONGEST), "b.py"]
    paths = [Path(spread.TESTS / name) for name in names for _ in "xy"]
    items = [SimpleNamespace(path=path, test=index % 2) for index, path in enumerate(paths)]
    kept = list(items)
    spread.longest_first(SimpleNamespace(), items)
    assert items == kept  # by itself, pytest's own order
    spread.longest_first(SimpleNamespace(workerinput={}), items)
    found = [(item.path, item.test) for item in items]
    assert found == [
        (spread.TESTS / name, test) for name in [*spread.LONGEST, "a.py", "b.py"] for test in (0, 1)
    ]
