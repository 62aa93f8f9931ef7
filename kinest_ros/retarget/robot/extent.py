# SPDX-License-Identifier: Apache-2.0
"""How far a link's geometry reaches, or its mass where the geometry is missing."""

from __future__ import annotations

import mujoco
import numpy as np

# MuJoCo's enumerations do not equal numpy's integers.
PLANE, HEIGHTS, SPHERE, CAPSULE, CYLINDER, MESH = (
    int(kind)
    for kind in (
        mujoco.mjtGeom.mjGEOM_PLANE,
        mujoco.mjtGeom.mjGEOM_HFIELD,
        mujoco.mjtGeom.mjGEOM_SPHERE,
        mujoco.mjtGeom.mjGEOM_CAPSULE,
        mujoco.mjtGeom.mjGEOM_CYLINDER,
        mujoco.mjtGeom.mjGEOM_MESH,
    )
)
#: kg/m^3, than which no link is lighter: boxes of false inertias are taken smaller.
_LIGHTEST = 200.0
_SIGNS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], float)


def geometry_points(model: mujoco.MjModel, data: mujoco.MjData, bodies: list[int]) -> np.ndarray:
    """Return points (n, 3) in the world, m, on the outside of the bodies' geometry; maybe none."""
    found = [
        geom_points(model, geom) @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]
        for body in bodies
        for geom in range(
            model.body_geomadr[body], model.body_geomadr[body] + model.body_geomnum[body]
        )
        if model.geom_type[geom] not in (PLANE, HEIGHTS)
    ]
    return np.concatenate(found) if found else np.zeros((0, 3))


def inertia_box(model: mujoco.MjModel, data: mujoco.MjData, body: int) -> np.ndarray:
    """Return the corners (8, 3) in the world, m, of the even box with a body's inertia."""
    half = inertia_half_sizes(model, body)
    return (_SIGNS * half) @ data.ximat[body].reshape(3, 3).T + data.xipos[body]


def inertia_half_sizes(model: mujoco.MjModel, body: int) -> np.ndarray:
    """Return half the edges (3,) of that box in the body's inertia axes, m."""
    mass, moments = float(model.body_mass[body]), model.body_inertia[body]
    squares = 1.5 * (moments.sum() - 2.0 * moments) / max(mass, 1e-9)
    half = np.sqrt(np.maximum(squares, 1e-8))
    most = mass / _LIGHTEST
    return np.asarray(half * min(np.cbrt(most / max(8.0 * np.prod(half), 1e-12)), 1.0))


def outline(model: mujoco.MjModel, data: mujoco.MjData, bodies: list[int]) -> np.ndarray:
    """Return points (n, 3) around the bodies: of their geometry, or else of their inertia."""
    points = geometry_points(model, data, bodies)
    if len(points):
        return points
    heavy = [body for body in bodies if model.body_mass[body] > 1e-3]
    boxes = [inertia_box(model, data, body) for body in heavy]
    return np.concatenate(boxes) if boxes else data.xpos[bodies]


def geom_points(model: mujoco.MjModel, geom: int) -> np.ndarray:
    """Return points of a geom in its own axes."""
    kind, size = int(model.geom_type[geom]), model.geom_size[geom]
    if kind == MESH:
        mesh = model.geom_dataid[geom]
        start = model.mesh_vertadr[mesh]
        vertices = np.asarray(model.mesh_vert[start : start + model.mesh_vertnum[mesh]], float)
        # A few thousand points say as much as a hundred thousand.
        return vertices[:: max(len(vertices) // 4000, 1)]
    if kind in (CAPSULE, CYLINDER):
        length = size[1] + (size[0] if kind == CAPSULE else 0.0)
        if kind == CYLINDER:
            return _SIGNS * (size[0], size[0], length)
        ends = np.array([(0.0, 0.0, -size[1]), (0.0, 0.0, size[1])])
        around = np.concatenate([np.eye(3), -np.eye(3)]) * size[0]
        return (ends[:, None] + around).reshape(-1, 3)
    if kind == SPHERE:
        return np.concatenate([np.eye(3), -np.eye(3)]) * size[0]
    return _SIGNS * size
