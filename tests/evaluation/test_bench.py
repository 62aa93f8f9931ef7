# SPDX-License-Identifier: Apache-2.0
"""The benchmark measures every way and describes the machine."""

import time

import torch

from kinest_ros.evaluation.bench import bench, latencies, machine
from kinest_ros.model.streaming import StreamingConfig, StreamingKineST


def test_latencies_are_in_ms_and_leave_the_warm_up_out():
    calls = []

    def call():
        calls.append(1)
        time.sleep(0.05 if len(calls) <= 5 else 0.002)

    figures = latencies(call, 10, "cpu")
    assert 2.0 <= figures["p50"] <= figures["p90"] <= figures["p99"] <= figures["max"] < 50


def test_all_three_ways_are_measured():
    torch.manual_seed(0)
    figures = bench(StreamingKineST(StreamingConfig.tiny()), "cpu", frames=5, windows=2)
    assert set(figures) == {"network step", "body tracker", "published window"}
    assert all(values["p50"] > 0 for values in figures.values())
    assert machine("cpu")["torch"] == torch.__version__
