# SPDX-License-Identifier: Apache-2.0
"""End to end: the real node in a process of its own, fed and heard over DDS."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kinest_ros.bench import robot_live
from kinest_ros.bench.performance import performance
from kinest_ros.demo import session
from kinest_ros.demo.processes import Child
from kinest_ros.node.clients.trace import Trace, row

#: Seconds before the first that counts: caches, discovery of the last topic, the first messages.
_WARM_UP = 3.0


def live(
    weights: str,
    device: str,
    seconds: float,
    rate: float,
    runtime: str = "auto",
    web_port: int = 0,
    progress: Callable[[dict[str, float]], object] = lambda row: None,
    robot: str = "",
    way: str = robot_live.BODY_ONLY,
) -> dict[str, Any]:
    """Run the node and measure.

    Args:
        weights: of the node.
        device: of the node.
        seconds: how long to measure.
        rate: of the head and of each hand, Hz.
        runtime: of the node.
        web_port: send the poses as a headset's browser does, to a page at this port; 0: over DDS.
        progress: called with the figures of each minute.
        robot: that follows, MJCF or URDF file or "own".
        way: how its node runs, see `robot_live`; then it is its joints that are waited for.

    Returns:
        ``rows``, one for each minute, `total`, and the settings; ready for JSON.

    Raises:
        KinestError: no ROS 2, or the node failed; its log is quoted.
    """
    session.check_ros()
    session.use_private_domain()
    from kinest_ros.bench.robot_probe import RobotProbe
    from kinest_ros.bench.web_probe import WebProbe
    from kinest_ros.node.clients.latency_probe import LatencyProbe

    over_dds = LatencyProbe if way == robot_live.BODY_ONLY else RobotProbe
    motion = performance(1800)
    parameters = {"autostart": "true", "weights": weights, "device": device, "runtime": runtime}
    if web_port:
        parameters.update(input="webxr", web_port=str(web_port))
    arguments = [part for item in parameters.items() for part in ("-p", "{}:={}".format(*item))]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "node.log"
        own = robot_live.options(robot, way, Path(folder))
        with (
            Child("the node", log, "kinest_ros.node.main", *own, "--ros-args", *arguments) as node,
            robot_live.beside(robot, way, Path(folder)),
            (
                WebProbe(motion.positions, motion.quaternions, log)
                if web_port
                else over_dds(motion.positions, motion.quaternions)
            ) as probe,
        ):
            node.wait_for("[kinest]: active", session.START_TIMEOUT)
            probe.wait_for_node()
            meter = Meter(node.pid)
            rows: list[dict[str, float]] = []
            whole = Trace()

            def keep(trace: Trace, counts: bool) -> None:
                if not counts:
                    meter.start()
                    return
                for name in vars(whole):
                    getattr(whole, name).extend(getattr(trace, name))
                memory, load, minutes = meter.read()
                rows.append(row(trace, round(minutes, 2), memory, load))
                progress(rows[-1])

            probe.run(_WARM_UP, seconds, rate, keep)
            if not node.running:
                raise node.failure("ended while it was measured")
            memory, load, minutes = meter.read(whole=True)
            total = row(_in_order(whole), round(minutes, 2), memory, load)
            node.stop()
    return {"rate": rate, **parameters, "rows": rows, "total": total}


def _in_order(trace: Trace) -> Trace:
    """Return the trace without the frames that stand at the end of one stretch and in the next."""
    seen: dict[int, tuple[int, int]] = {}
    for stamp, sent, late in zip(trace.stamps_ns, trace.sent_ns, trace.late_ns, strict=True):
        seen[stamp] = sent, late
    return Trace(
        list(seen), [sent for sent, _ in seen.values()], [late for _, late in seen.values()],
        trace.bodies,
    )  # fmt: skip


class Meter:
    """Memory and processor time of another process, from /proc."""

    def __init__(self, pid: int) -> None:
        self._folder = Path("/proc") / str(pid)
        self.start()

    def start(self) -> None:
        """Measure from now on."""
        self._start = self._last = (time.monotonic(), self._busy())

    def _busy(self) -> float:
        """Seconds of processor time so far."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def read(self, whole: bool = False) -> tuple[float, float, float]:
        """Return MB, the share of a core since the last call or the start, and minutes in all."""
        pages = int((self._folder / "statm").read_text().split()[1])
        now = time.monotonic(), self._busy()
        since = self._start if whole else self._last
        self._last = now
        load = (now[1] - since[1]) / max(now[0] - since[0], 1e-9)
        memory = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        return memory, load, (now[0] - self._start[0]) / 60.0
