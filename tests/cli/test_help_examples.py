# SPDX-License-Identifier: Apache-2.0
"""The examples of every command's help do what they say, run as they stand."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from kinest_ros.cli.main import _parse, find_commands
from tests.cli.help_examples import ALL, LEFT_OUT, examples, live, words_of
from tests.cli.help_world import a_world, try_out

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("line", [line for line in ALL if line.startswith("kinest ")])
def test_they_are_understood(line):
    assert _parse(words_of(line, "/tmp")) is not None


def test_every_command_has_some_and_long_ones_go_on_in_a_line_of_their_own():
    for name in find_commands():
        module = importlib.import_module(f"kinest_ros.cli.{name.replace('-', '_')}")
        assert examples(name) and not re.search(r"\S {3,}--", module.EXAMPLES)


def test_what_is_left_out_is_there_and_tried_elsewhere():
    assert set(LEFT_OUT) <= set(ALL)
    for reason in LEFT_OUT.values():
        assert all((ROOT / name).is_file() for name in re.findall(r"tests/\S+", reason)), reason


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What the examples read, and an environment for them."""
    with a_world(tmp_path_factory.mktemp("world")) as folder:
        yield folder


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in ALL if line not in LEFT_OUT and not live(line)])
def test_they_run(line, world, tmp_path, monkeypatch):
    try_out(line, world, tmp_path / "there", monkeypatch)
