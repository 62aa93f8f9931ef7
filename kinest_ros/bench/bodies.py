# SPDX-License-Identifier: Apache-2.0
"""Body-frames per second when one process steps many bodies as a batch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinest_ros.bench.performance import performance
from kinest_ros.bench.timing import timed
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.node.clients.trace import percentiles
from kinest_ros.runtime.body_batch import BodyBatch, BodyFrame
from kinest_ros.runtime.choose import available

_PERFORMERS = 8


def many_bodies(
    model: StreamingKineST, device: str, counts: Sequence[int], steps: int = 100
) -> list[dict[str, float | int | str]]:
    """Return a row for each runtime and number of bodies.

    Args:
        model: streaming weights, on the device.
        device: "cpu" or "cuda".
        counts: numbers of bodies.
        steps: steps to time.

    Returns:
        Rows with "runtime", "bodies", p50, p90, p99 and max of a step of all bodies (features,
        network and decoding), ms; "network_p50", ms, of the network alone; and body-frames per
        second by the medians: "per_second" and "network_per_second".
    """
    people = [performance(240, seed) for seed in range(_PERFORMERS)]
    rows: list[dict[str, float | int | str]] = []
    for name in available(device):
        for count in counts:
            batch = BodyBatch(model, count, device, name)
            streams = {}
            for index in range(count):
                person = people[index % _PERFORMERS]
                batch.add(str(index), person.skeleton)
                streams[str(index)] = person.frames()

            def step(batch: BodyBatch = batch, streams: dict = streams) -> None:
                batch.step({name: BodyFrame(*next(stream)) for name, stream in streams.items()})

            whole = percentiles(timed(step, steps, warm_up=5))
            features = np.zeros((count, model.config.num_features), np.float32)
            alone = percentiles(timed(lambda b=batch, f=features: b.runtime.step(f), steps, 5))  # type: ignore[misc]
            rows.append(
                {
                    "runtime": name,
                    "bodies": count,
                    **whole,
                    "per_second": count / whole["p50"] * 1e3,
                    "network_p50": alone["p50"],
                    "network_per_second": count / alone["p50"] * 1e3,
                }
            )
    return rows
