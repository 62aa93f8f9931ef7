# SPDX-License-Identifier: Apache-2.0
"""A picture of a calibration: the estimated body over the trackers, from three sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from kinest_ros.body.picture_colours import LEFT, MIDDLE, RIGHT
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.held_pose import HeldPose
from kinest_ros.calibration.posed_body import link_pose, posed_body
from kinest_ros.calibration.summary import summary_lines
from kinest_ros.files.pictures import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TRACKER = "#159a4b"
_AXES = ("#c0392b", "#27ae60", "#2471a3")  # x, y, z of a tracker, as in RViz
#: Name of a view, and what points right and up in it, in the body's axes.
_VIEWS = (
    ("from the front", (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ("from its right", (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    ("from above", (0.0, -1.0, 0.0), (1.0, 0.0, 0.0)),
)
_ARROW = 0.09  # m


def draw_calibration(calibration: Calibration, pose: HeldPose, path: Path) -> None:
    """Write the picture.

    Args:
        calibration: what was found.
        pose: from which it was found.
        path: a .png file.
    """
    import matplotlib

    matplotlib.use("Agg")  # no display needed
    import matplotlib.pyplot as plt

    joints = posed_body(pose, calibration)
    centre = np.array((*joints[0, :2], calibration.floor_height.value))
    lines = summary_lines(calibration)
    figure, panels = plt.subplots(1, len(_VIEWS), figsize=(16.0, 6.7 + 0.17 * len(lines)), dpi=100)
    for panel, (name, right, up) in zip(panels, _VIEWS, strict=True):
        view = pose.world_from_body @ np.array((right, up)).T  # world to picture
        _body(panel, (joints - centre) @ view)
        for slot in pose.positions:
            _tracker(panel, pose, calibration, slot, centre, view)
        if up[2]:
            panel.axhspan(-0.1, 0.0, color="#eeeeee", zorder=0)
            panel.axhline(0.0, color="#888888", linewidth=1.0, zorder=0)
        half = 0.6 * max(calibration.arm_span.value, calibration.stature.value)
        low = -0.1 if up[2] else -half
        panel.set(
            xlim=(-half, half), ylim=(low, low + 2.0 * half), aspect="equal", title=name,
            xlabel="m",
        )  # fmt: skip
    panels[0].set_ylabel("height over the estimated floor (m)")
    figure.suptitle(f"{lines[0]}\n", fontsize=14)
    figure.text(
        0.5, 0.945, "body: left blue, right orange; trackers: square head, circle hands, with "
        "their axes (x red, y green, z blue) and a dotted line to the link they carry",
        fontsize=10, ha="center", va="top",
    )  # fmt: skip
    figure.text(0.02, 0.015, "\n".join(lines[1:]), fontsize=9, family="monospace", va="bottom")
    below = (0.75 + 0.17 * len(lines)) / (6.7 + 0.17 * len(lines))
    figure.subplots_adjust(left=0.05, right=0.99, top=0.9, bottom=below, wspace=0.12)
    save_figure(figure, path)
    plt.close(figure)


def _body(panel: Axes, flat: np.ndarray) -> None:
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            name = JOINT_NAMES[joint]
            color = LEFT if name.startswith("left") else MIDDLE
            color = RIGHT if name.startswith("right") else color
            panel.plot(*flat[[parent, joint]].T, color=color, linewidth=3.0, zorder=2)
    panel.plot(*flat[JOINT_INDEX["head"]], "o", color=MIDDLE, markersize=4, zorder=3)


def _tracker(
    panel: Axes,
    pose: HeldPose,
    calibration: Calibration,
    slot: str,
    centre: np.ndarray,
    view: np.ndarray,
) -> None:
    """The tracker with its axes, and a line to the link that it carries."""
    place, turn = pose.positions[slot], pose.rotations[slot]
    link, _ = link_pose(pose, calibration, slot)
    start = (place - centre) @ view
    for axis, color in zip(turn.T, _AXES, strict=True):
        tip = (place + _ARROW * axis - centre) @ view
        panel.plot(*np.stack((start, tip)).T, color=color, linewidth=1.6, zorder=5)
    panel.plot(
        *np.stack((start, (link - centre) @ view)).T, ":", color=_TRACKER, linewidth=1.8, zorder=4
    )
    panel.plot(
        *start, marker="s" if slot == "head" else "o", markersize=9, markerfacecolor="none",
        markeredgecolor=_TRACKER, markeredgewidth=2.0, zorder=4,
    )  # fmt: skip
