# SPDX-License-Identifier: Apache-2.0
"""Many bodies, long streams, training: rows as described, and pictures of them."""

import itertools
import json

import numpy as np
import pytest

from kinest_ros.bench import bodies, stream
from kinest_ros.bench.bodies import many_bodies
from kinest_ros.bench.figures import draw
from kinest_ros.bench.stream import long_stream
from kinest_ros.bench.training import training_throughput
from kinest_ros.cli.main import main
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.published.baseline import PublishedConfig
from kinest_ros.runtime.choose import available
from tests.runtime.networks import random_network


@pytest.fixture(scope="module")
def model():
    return random_network()


def test_a_row_for_each_runtime_and_number_of_bodies(model, monkeypatch):
    # Whole steps and then the network alone, ms, at times that no busy machine can change.
    times = itertools.cycle((3.0, 2.0))

    def timed(call, count, warm_up):
        call()
        return np.full(count, next(times))

    monkeypatch.setattr(bodies, "timed", timed)
    rows = many_bodies(model, "cpu", (1, 3), steps=3)
    assert [(r["runtime"], r["bodies"]) for r in rows] == [
        (name, count) for name in available("cpu") for count in (1, 3)
    ]
    for row in rows:
        assert row["per_second"] == pytest.approx(row["bodies"] / row["p50"] * 1e3)
        assert (row["p50"], row["network_p50"]) == (3.0, 2.0)
        assert row["network_per_second"] == pytest.approx(row["bodies"] * 500.0)


@pytest.mark.slow
def test_a_row_for_each_length_of_stream(model, monkeypatch):
    monkeypatch.setattr(stream, "MINUTE", 40)
    done = []
    rows = long_stream(model, "cpu", (1, 3), "torch", done.append)
    assert [row["minutes"] for row in rows] == [1, 3]
    assert all(row["p50"] > 0 and row["memory_mb"] > 50 for row in rows)
    assert done == [40, 40, 40]


@pytest.mark.slow
def test_both_networks_are_trained():
    configs = {
        "streaming": StreamingConfig.tiny(),
        "published": PublishedConfig(width=32),
    }
    rows = training_throughput("cpu", steps=2, frames=192, configs=configs)
    assert [row["network"] for row in rows] == ["streaming", "published"]
    for row in rows:
        assert row["frames_per_second"] == pytest.approx(192 / row["seconds_per_step"])


def test_pictures_of_what_was_measured(tmp_path):
    values = {"p50": 1.0, "p90": 2.0, "p99": 3.0, "max": 4.0}
    report = {
        "latency": {"onnx step": values, "published window": values},
        "stream": [{"minutes": m, "p50": 1.0, "memory_mb": 300.0} for m in (1, 10)],
    }
    paths = draw(report, tmp_path / "new")
    assert [path.name for path in paths] == ["latency.png", "stream.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.slow
def test_the_command_prints_json(capsys):
    assert main(["bench", "--frames", "20", "--windows", "1", "--bodies", "2", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["latency"]["onnx step"]["p50"] > 0
    assert {row["bodies"] for row in report["bodies"]} == {2}


@pytest.mark.parametrize("option", [("--frames", "0"), ("--bodies", "0"), ("--paced", "-1")])
def test_the_command_refuses_what_makes_no_sense(option, capsys):
    assert main(["bench", *option]) == 2
    assert option[0] in capsys.readouterr().err
