# SPDX-License-Identifier: Apache-2.0
"""Plots of a bag beside the scene: in the page that viser serves, and in a file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from kinest_ros.view.bag_plots import Plot
from kinest_ros.view.charts import COLOURS, line_chart

#: Points that a line has at most in a live page.
_POINTS = 400
#: Below every range.
_UNSEEN = -1e6
_STYLE = """
#kinest-plots { position: fixed; top: 8px; left: 8px; width: min(380px, 40vw); max-height: 70vh;
  overflow-y: auto; z-index: 1000; background: #fffffff0; color: #1d2b36; border-radius: 6px;
  padding: 4px 10px; font: 13px/1.4 system-ui, sans-serif; }
#kinest-plots summary { cursor: pointer; } #kinest-plots h3 { font-size: 13px; margin: 6px 0 0; }
#kinest-plots svg { width: 100%; height: auto; display: block; }
#kinest-plots svg text { font: 17px system-ui; fill: #55656f; }
#kinest-plots .grid { stroke: #e3e9ed; } #kinest-plots polyline { stroke-width: 2.5; }
#kinest-plots .legend { margin: 0; font-size: 12px; color: #55656f; }
"""


class PlotPanel:
    """Plots in viser's panel, with a mark at the time that is shown."""

    def __init__(self, server: Any, plots: Sequence[Plot], ticks: int) -> None:
        """Add the plots.

        Args:
            server: viser's.
            plots: of `ticks` values each.
            ticks: how many there are, 60 a second.
        """
        import viser.uplot as uplot

        self._step = max(-(-ticks // _POINTS), 1)
        self._seconds = np.arange(0, ticks, self._step) / 60.0
        self._plots: list[tuple[Any, list[np.ndarray], float]] = []
        self._marked = -1
        for plot in plots:
            lines = [_highest(line, self._step) for line in plot.lines.values()]
            series = [uplot.Series(label="s")]
            series += [
                uplot.Series(label=name, stroke=COLOURS[i % len(COLOURS)], width=1.5)
                for i, name in enumerate(plot.lines)
            ]
            series.append(uplot.Series(label="now", stroke="#888888", width=2))
            top = max(float(np.nanmax(line, initial=0.0)) for line in lines) or 1.0
            handle = server.gui.add_uplot(
                (self._seconds, *lines, np.full(len(self._seconds), _UNSEEN)),
                tuple(series),
                title=plot.title,
                # Said, as uPlot finds no range for itself where a value is missing.
                scales={
                    "x": uplot.Scale(time=False),
                    "y": uplot.Scale(auto=False, range=(0.0, 1.05 * top)),
                },
                aspect=2.0,
            )
            self._plots.append((handle, lines, top))

    def mark(self, tick: int) -> None:
        """Draw a mark at a tick."""
        at = min(tick // self._step, len(self._seconds) - 1)
        if at == self._marked:
            return
        self._marked = at
        for handle, lines, top in self._plots:
            now = np.full(len(self._seconds), _UNSEEN)
            now[at] = top  # a spike from below what is seen
            handle.data = (self._seconds, *lines, now)


def plots_html(plots: Sequence[Plot], ticks: int) -> str:
    """Return the plots as HTML that lies above the scene and can be folded; no scripts.

    Args:
        plots: of `ticks` values each.
        ticks: 60 a second.
    """
    if not plots:
        return ""
    seconds = np.arange(ticks) / 60.0
    drawn = "".join(
        f"<h3>{escape(plot.title)}</h3>"
        + line_chart({name: (seconds, line) for name, line in plot.lines.items()}, "")
        for plot in plots
    )
    return (
        f'<style>{_STYLE}</style><details id="kinest-plots"><summary>plots</summary>{drawn}'
        "</details>"
    )


def _highest(line: np.ndarray, step: int) -> np.ndarray:
    """Return the highest of each `step` values: peaks are kept."""
    padded = np.full(-(-len(line) // step) * step, np.nan)
    padded[: len(line)] = line
    parts = padded.reshape(-1, step)
    known = np.isfinite(parts)
    highest = np.where(known, parts, -np.inf).max(axis=1)
    return np.where(known.any(axis=1), highest, np.nan)
