# SPDX-License-Identifier: Apache-2.0
"""The body over time, from the front and from the side, next to the trackers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, PARENTS, SLOT_JOINTS, SLOTS
from kinest_ros.body.picture_colours import LEFT, MIDDLE, RIGHT
from kinest_ros.demo.recording import Recording
from kinest_ros.files.pictures import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOMENTS = 8
_TRUTH, _TRACKER = "#b8b8b8", "#159a4b"
#: Half the width of a panel, m: arms stretched out to both sides fit.
_REACH = 0.95
#: What a panel shows below the floor, m.
_BELOW = 0.1
#: Inches.
PANEL_WIDTH = 2.3


def draw(recording: Recording, path: Path) -> None:
    """Write the picture.

    Args:
        recording: with at least one body.
        path: a .png file.
    """
    import matplotlib

    matplotlib.use("Agg")  # no display needed
    import matplotlib.pyplot as plt

    bodies, true = recording.bodies, recording.true_positions()
    trackers = recording.tracker_positions()
    times = (bodies.stamps_ns - bodies.stamps_ns[0]) * 1e-9
    picked = np.linspace(0, len(bodies) - 1, MOMENTS + 2).astype(int)[1:-1]
    top = max(float(np.nanmax(bodies.positions[..., 2])) + 0.15, 2.0)

    # Panels keep their aspect, so the figure's height follows from what they show.
    row = PANEL_WIDTH * (top + _BELOW) / (2.0 * _REACH)
    figure = plt.figure(figsize=(PANEL_WIDTH * MOMENTS, 2.0 * row + 3.6), dpi=100)
    grid = figure.add_gridspec(
        3,
        MOMENTS,
        height_ratios=(row, row, 2.4),
        hspace=0.1,
        wspace=0.0,
        left=0.05,
        right=0.99,
        bottom=0.06,
        top=1.0 - 0.95 / (2.0 * row + 3.6),
    )
    for column, index in enumerate(picked):
        joints = bodies.positions[index]
        forward, left = _body_axes(joints)
        # What points to the right of the picture, seen from there.
        views = (("from the front", left), ("from its right", forward))
        for line, (name, across) in enumerate(views):
            panel = figure.add_subplot(grid[line, column])
            if true is not None:
                _skeleton(panel, true[index], joints[0], across, truth=True)
            _skeleton(panel, joints, joints[0], across)
            for slot, positions in trackers.items():
                _tracker(panel, positions[index], joints[0], across, slot)
            _frame(panel, top, first=column == 0)
            if line == 0:
                panel.set_title(f"{times[index]:.1f} s", fontsize=12)
            if column == 0:
                panel.set_ylabel(f"{name}\nheight (m)", fontsize=11)
    _heights(figure.add_subplot(grid[2, :]), recording, times, times[picked])
    _legend(figure, true is not None)
    save_figure(figure, path)
    plt.close(figure)


def _body_axes(joints: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the body's horizontal forward and left directions, (3,) each, from the hips."""
    left = joints[JOINT_INDEX["left_hip"]] - joints[JOINT_INDEX["right_hip"]]
    left = np.array((left[0], left[1], 0.0))
    length = np.linalg.norm(left)
    left = left / length if length > 1e-6 else np.array((0.0, 1.0, 0.0))
    return np.cross(left, (0.0, 0.0, 1.0)), left


def _skeleton(
    panel: Axes, joints: np.ndarray, centre: np.ndarray, across: np.ndarray, truth: bool = False
) -> None:
    flat = np.column_stack(((joints - centre) @ across, joints[:, 2]))
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        name = JOINT_NAMES[joint]
        side = LEFT if name.startswith("left") else RIGHT
        color = side if name.startswith(("left", "right")) else MIDDLE
        panel.plot(
            *flat[[parent, joint]].T,
            color=_TRUTH if truth else color,
            linewidth=6.0 if truth else 2.4,
            zorder=1 if truth else 3,
            solid_capstyle="round",
        )


