# SPDX-License-Identifier: Apache-2.0
"""A fleet as a user starts it, kills it and starts it again."""

import fcntl
import io
import json
import os
import signal
import time
from pathlib import Path

import pytest

from kinest_ros.fleet.listing import bags_of
from kinest_ros.fleet.progress import Progress, Tally, duration
from kinest_ros.fleet.results import read_shard
from tests.commands import Command
from tests.fleet.conftest import BAGS, BROKEN


def _rows(out: Path) -> list[dict]:
    return [row for part in sorted((out / "results").glob("part-*")) for row in read_shard(part)]


@pytest.mark.slow
def test_killed_and_started_again(lab, tiny_weights, tmp_path, kinest):
    """No row is lost or doubled, no bag done again, and a bad bag costs itself alone."""
    out = tmp_path / "out"
    command = ["replay", str(lab), "--out", str(out), "--weights", str(tiny_weights), "--jobs", "1"]
    running = Command(*command)
    journal = out / "results" / "journal.jsonl"
    end = time.monotonic() + 300.0
    while not (journal.exists() and journal.read_bytes().count(b"\n") >= 2):
        assert running.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    _, said = running.communicate()
    before = {json.loads(line)["bag"] for line in journal.read_text().splitlines()}
    times = {name: (out / "bodies" / name).stat().st_mtime_ns for name in before if name != BROKEN}
    status, text, err = kinest(*command, "--json")
    # Which of the two runs came to the broken bag is a matter of when the first was killed.
    assert status == 1
    assert f"failed: {BROKEN}: {lab / BROKEN}" in said + err
    summary = json.loads(text)
    assert summary["done_before"] == len(before) and summary["done_now"] == 6 - len(before)
    assert (summary["bags"], summary["failed"]) == (6, 1)
    assert summary["failures"][0]["bag"] == BROKEN
    rows = _rows(out)
    assert sorted(row["bag"] for row in rows) == sorted([BROKEN, *(name for name, *_ in BAGS)])
    assert {row["bag"]: row["ok"] for row in rows} == {
        **{name: True for name, *_ in BAGS}, BROKEN: False,
    }  # fmt: skip
    for name, stamp in times.items():
        assert (out / "bodies" / name).stat().st_mtime_ns == stamp
    assert sorted(path.name for path in out.iterdir()) == [
        ".lock", "bodies", "fleet.json", "results", "summary.json",
    ]  # fmt: skip
    _other_options_and_a_mended_bag(lab, tiny_weights, out, kinest)


def _other_options_and_a_mended_bag(lab, tiny_weights, out, kinest):
    common = ("--weights", tiny_weights, "--jobs", 1)
    status, _, err = kinest("replay", lab, "--out", out, *common, "--stature", "1.8")
    assert status == 2 and "skeleton" in err and "other options" in err
    status, text, _ = kinest("replay", lab, "--out", out, *common)
    assert status == 1 and "6 bags" in text and "0 bags in" in text
    with (out / ".lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        status, _, err = kinest("replay", lab, "--out", out, *common)
    assert status == 2 and "another run" in err
    one = lab / BAGS[0][0]
    (out.parent / "bags.txt").write_text(f"{one}\n")
    # Named by a list it is another bag: its name is relative to the list.
    file = out.parent / "bags.txt"
    status, text, _ = kinest("replay", "--list", file, "--out", out, *common, "--retry-failed")
    assert status == 0
    assert sorted(row["bag"] for row in _rows(out)) == sorted(
        [f"elsewhere{one}", *(name for name, *_ in BAGS)]
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("replay", "{lab}", "--jobs", "0", "--out", "x"), "--jobs is 0"),
        (("replay", "--ray", "{lab}", "--out", "x"), "write --ray behind the bags"),
        (("replay", "--out", "x"), "nothing to replay"),
        (("replay", "{lab}", "--out", "x", "--overwrite"), "remove --out"),
        (("replay", "{lab}", "--out", "{lab}"), "choose another"),
        (("replay", "{lab}/.trash", "--out", "{out}", "--jobs", "1", "--weights", "x"), "not foun"),
        (("evaluate", "{lab}"), "need --out"),
        (("evaluate", "{lab}", "--out", "x", "--report", "r.html"), "--report is for a few"),
        (("evaluate", "{lab}", "--out", "x", "--weights", "a", "b"), "one name"),
        (("evaluate", "{lab}", "--out", "x", "--data", "y"), "not both"),
    ],
)
def test_what_cannot_be(arguments, match, lab, tmp_path, kinest):
    words = [each.format(lab=lab, out=tmp_path / "out") for each in arguments]
    status, _, err = kinest(*words)
    assert status == 2 and match in err
    assert not Path("x").exists()


def test_an_empty_folder_is_said(tmp_path, kinest, tiny_weights):
    (tmp_path / "lab" / "deep").mkdir(parents=True)
    words = ("--out", tmp_path / "out", "--weights", tiny_weights)
    status, _, err = kinest("replay", tmp_path / "lab", *words)
    assert status == 2 and "no bag" in err


def test_a_folder_with_other_things_is_left_alone(lab, tmp_path, kinest, tiny_weights):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    words = ("--out", tmp_path / "out", "--weights", tiny_weights)
    status, _, err = kinest("replay", lab, *words)
    assert status == 2 and "other things" in err


def test_progress_tells_how_long_the_rest_will_take(lab):
    tally = Tally(lambda: bags_of([lab]))
    tally._thread.join()
    assert (tally.count, tally.complete) == (6, True)
    progress = Progress(tally, 1, io.StringIO())
    assert progress.text(1.0, 2) == "1 of 6 bags, 2 at a time"
    progress.done, progress.failed = 2, 1
    assert progress.text(60.0, 2) == "3 of 6 bags, 1 failed, 2 a minute, 2 min left, 2 at a time"
    tally.complete = False
    assert progress.text(60.0, 2) == "3 of 6 and more bags, 1 failed, 2 a minute, 2 at a time"
    assert [duration(s) for s in (40, 600, 7500, 300_000)] == [
        "40 s", "10 min", "2 h 05 min", "3 d 11 h",
    ]  # fmt: skip
    tally.close()


@pytest.mark.slow
def test_nobody_works_for_a_killed_command(lab, tiny_weights, tmp_path):
    """The processes end with it, whatever they were at."""
    os.mkfifo(tmp_path / "pipe.mcap")
    (tmp_path / "bags.txt").write_text("pipe.mcap\n")
    command = ["replay", "--list", str(tmp_path / "bags.txt"), "--out", str(tmp_path / "out")]
    running = Command(*command, "--weights", tiny_weights)
    children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
    end = time.monotonic() + 300.0
    while not (found := [pid for pid in children.read_text().split() if _is_worker(pid)]):
        assert running.poll() is None and time.monotonic() < end
        time.sleep(0.05)
    time.sleep(0.5)
    running.kill()
    running.wait()
    while any(_is_worker(pid) for pid in found):
        assert time.monotonic() < end
        time.sleep(0.05)


def _is_worker(pid: str) -> bool:
    try:
        return b"multiprocessing.spawn" in Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return False
