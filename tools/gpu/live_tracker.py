# SPDX-License-Identifier: Apache-2.0
"""The body tracker on the device at the pace of live use, and the same frames on the CPU after."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Sequence

import numpy as np

from kinest_ros.bench.performance import performance
from kinest_ros.node.clients.trace import percentiles
from kinest_ros.runtime.predictor import streaming_of
from kinest_ros.tracking.body_tracker import BodyTracker
from tools.gpu.report import finish, options

#: Joints of both, m.
BOUND = 1e-3
_PERIOD = 1.0 / 60.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Track, then compare; returns the exit code."""
    parser = options(__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args(arguments)
    frames = list(
        itertools.islice(performance(3600).tracker_frames(), round(args.seconds / _PERIOD))
    )
    tracker = BodyTracker.build(args.weights, args.device, stature=1.7)
    started, times, bodies = time.perf_counter(), [], []
    for index, frame in enumerate(frames):
        time.sleep(max(0.0, started + index * _PERIOD - time.perf_counter()))
        begun = time.perf_counter()
        bodies += tracker.push(frame)
        times.append((time.perf_counter() - begun) * 1e3)
    reference = BodyTracker.build(args.weights, "cpu", "torch", stature=1.7)
    expected = [body for frame in frames for body in reference.push(frame)]
    apart = max(
        float(np.abs(one.positions - other.positions).max())
        for one, other in zip(bodies, expected, strict=True)
    )
    found = {
        "runtime": streaming_of(tracker.predictor).runtime.described, "bodies": len(bodies),
        "ms": percentiles(times[60:] or times), "joints_apart_m": apart,
    }  # fmt: skip
    wrong = [] if apart <= BOUND else [f"joints are {1e3 * apart:.2g} mm from the CPU's"]
    return finish(found, wrong, args.out)


if __name__ == "__main__":
    sys.exit(main())