def _tracker(
    panel: Axes, position: np.ndarray, centre: np.ndarray, across: np.ndarray, slot: str
) -> None:
    if not np.isfinite(position).all():
        return
    panel.plot(
        (position - centre) @ across,
        position[2],
        marker="s" if slot == "head" else "o",
        markersize=11,
        markerfacecolor="none",
        markeredgecolor=_TRACKER,
        markeredgewidth=2.0,
        zorder=4,
    )


def _frame(panel: Axes, top: float, first: bool) -> None:
    panel.axhspan(-_BELOW, 0.0, color="#eeeeee", zorder=0)
    panel.axhline(0.0, color="#888888", linewidth=1.0, zorder=0)
    panel.set(xlim=(-_REACH, _REACH), ylim=(-_BELOW, top), aspect="equal", xticks=[])
    panel.set_yticks(np.arange(0.0, top, 0.5))
    panel.tick_params(labelleft=first, left=first)
    for side in ("top", "right", "bottom", "left"):
        panel.spines[side].set_visible(False)


def _heights(panel: Axes, recording: Recording, times: np.ndarray, picked: np.ndarray) -> None:
    """Heights over time: what each tracker says against the joint it is bound to, and the toes."""
    bodies = recording.bodies
    lines = {
        "head": (SLOT_JOINTS[0], MIDDLE),
        "left wrist": (SLOT_JOINTS[1], LEFT),
        "right wrist": (SLOT_JOINTS[2], RIGHT),
        "left toe": (JOINT_INDEX["left_foot"], LEFT),
        "right toe": (JOINT_INDEX["right_foot"], RIGHT),
    }
    true = recording.true_positions()
    gap = np.append(np.diff(times) > 0.1, False)  # a line must not bridge missing bodies
    for name, (joint, color) in lines.items():
        if true is not None:
            panel.plot(times, true[:, joint, 2], color=_TRUTH, linewidth=4.0, zorder=1)
        style = "--" if "toe" in name else "-"
        heights = np.where(gap, np.nan, bodies.positions[:, joint, 2])
        panel.plot(times, heights, style, color=color, linewidth=1.4, zorder=3, label=name)
    for slot, positions in recording.tracker_positions().items():
        if slot in SLOTS[:3]:
            every = slice(None, None, max(len(times) // 150, 1))
            panel.plot(
                times[every], positions[every, 2], ".", color=_TRACKER, markersize=4, zorder=4
            )
    for time in picked:
        panel.axvline(time, color="#dddddd", linewidth=1.0, zorder=0)
    panel.set(xlim=(times[0], max(times[-1], 0.1)), xlabel="time (s)", ylabel="height (m)")
    # Above the axes: within, it would lie on the line of the head.
    panel.legend(
        loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=len(lines), fontsize=10, frameon=False
    )
    panel.set_title(
        "height over time: the body's joints, and the trackers as dots", fontsize=12, loc="left"
    )
    for side in ("top", "right"):
        panel.spines[side].set_visible(False)


def _legend(figure: Figure, has_truth: bool) -> None:
    from matplotlib.lines import Line2D

    entries = [
        Line2D([], [], color=LEFT, linewidth=3, label="body, its left"),
        Line2D([], [], color=RIGHT, linewidth=3, label="body, its right"),
        Line2D(
            [],
            [],
            color=_TRACKER,
            marker="s",
            markerfacecolor="none",
            linestyle="",
            label="head tracker",
        ),
        Line2D(
            [],
            [],
            color=_TRACKER,
            marker="o",
            markerfacecolor="none",
            linestyle="",
            label="hand trackers",
        ),
    ]
    if has_truth:
        entries.append(Line2D([], [], color=_TRUTH, linewidth=6, label="true body"))
    figure.legend(
        handles=entries,
        loc="upper center",
        ncols=len(entries),
        fontsize=12,
        frameon=False,
        bbox_to_anchor=(0.5, 1.0),
        title="What kinest published from the trackers alone",
        title_fontsize=15,
    )
