# SPDX-License-Identifier: Apache-2.0
"""A robot in a viser scene: the hulls of its links, placed by MuJoCo's kinematics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np
from scipy.spatial import ConvexHull, QhullError

from kinest_ros.retarget.robot.extent import geom_points
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.collisions import link_geoms
from kinest_ros.view.shapes import sphere

_COLOUR, _GUESSED = (196, 203, 212), (226, 208, 165)


class RobotFigure:
    """Moves the meshes that it once added."""

    def __init__(self, scene: Any, name: str, robot: Robot, offset: float = 0.0) -> None:
        """Add the links, where the robot stands at zero.

        Args:
            scene: viser's.
            name: of the robot; a path in the scene.
            robot: whose links.
            offset: m to the left, for a robot beside the person whom it follows.
        """
        self._robot, self._offset = robot, np.array((0.0, offset, 0.0))
        self._data = mujoco.MjData(robot.model)
        self._addresses = dict(zip(robot.names, robot.qpos_addresses.tolist(), strict=True))
        self.links: dict[int, Any] = {}
        for geom in link_geoms(robot):
            hull = _hull(_surface(robot.model, geom))
            if hull is None:
                continue
            guessed = robot.model.geom(geom).name.startswith("kinest_guessed_")
            self.links[geom] = scene.add_mesh_simple(
                f"/{name}/{geom}", *hull, color=_GUESSED if guessed else _COLOUR, flat_shading=True
            )
        self._text = scene.add_label(f"/{name}/name", name)

    def show(
        self,
        joints: Mapping[str, float],
        base_position: np.ndarray | None = None,
        base_rotation: np.ndarray | None = None,
    ) -> None:
        """Show a pose.

        Args:
            joints: rad or m by name; others stay, unknown names are left out.
            base_position: (3,) m, of the base link in the world; None: as it was.
            base_rotation: (4,) xyzw, world_from_base.
        """
        qpos = self._data.qpos
        if self._robot.free_base and base_position is not None and base_rotation is not None:
            qpos[:3] = base_position
            qpos[3:7] = np.asarray(base_rotation)[[3, 0, 1, 2]]
        for joint, value in joints.items():
            if joint in self._addresses:
                qpos[self._addresses[joint]] = value
        mujoco.mj_kinematics(self._robot.model, self._data)
        turn = np.zeros(4)
        top = -np.inf
        for geom, link in self.links.items():
            mujoco.mju_mat2Quat(turn, self._data.geom_xmat[geom])
            link.wxyz = turn.copy()
            link.position = self._data.geom_xpos[geom] + self._offset
            top = max(top, float(self._data.geom_xpos[geom][2]))
        base = self._data.xpos[self._robot.parts.root_body] + self._offset
        self._text.position = np.array((base[0], base[1], top + 0.3))

    def remove(self) -> None:
        """Take it out of the scene."""
        for handle in (*self.links.values(), self._text):
            handle.remove()
        self.links = {}

    def hide(self, hidden: bool = True) -> None:
        """Hide all of it, or show it again."""
        for handle in (*self.links.values(), self._text):
            handle.visible = not hidden


def _surface(model: mujoco.MjModel, geom: int) -> np.ndarray:
    """Return points (n, 3) whose hull is the geom, in its own axes, m; round where it is round."""
    kind, size = mujoco.mjtGeom(model.geom_type[geom]), model.geom_size[geom]
    ball = sphere()[0].astype(np.float64) * 2.0 * size[0]
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return ball
    if kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        half = np.array((0.0, 0.0, size[1]))
        return np.concatenate((ball - half, ball + half))
    return geom_points(model, geom)


def _hull(points: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Return vertices (n, 3) and outward faces (m, 3) of the hull of points; None of flat ones."""
    try:
        hull = ConvexHull(points)
    except QhullError:
        return None
    index = np.full(len(points), -1)
    index[hull.vertices] = np.arange(len(hull.vertices))
    faces = hull.simplices.copy()
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    inward = np.einsum("ij,ij->i", np.cross(b - a, c - a), hull.equations[:, :3]) < 0.0
    faces[inward] = faces[inward][:, ::-1]
    return points[hull.vertices].astype(np.float32), index[faces].astype(np.uint32)
