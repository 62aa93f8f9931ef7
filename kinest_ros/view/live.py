# SPDX-License-Identifier: Apache-2.0
"""Bodies as they come: in 3D, with plots of their latency and of how long trackers are silent."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.view.figure import Figure
from kinest_ros.view.live_robots import LiveRobots
from kinest_ros.view.tracker_axes import Seen, add_root, add_switch

#: s without a body after which it is not shown any more.
GONE = 0.5
#: s between two pictures; s that the plots are long, and between two points of them.
_FRAME, _PLOTTED, _POINT = 1.0 / 30.0, 30.0, 0.25
_COLOURS = ("#6fd0ff", "#f0a050", "#90e090", "#e070b0", "#d0d060", "#a090f0")


@dataclass
class _Body:
    figure: Figure
    at: float = 0.0
    shown: float = 0.0
    latency: float = 0.0
    gone: bool = False


class LivePage:
    """Takes bodies by name; from one thread."""

    def __init__(self, server: Any) -> None:
        """Add the plots.

        Args:
            server: viser's, see `stage`.
        """
        import viser.uplot as uplot

        self._server = server
        self.robots = LiveRobots(server)
        self._bodies: dict[str, _Body] = {}
        self._measured = dict.fromkeys(SLOTS[:3], -np.inf)
        self._trackers: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        points = round(_PLOTTED / _POINT)
        self._times: deque[float] = deque(maxlen=points)
        self._latencies: deque[float] = deque(maxlen=points)
        self._ages: deque[list[float]] = deque(maxlen=points)
        self._begin = self._plotted = time.monotonic()
        self._text = server.gui.add_markdown("waiting for a body")
        self._switch = add_switch(server, add_root(server.scene))
        empty = np.zeros(1)

        def plot(title: str, names: tuple[str, ...]) -> Any:
            series = [uplot.Series(label="s")] + [
                uplot.Series(label=name, stroke=colour, width=2)
                for name, colour in zip(names, _COLOURS, strict=False)
            ]
            scales = {"x": uplot.Scale(time=False)}
            return server.gui.add_uplot(
                (empty,) * len(series), tuple(series), title=title, scales=scales, aspect=1.8
            )

        self._latency_plot = plot("latency, ms", ("node",))
        self._age_plot = plot("tracker not measured for, s", SLOTS[:3])

    def trackers(self, name: str, positions: np.ndarray, rotations: np.ndarray) -> None:
        """Take where tracked links were last measured to be, by slot.

        Args:
            name: of the body.
            positions: (6, 3) m; NaN where never.
            rotations: (6, 3, 3) world_from_link; NaN where never.
        """
        self._trackers[name] = (positions, rotations)

    def body(
        self,
        name: str,
        positions: np.ndarray,
        confidence: np.ndarray,
        contacts: np.ndarray,
        states: np.ndarray,
        latency: float,
    ) -> None:
        """Take a body.

        Args:
            name: whose it is.
            positions: (22, 3) m.
            confidence: (22,) in (0, 1].
            contacts: (2,) probabilities of standing.
            states: (6,) `TrackerState`.
            latency: s.
        """
        now = time.monotonic()
        if name not in self._bodies:
            self._bodies[name] = _Body(Figure(self._server.scene, name, label=True))
        body = self._bodies[name]
        body.at, body.latency = now, latency
        for index, slot in enumerate(self._measured):
            if states[index] == TrackerState.MEASURED:
                self._measured[slot] = now
        if body.gone:
            body.gone = False
            body.figure.hide(False)
            body.figure.forget_trail()
        if now - body.shown >= _FRAME:
            body.shown = now
            with self._server.atomic():
                seen = None
                if name in self._trackers:
                    valid = ~np.isin(states, (TrackerState.LOST, TrackerState.REJECTED))
                    seen = Seen(*self._trackers[name], valid)
                body.figure.show(positions, confidence, contacts, seen)

    def look(self) -> None:
        """Hide who is gone and draw the plots; to be called a few times a second."""
        now = time.monotonic()
        self.robots.look()
        for body in self._bodies.values():
            if not body.gone and now - body.at > GONE:
                body.gone = True
                body.figure.hide()
        if now - self._plotted < _POINT or not self._bodies:
            return
        self._plotted = now
        here = [body for body in self._bodies.values() if not body.gone]
        self._times.append(now - self._begin)
        self._latencies.append(1e3 * max((b.latency for b in here), default=np.nan))
        self._ages.append([min(now - at, 10.0) for at in self._measured.values()])
        times = np.array(self._times)
        self._latency_plot.data = (times, np.array(self._latencies))
        self._age_plot.data = (times, *np.array(self._ages).T)
        names = ", ".join(name for name, body in self._bodies.items() if not body.gone)
        self._text.content = f"live: {names}" if names else "no body comes at present"
