# SPDX-License-Identifier: Apache-2.0
"""Delays are counted from the frame that completes a tick."""

import numpy as np
import pytest

from kinest_ros.node.clients.trace import Trace, delays, missing, row
from kinest_ros.tracking.sampling.resampler import tick_stamp

TICK = 6_000_000_000
MS = 1_000_000


def trace(*bodies: tuple[int, int, float]) -> Trace:
    """Frames every 11 ms from 3 ms before a tick on; sent when stamped, on another clock."""
    stamps = [tick_stamp(TICK) - 3 * MS + 11 * MS * index for index in range(6)]
    sent = [stamp - stamps[0] + 7 for stamp in stamps]
    return Trace(stamps, sent, [0] * 6, list(bodies))


def test_the_resampler_waits_for_the_completing_frame_and_the_rest_is_ours() -> None:
    # The tick is 3 ms after the first frame, so the second one, 8 ms later, completes it.
    found = delays(trace((tick_stamp(TICK), 7 + 11 * MS + 5 * MS, 0.002)))
    assert found["resampler"] == pytest.approx([8.0])
    assert found["rest"] == pytest.approx([5.0])
    assert found["node"] == pytest.approx([2.0])


def test_bodies_of_frames_sent_before_the_trace_are_left_out() -> None:
    assert len(delays(trace((tick_stamp(TICK - 1), 5, 0.002)))["rest"]) == 0
    assert len(delays(trace((tick_stamp(TICK + 60), 5, 0.002)))["rest"]) == 0
    assert len(delays(Trace())["rest"]) == 0


def test_missing_bodies_are_counted() -> None:
    bodies = [(tick_stamp(TICK + index), 0, 0.0) for index in (0, 1, 3, 4)]
    assert missing(trace(*bodies)) == 1
    assert missing(trace()) == 0


def test_a_row_is_ready_for_a_table() -> None:
    bodies = [(tick_stamp(TICK + k), 7 + 11 * MS * (2 * k + 1) + MS, 0.001) for k in range(2)]
    found = row(trace(*bodies), 1.0, 400.0, 0.25)
    assert (found["bodies"], found["missing"], found["node_mb"]) == (2, 0, 400.0)
    assert 0.0 < found["p50"] <= found["p99"] <= found["max"]
    assert np.isfinite(list(found.values())).all()
    assert "p50" not in row(trace(), 1.0, 400.0, 0.25)
