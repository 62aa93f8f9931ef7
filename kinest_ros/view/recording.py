# SPDX-License-Identifier: Apache-2.0
"""Bodies over time as one HTML file that opens anywhere, without a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.files.whole import write_whole
from kinest_ros.view.axes_switch import switch_html
from kinest_ros.view.bag_plots import Plot
from kinest_ros.view.player import APART, Player
from kinest_ros.view.plot_panels import plots_html
from kinest_ros.view.shown import Shown
from kinest_ros.view.stage import close_stage, open_stage


def write_html(
    path: Path,
    shown: Sequence[Shown],
    fps: float = 20.0,
    apart: float = APART,
    plots: Callable[[np.ndarray], Sequence[Plot]] = lambda ticks_ns: (),
    progress: Callable[[int], object] = lambda done: None,
) -> None:
    """Write the file.

    Args:
        path: of the file.
        shown: at least one body.
        fps: pictures per second that are kept.
        apart: m from one body to the next.
        plots: from ticks (N,), ns, to what is drawn beside the bodies.
        progress: called with the ticks that are done.

    Raises:
        KinestError: viser is missing, or the file cannot be written.
    """
    server = open_stage("127.0.0.1", _free_port(), centre_of(shown, apart))
    try:
        serializer = server.get_scene_serializer()
        player = Player(server, shown, apart)
        step = max(round(60.0 / fps), 1)
        for tick in range(0, player.ticks, step):
            player.show(tick, trail=False)
            serializer.insert_sleep(step / 60.0)
            progress(step)
        text = serializer.as_html(dark_mode=True)
        panel = plots_html(plots(player.ticks_ns), player.ticks)
        before, closing, after = text.rpartition("</body>")
        switch = switch_html() if any(s.trackers is not None for s in shown) else ""
        text = before + panel + switch + closing + after
    finally:
        close_stage(server)
    try:
        write_whole(path, text)
    except OSError as error:
        raise KinestError(f"cannot write {path}: {error.strerror or error}") from None


def centre_of(shown: Sequence[Shown], apart: float) -> np.ndarray:
    """Return where (3,) the bodies are on the whole, m."""
    centre = np.mean([s.positions[:, 0].mean(axis=0) for s in shown], axis=0)
    middle: np.ndarray = centre + (0.0, 0.5 * apart * (len(shown) - 1), 0.0)
    return middle


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
