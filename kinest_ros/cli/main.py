# SPDX-License-Identifier: Apache-2.0
"""Entry point of `kinest`: finds the command, imports only that one, reports errors in one line."""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from kinest_ros import __version__
from kinest_ros.errors import KinestError

# In the order in which they are listed: from a recording to a body, then making models.
_ORDER = (
    "up", "demo", "convert", "synth", "calibrate", "shape", "replay", "play",
    "web", "view", "retarget", "train", "evaluate", "export", "bench",
)  # fmt: skip
_PROLOGUE = "Whole-body pose from a headset and two hands, live and offline, for ROS 2."
_EPILOGUE = """first steps:
  kinest synth --out /tmp/sample                   a recording to try things with
  kinest replay /tmp/sample --out /tmp/body        the body, with no ROS running
  kinest convert recording.json --out /tmp/mine    your own headset recording (A-Frame JSON)

live, with a headset, nothing to install on it:
  kinest up --host 0.0.0.0                         scan the code, calibrate, see yourself

live, in two terminals:
  kinest_node --ros-args -p autostart:=true        (or: ros2 launch kinest_ros kinest.launch.py)
  kinest play /tmp/sample

`kinest COMMAND --help` shows the options of a command, with examples."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: without the program's name; those of the process when None.

    Returns:
        Exit status: 0 done, 2 an error in what the user gave, 130 interrupted, 128 + the signal's
        number told to end by another one.
    """
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    with contextlib.suppress(AttributeError):  # a stream of another program's
        # A "±" that a terminal does not know, or an odd byte in a file's name, is no reason to end.
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        with _any_end_as_by_ctrl_c():
            chosen = _parse(arguments)
            return 0 if chosen is None else int(chosen.run(chosen) or 0)
    except KinestError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # The reader of our output has gone (`kinest ... | head`); nothing is left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        print(f"error: {name}{error.strerror or error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        with contextlib.suppress(OSError):  # the terminal may be gone
            print("interrupted", file=sys.stderr)
        return 128 + int(error.args[0] if error.args else signal.SIGINT)


@contextlib.contextmanager
def _any_end_as_by_ctrl_c() -> Iterator[None]:
    """Let SIGTERM and a closed terminal take down what a command has started, as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt(number)

    ours = []
    if threading.current_thread() is threading.main_thread():
        # nohup and programs that run commands in their own process have their own ways.
        numbers = (signal.SIGTERM, signal.SIGHUP)
        ours = [number for number in numbers if signal.getsignal(number) == signal.SIG_DFL]
    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _parse(arguments: list[str]) -> argparse.Namespace | None:
    """Parse the command line with the options of the named command alone; None: help was shown."""
    commands = find_commands()
    named = next((word for word in arguments if not word.startswith("-")), None)
    parser = argparse.ArgumentParser(
        prog="kinest",
        description=_PROLOGUE,
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"kinest {__version__}")
    choices = parser.add_subparsers(title="commands", metavar="COMMAND")
    for name, summary in commands.items():
        module = _load(name) if name == named else None
        command = choices.add_parser(
            name,
            help=summary,
            description=summary,
            epilog=getattr(module, "EXAMPLES", None),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module is not None:
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    chosen = parser.parse_args(arguments)
    if not hasattr(chosen, "run"):
        parser.print_help()
        return None
    for option, value in vars(chosen).items():
        setattr(chosen, option, _at_home(value))
    return chosen


def _at_home(value: Any) -> Any:
    """Return an option's value, its paths with ~/ in full.

    The shell leaves --out=~/mine as it is, and a folder named ~ is nobody's wish.
    """
    if isinstance(value, list):
        return [_at_home(item) for item in value]
    if isinstance(value, Path) and value.parts[:1] == ("~",):
        return value.expanduser()
    return value


@functools.cache
def find_commands() -> dict[str, str]:
    """Return the one-line help of every command module, without importing any of them."""
    folder = Path(__file__).parent
    found = {}
    for path in folder.glob("*.py"):
        constants = _constants(path)
        if "NAME" in constants and "HELP" in constants:
            found[constants["NAME"]] = constants["HELP"].strip().splitlines()[0]
    ordered = [name for name in _ORDER if name in found]
    return {name: found[name] for name in [*ordered, *sorted(found.keys() - set(ordered))]}


def _constants(path: Path) -> dict[str, str]:
    """The string constants of a module above its first function, read without running it."""
    text = path.read_text(encoding="utf-8")
    if "\nNAME = " not in text:
        return {}
    constants = {}
    # The functions below are most of the text, and of the time that reading it takes.
    for node in ast.parse(text.partition("\ndef ")[0]).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                value = ast.literal_eval(node.value)
            except ValueError:
                continue
            if isinstance(value, str):
                constants[node.targets[0].id] = value
    return constants


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"kinest_ros.cli.{name.replace('-', '_')}")


if __name__ == "__main__":
    sys.exit(main())
