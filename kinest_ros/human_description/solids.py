# SPDX-License-Identifier: Apache-2.0
"""What the body looks like and weighs: simple solids along the bones, per link.

Masses are fractions of the body mass after Dempster (1955) as tabulated in Winter, "Biomechanics
and Motor Control of Human Movement" (table 4.1): hand 0.006, forearm 0.016, upper arm 0.028, foot
0.0145, shank 0.0465, thigh 0.100, head and neck 0.081, thorax with shoulders 0.216, abdomen 0.139,
pelvis 0.142. Where a segment spans several links we divide it between them. Radii and the ends of
head, hands and feet are drawn to look like a body; nothing is computed from them but inertias.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton

#: kg/m², the middle of the range that the WHO calls normal weight.
BODY_MASS_INDEX = 22.0

# Radius of the cylinder from a joint's parent to the joint, as a fraction of stature.
_BONE_RADIUS = {
    "hip": 0.050,
    "knee": 0.040,
    "ankle": 0.028,
    "foot": 0.022,
    "spine1": 0.065,
    "spine2": 0.065,
    "spine3": 0.070,
    "neck": 0.070,
    "collar": 0.035,
    "head": 0.030,
    "shoulder": 0.032,
    "elbow": 0.027,
    "wrist": 0.022,
}
_HEAD_RADIUS, _HAND_RADIUS, _TOE_RADIUS = 0.0575, 0.022, 0.018
# Length of the hand after Drillis and Contini (1966), as a fraction of stature.
HAND_LENGTH = 0.108

# Child whose bone carries a link's mass, and the fraction of the body mass; None: the end solid.
_MASSES: dict[str, tuple[str | None, float]] = {
    "pelvis": ("spine1", 0.142),
    "hip": ("knee", 0.100),
    "knee": ("ankle", 0.0465),
    "ankle": ("foot", 0.0115),
    "foot": (None, 0.003),
    "spine1": ("spine2", 0.0695),
    "spine2": ("spine3", 0.0695),
    "spine3": ("neck", 0.156),
    "collar": ("shoulder", 0.030),
    "neck": ("head", 0.011),
    "head": (None, 0.070),
    "shoulder": ("elbow", 0.028),
    "elbow": ("wrist", 0.016),
    "wrist": (None, 0.006),
}


@dataclass(frozen=True)
class Solid:
    """A cylinder about its own z axis, or a sphere, in its link's axes.

    Attributes:
        kind: "cylinder" or "sphere".
        radius: m.
        length: m, of the cylinder; 0 for a sphere.
        center: (3,) m, in the link's axes.
        axis: (3,) unit vector of the cylinder's axis, in the link's axes.
        mass: kg, 0 where the solid is only drawn.
    """

    kind: Literal["cylinder", "sphere"]
    radius: float
    length: float
    center: np.ndarray
    axis: np.ndarray
    mass: float = 0.0

    @property
    def rpy(self) -> tuple[float, float, float]:
        """Fixed-axis roll, pitch, yaw (rad) that turn z onto the axis, as URDF writes them."""
        x, y, z = self.axis
        return 0.0, float(np.arctan2(np.hypot(x, y), z)), float(np.arctan2(y, x))

    @property
    def inertia(self) -> np.ndarray:
        """(3, 3) kg m², about the center, in the link's axes, of a solid of even density."""
        if self.kind == "sphere":
            return np.eye(3) * (0.4 * self.mass * self.radius**2)
        along = 0.5 * self.mass * self.radius**2
        across = self.mass * (self.radius**2 / 4.0 + self.length**2 / 12.0)
        return across * np.eye(3) + (along - across) * np.outer(self.axis, self.axis)


def capsule(solid: Solid) -> tuple[Solid, ...]:
    """Return a solid rounded at its ends, as contact is best computed with.

    URDF has no capsule that its readers agree on, so a cylinder becomes three solids.
    """
    if solid.kind == "sphere":
        return (solid,)
    half = 0.5 * solid.length * solid.axis
    caps = (_sphere(solid.radius, solid.center + end) for end in (-half, half))
    return (solid, *caps)


def link_solids(skeleton: Skeleton) -> tuple[tuple[Solid, ...], ...]:
    """Return the solids of the 22 links; in each link, the one that carries its mass comes first.

    Args:
        skeleton: the body; its stature gives the radii and the mass.
    """
    stature = skeleton.stature
    offsets = skeleton.rest_offsets @ JOINT_FROM_LINK
    body_mass = BODY_MASS_INDEX * stature**2
    links = []
    for link, name in enumerate(JOINT_NAMES):
        carrier, fraction = _MASSES[_without_side(name)]
        mass = fraction * body_mass
        solids = []
        if carrier is None:
            solids.append(_end(name, offsets, stature, mass))
        for child in (c for c, parent in enumerate(PARENTS) if parent == link):
            child_name = _without_side(JOINT_NAMES[child])
            radius = _BONE_RADIUS[child_name] * stature
            carries = child_name == carrier
            bone = _bone(offsets[child], radius, mass if carries else 0.0)
            solids.insert(0 if carries else len(solids), bone)
        if link > 0:
            # Rounds the gap between two bones at a bent joint.
            radius = _BONE_RADIUS[_without_side(name)] * stature
            solids.append(_sphere(radius, np.zeros(3)))
        links.append(tuple(solids))
    return tuple(links)


def _without_side(name: str) -> str:
    return name.removeprefix("left_").removeprefix("right_")


def _bone(offset: np.ndarray, radius: float, mass: float) -> Solid:
    length = float(np.linalg.norm(offset))
    if length < 1e-6:  # two joints in one place
        return _sphere(radius, np.zeros(3), mass)
    return Solid("cylinder", radius, length, 0.5 * offset, offset / length, mass)


def _sphere(radius: float, center: np.ndarray, mass: float = 0.0) -> Solid:
    return Solid("sphere", radius, 0.0, center, np.array([0.0, 0.0, 1.0]), mass)


def _end(name: str, offsets: np.ndarray, stature: float, mass: float) -> Solid:
    """Return the solid of a link without children: head, hand or toes."""
    if name == "head":
        radius = _HEAD_RADIUS * stature
        return _sphere(radius, np.array([0.2 * radius, 0.0, radius]), mass)
    if name.endswith("_foot"):
        return _sphere(_TOE_RADIUS * stature, np.zeros(3), mass)
    forearm = offsets[JOINT_INDEX[name]]
    direction = forearm / max(float(np.linalg.norm(forearm)), 1e-6)
    return _bone(direction * HAND_LENGTH * stature, _HAND_RADIUS * stature, mass)
