# SPDX-License-Identifier: Apache-2.0
"""Several bodies on the real node: stepped together and one after another, taking turns."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.bench.live import Meter
from kinest_ros.bench.performance import performance
from kinest_ros.demo import session
from kinest_ros.demo.processes import Child
from kinest_ros.node.clients.trace import percentiles

#: Values of the parameter `batching`, by what the rows are called.
MODES = {"together": "always", "one after another": "never"}
#: Seconds of a turn, and of its beginning, which do not count.
_TURN, _WARM_UP = 5.0, 1.5
_PERFORMERS = 8


def live_bodies(
    weights: str,
    device: str,
    seconds: float,
    rate: float,
    bodies: int,
    progress: Callable[[], object] = lambda: None,
) -> dict[str, Any]:
    """Run two nodes, of which one steps its bodies together, and feed them in turns.

    Args:
        weights: of the nodes.
        device: of the nodes.
        seconds: how long each is measured.
        rate: of all heads and hands, Hz; all bodies' poses are sent at the same moments.
        bodies: on each node.
        progress: called after every turn.

    Returns:
        ``rows`` by mode: of a tick, from sending the first pose that completes it to the arrival of
        its last body, ms (p50, p90, p99, max); "each_p50" and "each_p99" of every body from its own
        pose; "ticks", "missing" (of the body that lacks most), "node_load" (share of a core) and
        "cpu_ms" (processor time of the node for each body that came, ms).

    Raises:
        KinestError: no ROS 2, or a node failed; its log is quoted.
    """
    session.check_ros()
    session.use_private_domain()
    from kinest_ros.node.clients.bodies_probe import BodiesProbe, tick_delays

    names = [f"body{index}" for index in range(bodies)]
    nodes = {mode: f"kinest_{value}" for mode, value in MODES.items()}
    people = [performance(1800, seed) for seed in range(min(bodies, _PERFORMERS))]
    both = [np.concatenate((p.positions, p.quaternions), axis=-1) for p in people]
    motions = {name: both[index % len(both)] for index, name in enumerate(names)}
    found: dict[str, dict[str, list[Any]]] = {mode: {} for mode in MODES}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        children = {}
        for mode, value in MODES.items():
            parameters = {
                "autostart": "true", "weights": weights, "device": device, "batching": value,
                "bodies": f"[{', '.join(names)}]", "stature": "1.7",
            }  # fmt: skip
            given = [part for item in parameters.items() for part in ("-p", "{}:={}".format(*item))]
            arguments = ("--ros-args", "-r", f"__node:={nodes[mode]}", *given)
            log = folder / f"{value}.log"
            child = Child(f"the node ({mode})", log, "kinest_ros.node.main", *arguments)
            children[mode] = stack.enter_context(child)
        for child in children.values():
            child.wait_for("]: active", session.START_TIMEOUT)
        probe = stack.enter_context(BodiesProbe(list(nodes.values()), motions))
        probe.wait_for_nodes()
        for _ in range(max(1, round(seconds / _TURN))):
            for mode, child in children.items():
                meter = Meter(child.pid)
                trace = probe.run(nodes[mode], _TURN + _WARM_UP, rate)
                if not child.running:
                    raise child.failure("ended while it was measured")
                _, load, minutes = meter.read(whole=True)
                came = sum(map(len, trace.bodies.values()))
                cpu = 60e3 * load * minutes / max(came, 1)
                delays = {**tick_delays(trace, _WARM_UP), "load": load, "cpu": cpu}
                for name, values in delays.items():
                    found[mode].setdefault(name, []).append(values)
                progress()
        for child in children.values():
            child.stop()
    return {"bodies": bodies, "rate": rate, "rows": {m: _row(v) for m, v in found.items()}}


def _row(found: dict[str, list[Any]]) -> dict[str, float]:
    whole, each = np.concatenate(found["all"]), np.concatenate(found["each"])
    lacking = int(np.sum(found["missing"], axis=0).max())
    nothing = dict.fromkeys(("p50", "p90", "p99", "max"), float("nan"))
    return {
        **(percentiles(whole) if len(whole) else nothing),
        "each_p50": float(np.median(each)) if len(each) else float("nan"),
        "each_p99": float(np.percentile(each, 99)) if len(each) else float("nan"),
        "ticks": len(whole),
        "missing": lacking,
        "node_load": float(np.mean(found["load"])),
        "cpu_ms": float(np.median(found["cpu"])),
    }
