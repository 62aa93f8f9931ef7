# SPDX-License-Identifier: Apache-2.0
"""A fleet from its first bag to its summary; run again, it goes on where it was."""

from __future__ import annotations

import contextlib
import fcntl
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kinest_ros import __version__
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_json, read_text
from kinest_ros.files.whole import write_whole
from kinest_ros.fleet.columns import row_of
from kinest_ros.fleet.engine import Engine, run_all
from kinest_ros.fleet.listing import Listed
from kinest_ros.fleet.progress import Progress, Tally
from kinest_ros.fleet.results import Results
from kinest_ros.fleet.summary import summarise
from kinest_ros.fleet.task import Task
from kinest_ros.fleet.worker import sweep

#: Files of the folder of results: how they were made, and what all of them say together.
MANIFEST, SUMMARY = "fleet.json", "summary.json"


def run_fleet(
    task: Task,
    bags: Callable[[], Iterator[Listed]],
    engine: Callable[[], Engine],
    retry_failed: bool = False,
    on_failure: Callable[[str, str], None] = lambda bag, error: None,
) -> dict[str, Any]:
    """Do all bags that have no row yet, and return the summary of all rows.

    Args:
        task: what to do; its folder is made, or gone on with.
        bags: lists the bags, each time from the first.
        engine: starts the workers.
        retry_failed: do the bags again that failed before.
        on_failure: called with name and error of each bag that fails.

    Raises:
        KinestError: a folder of other results, or one that is in use; a fault of the machine.
    """
    out = Path(task.out)
    out.mkdir(parents=True, exist_ok=True)
    with _alone(out):
        _check_manifest(out, task)
        sweep(out)
        results = Results(out / "results", task.kind, retry_failed=retry_failed)
        began = time.monotonic()
        try:
            counts = _work(task, bags, engine, results, on_failure)
        except BaseException:
            results.abandon()
            raise
        finally:
            sweep(out)
        results.close()
        elapsed = time.monotonic() - began
        summary = {
            "out": str(out),
            **counts,
            "wall_s": elapsed,
            "bags_per_minute": 60.0 * counts["done_now"] / elapsed,
            **summarise(results, task.kind),
        }
        write_whole(out / SUMMARY, json.dumps(summary, indent=1) + "\n")
    return summary


def _work(
    task: Task,
    bags: Callable[[], Iterator[Listed]],
    engine: Callable[[], Engine],
    results: Results,
    on_failure: Callable[[str, str], None],
) -> dict[str, Any]:
    running: set[str] = set()
    tally = Tally(bags)
    progress = Progress(tally, len(results.names))

    def to_do() -> Iterator[Listed]:
        for bag in bags():
            # A list may name a bag twice.
            if bag.name not in results.names and bag.name not in running:
                running.add(bag.name)
                yield bag

    try:
        waiting = to_do()
        first = next(waiting, None)
        if first is not None:
            with contextlib.closing(engine()) as workers:
                for done in run_all(workers, _behind(first, waiting)):
                    if done is not None:
                        # Said before it is written: killed in between, it is done and said
                        # again, and never left out.
                        if done.error:
                            progress.failed += 1
                            progress.close()
                            on_failure(done.name, done.error)
                        results.add(row_of(done, task.kind))
                        running.remove(done.name)
                        progress.done += 1
                    progress.tell(workers.workers)
        elif not len(results.names):
            raise KinestError(
                "there is no bag in what was given, that is no folder with metadata.yaml and no "
                ".mcap, .db3 or .bag file; other recordings are read one at a time"
            )
    finally:
        progress.close()
        tally.close()
    return {"done_now": progress.done, "done_before": progress.before}


def _behind(first: Listed, others: Iterator[Listed]) -> Iterator[Listed]:
    yield first
    yield from others


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Keep other runs out of a folder."""
    with (out / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise KinestError(f"another run is writing to {out}; wait for it to end") from None
        yield


def _check_manifest(out: Path, task: Task) -> None:
    """Write how the results are made, or see that it is as before: rows of all bags compare."""
    asked = json.loads(json.dumps(_manifest(task)))
    path = out / MANIFEST
    if path.exists():
        try:
            before = parse_json(read_text(path))
        except (OSError, ValueError) as error:
            raise KinestError(f"{path} cannot be read: {error}") from None
        if before != asked:
            changed = [name for name in asked if asked[name] != dict(before).get(name)]
            raise KinestError(
                f"{out} holds results made with other options ({', '.join(changed)}); choose "
                "another --out, or remove that folder"
            )
        return
    held = [name.name for name in out.iterdir() if name.name != ".lock"]
    if held:
        raise KinestError(f"{out} exists and holds other things; choose another --out")
    write_whole(path, json.dumps(asked, indent=1) + "\n")


def _manifest(task: Task) -> dict[str, Any]:
    wearer = task.wearer
    return {
        "kinest_ros": __version__,
        "kind": task.kind,
        "weights": task.weights,
        "weights_hash": task.weights_hash,
        "device": task.device,
        "runtime": task.runtime,
        "skeleton": wearer.skeleton.rest_offsets.tolist(),
        "estimate_stature": wearer.estimate_stature,
        "arm_growth": wearer.arm_growth,
        "own_skeleton": task.own_skeleton,
        "settings": str(wearer.settings),
        "inputs": str(task.choice),
        "keep_inputs": task.keep_inputs,
    }
