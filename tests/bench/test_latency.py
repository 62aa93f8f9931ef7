# SPDX-License-Identifier: Apache-2.0
"""Every way is measured, and the ways are compared with each other."""

import itertools
import mmap
import time

import numpy as np
import pytest
import torch

from kinest_ros.bench.latency import fastest, latency
from kinest_ros.bench.machine import machine, resident_mb
from kinest_ros.bench.performance import performance
from kinest_ros.bench.timing import paced, timed
from kinest_ros.model.config import StreamingConfig
from kinest_ros.node.clients.trace import percentiles
from kinest_ros.runtime.choose import available
from tests.runtime.networks import random_network


@pytest.fixture(scope="module")
def rows():
    return latency(random_network(StreamingConfig.tiny()), "cpu", 20, 2, paced_frames=3)


@pytest.mark.slow
def test_every_way_is_measured(rows):
    runtimes = available("cpu")
    assert {"published window", *(f"{name} step" for name in runtimes)} <= set(rows)
    assert any(f"{name} body tracker" in rows for name in runtimes)
    assert {f"{name} step, 60 Hz" for name in runtimes[1:]} <= set(rows)
    assert all(0 < row["p50"] <= row["p90"] <= row["p99"] <= row["max"] for row in rows.values())


def test_the_difference_between_runtimes_is_that_of_their_bodies(rows):
    for name in available("cpu")[1:]:
        assert 0 < rows[f"{name} step"]["difference_mm"] < 0.1
    assert "difference_mm" not in rows["torch step"]


def test_fastest_is_the_lowest_median_of_the_steps():
    rows = {"a step": {"p50": 2.0}, "b step": {"p50": 1.0}, "c": {"p50": 0.1}}
    assert fastest(rows) == "b step"


def test_times_are_in_ms_and_leave_the_warm_up_out():
    calls = []

    def call():
        calls.append(1)
        time.sleep(0.05 if len(calls) <= 5 else 0.002)

    times = timed(call, 10, warm_up=5)
    assert len(times) == 10
    assert (times >= 2.0).all()
    assert np.median(times) < 50


def test_paced_calls_come_once_a_period():
    stamps = []
    start = time.perf_counter()
    times = paced([lambda: stamps.append(time.perf_counter()), lambda: None], 3, 0.02)
    assert times.shape == (2, 3)
    # The first may come late on a busy machine; none comes before its time.
    assert stamps[-1] - start >= 4 * 0.02


def test_percentiles():
    assert percentiles(np.arange(101.0)) == {"p50": 50.0, "p90": 90.0, "p99": 99.0, "max": 100.0}


def test_a_performance_goes_on_for_ever_with_rising_stamps():
    played = performance(30)
    count = len(played.positions)
    frames = list(itertools.islice(played.tracker_frames(), 2 * count + 5))
    assert all(b.stamp_ns > a.stamp_ns for a, b in itertools.pairwise(frames))
    assert set(frames[0].poses) == {"head", "left_hand", "right_hand"}
    again = frames[count].poses["head"]
    np.testing.assert_array_equal(again.position, frames[0].poses["head"].position)


def test_the_machine_is_described():
    about = machine("cpu")
    assert about["torch"] == torch.__version__
    assert about["cores"] >= 1
    before = resident_mb()
    # Mapped afresh: the heap may have freed memory left to give.
    with mmap.mmap(-1, 32_000_000) as memory:
        memory.write(b"1" * len(memory))
        assert resident_mb() - before > 30
