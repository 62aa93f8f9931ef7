# SPDX-License-Identifier: Apache-2.0
"""Drawings of a robot: its links' outlines, bones, hinges and soles, from two sides."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import mujoco
import numpy as np
from scipy.spatial import ConvexHull, QhullError

from kinest_ros.body.picture_colours import LEFT, MIDDLE, RIGHT
from kinest_ros.files.pictures import save_figure
from kinest_ros.retarget.robot.analysis import zero_pose
from kinest_ros.retarget.robot.extent import geom_points
from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.collisions import link_geoms

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINK = "#c9ced6"
_GUESSED = "#ead9b5"


def draw_robot(robot: Robot, path: str | Path) -> None:
    """Write a picture of the robot at zero, as it was understood.

    Args:
        robot: to draw.
        path: a .png file.
    """
    import matplotlib

    matplotlib.use("Agg")  # no display needed
    import matplotlib.pyplot as plt

    data = zero_pose(robot.model)
    world = data.xmat[robot.parts.root_body].reshape(3, 3) @ robot.parts.facing
    figure, panels = plt.subplots(1, 2, figsize=(11.0, 7.5), dpi=100, sharey=True)
    views = (
        ("from the front", world[:, 1], "to its left (m)"),
        ("from its left", -world[:, 0], "backwards (m)"),
    )
    for panel, (name, across, label) in zip(panels, views, strict=True):
        outline(panel, robot, data, across)
        # The near side in front of the far one.
        limbs_of_view = (*robot.parts.legs, *robot.parts.arms)
        for limb in sorted(limbs_of_view, key=lambda each: each.name.startswith("left")):
            _draw_limb(panel, data, limb, across, robot)
        panel.set_title(name, fontsize=11)
        panel.set(aspect="equal", xlabel=label)
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
    panels[0].set_ylabel("height (m)")
    limbs = ", ".join(
        limb.name.replace("_", " ") for limb in (*robot.parts.legs, *robot.parts.arms)
    )
    figure.suptitle(
        f"{robot.name} at zero: {limbs}\nblue left, orange right; discs: hips, shoulders, ankles, "
        "wrists; diamonds: knees and elbows with their axes; green: soles; sand: guessed shapes",
        fontsize=10,
    )
    figure.tight_layout()
    save_figure(figure, Path(path))
    plt.close(figure)


def outline(
    panel: Axes,
    robot: Robot,
    data: mujoco.MjData,
    across: np.ndarray,
    origin: np.ndarray | None = None,
) -> None:
    """Draw the outlines of the links' shapes.

    Args:
        panel: of matplotlib.
        robot: whose links.
        data: kinematics of its pose.
        across: (3,) direction that points right in the picture.
        origin: (3,) m, of the picture's horizontal axis.
    """
    model = robot.model
    start = 0.0 if origin is None else float(origin @ across)
    shapes = []
    for geom in link_geoms(robot):
        rotation = data.geom_xmat[geom].reshape(3, 3)
        points = geom_points(model, geom) @ rotation.T + data.geom_xpos[geom]
        flat = np.column_stack([points @ across - start, points[:, 2]])
        depth = float(data.geom_xpos[geom] @ np.cross(across, (0.0, 0.0, 1.0)))
        shapes.append((depth, geom, flat))
    for _, geom, flat in sorted(shapes, key=lambda item: -item[0]):
        try:
            hull = ConvexHull(flat)
        except QhullError:
            continue
        guessed = model.geom(geom).name.startswith("kinest_guessed_")
        panel.fill(
            *flat[hull.vertices].T,
            facecolor=_GUESSED if guessed else _LINK,
            edgecolor="#8d949e",
            linewidth=0.6,
            alpha=0.85,
        )


def _draw_limb(
    panel: Axes, data: mujoco.MjData, limb: Limb, across: np.ndarray, robot: Robot
) -> None:
    color = LEFT if limb.name.startswith("left") else RIGHT

    def place(body: int, point: np.ndarray) -> np.ndarray:
        return np.asarray(data.xpos[body] + data.xmat[body].reshape(3, 3) @ point)

    def flat(point: np.ndarray) -> tuple[float, float]:
        return float(point @ across), float(point[2])

    root = place(limb.upper_body, limb.root_in_upper)
    hinge = place(limb.upper_body, limb.hinge_in_upper)
    end = place(limb.end_body, limb.end_in_end)
    panel.plot(*zip(flat(root), flat(hinge), flat(end), strict=True), color=color, linewidth=2.5)
    panel.plot(*flat(root), "o", color=color, markersize=8)
    panel.plot(*flat(end), "o", color=color, markersize=8)
    panel.plot(*flat(hinge), "D", color=color, markersize=7)
    axis = 0.06 * limb.sign * data.xaxis[limb.hinge]
    panel.annotate(
        "",
        flat(hinge + axis),
        flat(hinge - axis),
        arrowprops={"arrowstyle": "->", "color": MIDDLE},
    )
    if limb.sole is not None:
        corners = [place(limb.end_body, corner) for corner in limb.sole.corners[[0, 1, 3, 2, 0]]]
        panel.plot(*zip(*map(flat, corners), strict=True), color="#159a4b", linewidth=2.0)
