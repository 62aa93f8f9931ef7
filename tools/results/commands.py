# SPDX-License-Identifier: Apache-2.0
"""Runs what the rows need through `kinest train` and `kinest evaluate`."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinest_ros.cli.main import main as kinest
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole
from tools.results.folder import Runs
from tools.results.rows import RECIPE, Evaluation, Training


@dataclass(frozen=True)
class Settings:
    """What is the same for all commands.

    Attributes:
        data: folder of motion clips.
        cache: folder for the clips in compact form.
        added: options added to every training.
        every: of all evaluations, instead of what the rows say; None leaves that.
        threads: of every command; None leaves that to PyTorch.
    """

    data: Path
    cache: Path | None = None
    added: tuple[str, ...] = ()
    every: int | None = None
    threads: int | None = None


def train(runs: Runs, row: Training, settings: Settings) -> bool:
    """Train a row to its end, or go on where it stopped.

    Returns:
        Whether anything was done: not where there are weights, or another process is at it.

    Raises:
        KinestError: the training failed, or was begun with other options.
    """
    if runs.has_weights(row.name):
        print(f"{row.name}: has weights", flush=True)
        return False
    with runs.claimed(row.name) as mine:
        if not mine:
            print(f"{row.name}: another process is at it", flush=True)
            return False
        folder = runs.root / row.name
        command = ["train", "--data", str(settings.data), *RECIPE, *row.options, "--out",
                   str(folder), *settings.added]  # fmt: skip
        resume = (folder / "checkpoint.pt").is_file()
        if resume and runs.command(row.name) != command:
            raise KinestError(
                f"{folder} was begun with other options: {folder / 'command.json'} says which. Use "
                "the same, or delete the folder"
            )
        write_whole(folder / "command.json", json.dumps(command) + "\n")
        print(f"{row.name}: kinest {' '.join(command)}", flush=True)
        how = [] if settings.threads is None else ["--threads", str(settings.threads)]
        how += ["--resume"] if resume else []
        _run([*command, *_cache(settings), *how])
    return True


def evaluate(runs: Runs, row: Evaluation, settings: Settings) -> bool:
    """Measure a row.

    Args:
        runs: the folder.
        row: what to measure.
        settings: of all commands.

    Returns:
        Whether anything was done: not where weights are missing, or nothing has changed.

    Raises:
        KinestError: kinest evaluate failed.
    """
    missing = [name for name in row.weights if not runs.has_weights(name)]
    if missing:
        print(f"{row.name}: not trained yet: {', '.join(missing)}", flush=True)
        return False
    commands = [
        ["evaluate", "--data", str(settings.data), "--split", "rule", *_thinned(part, settings),
         "--weights", *map(runs.weights, runs.weights_of(row))]
        for part in row.parts
    ]  # fmt: skip
    before = runs.measured(row)
    if before and [part["command"] for part in before["parts"]] == commands:
        print(f"{row.name}: measured", flush=True)
        return False
    digests = [runs.digest(name) for name in runs.weights_of(row)]
    parts = []
    for command in commands:
        print(f"{row.name}: kinest {' '.join(command)}", flush=True)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            _run([*command, *_cache(settings), "--json"])
        parts.append({"command": command, "output": json.loads(printed.getvalue())})
    path = runs.record(row)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps({"hashes": digests, "parts": parts}) + "\n")
    return True


def shown(command: Sequence[str], runs: Runs) -> str:
    """Return a command as docs show it: motion/ for the data, runs/ for the folder of runs."""
    root = f"{runs.root}/"
    words = ["runs/" + word.removeprefix(root) if word.startswith(root) else word
             for word in ("kinest", *command)]  # fmt: skip
    words[words.index("--data") + 1] = "motion/"
    return shlex.join(words)


def _thinned(part: Sequence[str], settings: Settings) -> list[str]:
    words = list(part)
    if settings.every is None:
        return words
    if "--every" in words:
        at = words.index("--every")
        del words[at : at + 2]
    return [*words, "--every", str(settings.every)]


def _cache(settings: Settings) -> list[str]:
    return [] if settings.cache is None else ["--cache", str(settings.cache)]


def _run(arguments: list[str]) -> None:
    if status := kinest(arguments):
        raise KinestError(f"kinest {arguments[0]} ended with status {status}, see above")
