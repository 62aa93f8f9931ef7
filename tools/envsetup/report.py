# SPDX-License-Identifier: Apache-2.0
"""What the user sees: one line per step, and one clear message when a step fails."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

# Warnings of pip about package indexes that are configured but absent say nothing about us.
_NOISE = re.compile(r"^(WARNING: (Location '.*' is ignored|Skipping page|.*--root-user-action))")


class SetupError(Exception):
    """A step that cannot be done; the message says what to do about it."""


def say(text: str) -> None:
    """Prints one progress line."""
    print(f"setup: {text}", flush=True)


def clean_environment(**extra: str) -> dict[str, str]:
    """The environment for child processes, without anything that belongs to another Python.

    The wheels set LD_LIBRARY_PATH and a guard variable when a Python that has them starts; a
    sourced ROS 2 sets the prefix paths. Both would lead a new environment astray.
    """
    foreign = {
        "_ROS_WHEELS_BOOTSTRAP_COMPLETE",
        "AMENT_PREFIX_PATH",
        "CMAKE_PREFIX_PATH",
        "COLCON_PREFIX_PATH",
        "LD_LIBRARY_PATH",
        "PYTHONHOME",
        "PYTHONPATH",
        "VIRTUAL_ENV",
    }
    environment = {key: value for key, value in os.environ.items() if key not in foreign}
    environment.update(extra)
    return environment


def run(
    command: list[str | Path],
    log: Path,
    failure: str,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
) -> str:
    """Runs one command quietly, keeps its output in the log, and returns it.

    Args:
        command: Program and arguments.
        log: File that the output is appended to.
        failure: What to say first when the command fails.
        environment: Environment of the command; default: `clean_environment()`.
        folder: Where it runs; default: here.

    Raises:
        SetupError: With the end of the output, when the command fails or does not exist.
    """
    started = time.monotonic()
    try:
        result = subprocess.run(
            [str(part) for part in command],
            env=environment or clean_environment(),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{failure}: {error}") from error
    lines = [line for line in result.stdout.splitlines() if line and not _NOISE.match(line)]
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as stream:
        stream.write(f"$ {' '.join(map(str, command))}\n")
        stream.write("\n".join(lines))
        stream.write(f"\n[{result.returncode} after {time.monotonic() - started:.1f} s]\n")
    if result.returncode != 0:
        tail = "\n".join(f"  | {line}" for line in lines[-15:])
        raise SetupError(f"{failure} (all output: {log})\n{tail}")
    return "\n".join(lines)


def fail(error: SetupError) -> int:
    """Prints the error and returns the exit status."""
    sys.stdout.flush()
    print(f"error: {error}", file=sys.stderr)
    return 2
