# SPDX-License-Identifier: Apache-2.0
"""Times of repeated calls and their percentiles."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import numpy as np

#: Calls before the first that counts.
WARM_UP = 20


def timed(call: Callable[[], object], count: int, warm_up: int = WARM_UP) -> np.ndarray:
    """Return the times of calls one after the other, ms (count,); the warm-up does not count."""
    for _ in range(warm_up):
        call()
    times = np.empty(count)
    for index in range(count):
        start = time.perf_counter()
        call()
        times[index] = time.perf_counter() - start
    return times * 1e3


def paced(calls: Sequence[Callable[[], object]], count: int, period: float) -> np.ndarray:
    """Return the times of calls made every period seconds, ms (calls, count), as in live use.

    Between two calls the processor does other things or sleeps, so caches are colder. The calls
    take turns, one every period.
    """
    times = np.empty((len(calls), count))
    due = time.perf_counter()
    for index in range(count):
        for call, own in zip(calls, times, strict=True):
            due += period
            time.sleep(max(0.0, due - time.perf_counter()))
            start = time.perf_counter()
            call()
            own[index] = time.perf_counter() - start
    return times * 1e3
