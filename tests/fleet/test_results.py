# SPDX-License-Identifier: Apache-2.0
import json
import sys

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.fleet.columns import columns_of, is_cost, row_of
from kinest_ros.fleet.results import Results, read_shard
from kinest_ros.fleet.task import Done

FIGURES = {
    "seconds": 1.5, "bodies": 90, "jitter": 0.1, "floor": float("nan"), "digest": "d",
    "reprojection_cm": {"head": {"p50": 0.25, "p95": 0.5, "p99": 1.0}}, "notes": ["a", "b"],
    "per_minute": {"jitter": [0.1, None]}, "accuracy": None, "of a later version": {"x": 1},
}  # fmt: skip


def _row(name: str, error: str = "") -> dict:
    cost = {"wall_s": 2.0, "cpu_s": 1.0, "memory_mb": 300.0, "worker": "host:1"}
    return row_of(Done(name, {} if error else FIGURES, error, cost), "evaluate")


@pytest.fixture(params=["parquet", "json lines"])
def folder(request, tmp_path, monkeypatch):
    if request.param == "parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    else:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    return tmp_path / "results"


def test_rows_come_back_as_they_were(folder):
    results = Results(folder, "evaluate", shard=2)
    rows = [_row("c"), _row("b", "broken"), _row("a")]
    for row in rows:
        results.add(row)
    assert len(list(folder.glob("part-*"))) == 1
    assert sorted(results.rows(), key=lambda row: row["bag"]) == [rows[2], rows[1], rows[0]]
    results.close()
    parts = sorted(folder.iterdir())
    assert len(parts) == 2 and all(part.stem.startswith("part-") for part in parts)
    assert list(read_shard(parts[0])) == [rows[1], rows[0]]
    assert list(read_shard(parts[1], ("bag", "jitter"))) == [{"bag": "a", "jitter": 0.1}]
    assert rows[0]["floor"] is None and rows[0]["reprojection_cm.head.p95"] == 0.5
    assert json.loads(rows[0]["more"]) == {"of a later version.x": 1, "accuracy": None}


def test_a_killed_run_loses_no_row_and_doubles_none(folder):
    results = Results(folder, "evaluate", shard=2)
    for name in "abc":
        results.add(_row(name))
    journal = (folder / "journal.jsonl").read_bytes()
    results.abandon()
    # Killed after the file was put in place and before the journal ended, in the middle of a row.
    doubled = b"".join((json.dumps(_row(name)) + "\n").encode() for name in "ab")
    (folder / "journal.jsonl").write_bytes(doubled + journal + b'{"bag": "d", "ok": tr')
    again = Results(folder, "evaluate", shard=2)
    assert [row["bag"] for row in again.rows()] == ["a", "b", "c"]
    assert "c" in again.names and "d" not in again.names
    again.add(_row("d"))
    again.close()
    found = [row["bag"] for part in sorted(folder.iterdir()) for row in read_shard(part)]
    assert found == ["a", "b", "c", "d"]


def test_failed_bags_are_done_again_when_asked(folder):
    results = Results(folder, "evaluate", shard=2)
    for name, error in (("a", ""), ("b", "x"), ("c", "x"), ("d", "x"), ("e", ""), ("f", "x")):
        results.add(_row(name, error))
    results.add(_row("g", "x"))
    results.abandon()
    again = Results(folder, "evaluate", retry_failed=True)
    assert [row["bag"] for row in again.rows()] == ["a", "e"]
    assert len(again.names) == 2
    again.add(_row("b"))
    again.close()
    found = [row["bag"] for part in sorted(folder.iterdir()) for row in read_shard(part)]
    assert sorted(found) == ["a", "b", "e"]


def test_a_damaged_file_is_named(folder):
    folder.mkdir()
    suffix = "jsonl" if sys.modules.get("pyarrow", 0) is None else "parquet"
    (folder / f"part-000000.{suffix}").write_bytes(b"nonsense")
    with pytest.raises(KinestError, match="part-000000"):
        Results(folder, "evaluate")


def test_the_columns_are_one_set_for_each_kind():
    assert len(columns_of("evaluate")) > 60
    assert {name for name in columns_of("replay") if is_cost(name)} == {
        "wall_s", "cpu_s", "memory_mb", "worker", "ms_per_body.p50", "ms_per_body.p99", "speed",
    }  # fmt: skip
