# SPDX-License-Identifier: Apache-2.0
"""The stages of a tick are all there, and together they are the tick."""

import itertools
import json
import time

import pytest

from kinest_ros.bench.stages import MESSAGES, NETWORK, TRACKER, Clock, stages
from kinest_ros.cli.main import main
from kinest_ros.model.config import StreamingConfig
from tests.runtime.networks import random_network


@pytest.fixture(scope="module")
def rows():
    return stages(random_network(StreamingConfig.tiny()), "cpu", 20, "torch")


def test_every_stage_takes_time(rows):
    assert NETWORK in rows
    assert len(rows) > 8
    assert all(0 < row["p50"] <= row["p99"] <= row["max"] for row in rows.values())


def test_time_within_another_stage_counts_once(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: float(next(ticks)))
    clock = Clock(("outer", "inner"))
    inner = clock.timed("inner", lambda: "found")
    outer = clock.timed("outer", lambda: (inner(), inner()))
    assert outer() == ("found", "found")
    # The clock is read at the beginning and the end of the outer and of two inner calls.
    assert clock.spent == {"outer": 3.0, "inner": 2.0}


def test_the_command_prints_them(capsys):
    assert main(["bench", "--stages", "--frames", "5", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["stages"]) >= {NETWORK, TRACKER, MESSAGES}
