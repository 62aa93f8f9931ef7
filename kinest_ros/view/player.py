# SPDX-License-Identifier: Apache-2.0
"""Bodies with a timeline: an estimate beside others and the truth."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from kinest_ros.view.bag_plots import Plot
from kinest_ros.view.figure import Figure
from kinest_ros.view.plot_panels import PlotPanel
from kinest_ros.view.shown import Shown
from kinest_ros.view.tracker_axes import add_root, add_switch

#: m between bodies that stand side by side.
APART = 1.5
_TICK_NS = 1_000_000_000 / 60


class Player:
    """Shows one tick after the other."""

    def __init__(self, server: Any, shown: Sequence[Shown], apart: float = APART) -> None:
        """Add the bodies and the controls.

        Args:
            server: viser's, see `stage`.
            shown: at least one.
            apart: m from one body to the next; 0: on top of each other.
        """
        self._server, self._shown = server, shown
        self._first = min(int(s.stamps_ns[0]) for s in shown)
        last = max(int(s.stamps_ns[-1]) for s in shown)
        self.ticks = round((last - self._first) / _TICK_NS) + 1
        self._axes = add_root(server.scene)
        self._figures = [
            Figure(server.scene, s.name, index * apart, label=len(shown) > 1)
            for index, s in enumerate(shown)
        ]
        self._tick = 0

    @property
    def ticks_ns(self) -> np.ndarray:
        """Stamps (ticks,) of what is shown."""
        return self._first + np.round(np.arange(self.ticks) * _TICK_NS).astype(np.int64)

    def controls(self, plots: Sequence[Plot] = ()) -> None:
        """Add a timeline, a play button, a speed, and plots at `ticks_ns`."""
        gui = self._server.gui
        seconds = (self.ticks - 1) / 60.0
        self._playing = gui.add_checkbox("play", True)
        self._speed = gui.add_slider("speed", 0.1, 3.0, 0.1, 1.0)
        self._time = gui.add_slider("time, s", 0.0, max(seconds, 0.01), 1.0 / 60.0, 0.0)
        self._switch = add_switch(self._server, self._axes)
        self._text = gui.add_markdown("")
        self._own = False
        self._panel = PlotPanel(self._server, plots, self.ticks)

        @self._time.on_update
        def _(_: Any) -> None:
            if not self._own:
                for figure in self._figures:
                    figure.forget_trail()
                self.show(round(self._time.value * 60.0))
                self._panel.mark(self._tick)

    def show(self, tick: int, trail: bool = True) -> None:
        """Show a tick, counted from the first."""
        self._tick = min(max(tick, 0), self.ticks - 1)
        stamp_ns = self._first + round(self._tick * _TICK_NS)
        with self._server.atomic():
            for figure, shown in zip(self._figures, self._shown, strict=True):
                at = shown.at(stamp_ns)
                figure.hide(at is None)
                if at is not None:
                    figure.show(
                        shown.positions[at],
                        None if shown.confidence is None else shown.confidence[at],
                        None if shown.contacts is None else shown.contacts[at],
                        shown.seen(at),
                        trail,
                    )

    def play(self, stop: threading.Event) -> None:
        """Play until the event is set."""
        due = time.monotonic()
        while not stop.is_set():
            due = max(due + 1.0 / 60.0, time.monotonic() - 0.1)
            stop.wait(max(due - time.monotonic(), 0.0))
            if self._playing.value:
                self._advance(self._speed.value)

    def _advance(self, speed: float) -> None:
        self._exact = getattr(self, "_exact", 0.0) + speed
        steps, self._exact = divmod(self._exact, 1.0)
        if steps == 0.0:
            return
        tick = self._tick + int(steps)
        if tick >= self.ticks:
            tick = 0
            for figure in self._figures:
                figure.forget_trail()
        self.show(tick)
        self._own = True
        self._time.value = tick / 60.0
        self._own = False
        if tick // 20 != (tick - int(steps)) // 20:  # a plot is sent whole: not at every tick
            self._panel.mark(tick)
        if tick % 6 == 0:
            self._text.content = self._said()

    def _said(self) -> str:
        """Return how far the estimates are from the truth at the tick."""
        truth = next((s for s in self._shown if s.confidence is None), None)
        if truth is None:
            return ""
        stamp_ns = self._first + round(self._tick * _TICK_NS)
        true = truth.at(stamp_ns)
        lines = []
        for shown in self._shown:
            at = shown.at(stamp_ns)
            if shown is not truth and at is not None and true is not None:
                error = np.linalg.norm(shown.positions[at] - truth.positions[true], axis=-1)
                lines.append(f"{shown.name}: {100.0 * error.mean():.1f} cm from the truth")
        return "\n\n".join(lines)
