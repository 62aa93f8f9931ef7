# SPDX-License-Identifier: Apache-2.0
"""The one table of our own robot: 29 joints, about the size of today's small humanoids.

At zero it stands upright with straight legs and hanging arms, x forward, y left, z up. Both
descriptions, MJCF and URDF, are made of this table.
"""

from __future__ import annotations

from dataclasses import dataclass

NAME = "kinest_humanoid"
#: Height of the pelvis above the sole at zero, m.
PELVIS_HEIGHT = 0.74

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Shape:
    """A solid of a link, in the link's axes.

    Attributes:
        kind: "capsule" (from `start` to `end`), "box" (centre `start`, half sizes `end`) or
            "sphere" (centre `start`).
        start: m.
        end: m.
        radius: m, of capsule and sphere.
    """

    kind: str
    start: Vector
    end: Vector = (0.0, 0.0, 0.0)
    radius: float = 0.0


@dataclass(frozen=True)
class Link:
    """A link with the joint that carries it.

    Attributes:
        name: of the link.
        parent: name of the parent link; empty for the pelvis.
        joint: name of the joint.
        axis: of the joint, in link axes.
        origin: of the link in its parent's axes, m.
        limits: rad.
        velocity: most, rad/s.
        effort: most, Nm.
        mass: kg.
        shapes: its solids; mass is spread over the first one.
    """

    name: str
    parent: str
    joint: str
    axis: Vector
    origin: Vector
    limits: tuple[float, float]
    velocity: float
    effort: float
    mass: float
    shapes: tuple[Shape, ...]


_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)


def _capsule(start: Vector, end: Vector, radius: float) -> Shape:
    return Shape("capsule", start, end, radius)


def _ball(radius: float, centre: Vector = (0.0, 0.0, 0.0)) -> Shape:
    return Shape("sphere", centre, radius=radius)


def _mirrored(link: Link) -> Link:
    """Return the right side's link for one of the left."""

    def name(text: str) -> str:
        return text.replace("left_", "right_")

    def flip(vector: Vector) -> Vector:
        return (vector[0], -vector[1], vector[2])

    # What turns about y turns alike on both sides; about x and z the other way round.
    low, high = link.limits
    limits = (low, high) if link.axis == _Y else (-high, -low)
    shapes = tuple(
        Shape(s.kind, flip(s.start), s.end if s.kind == "box" else flip(s.end), s.radius)
        for s in link.shapes
    )
    return Link(
        name(link.name), name(link.parent), name(link.joint), link.axis, flip(link.origin),
        limits, link.velocity, link.effort, link.mass, shapes,
    )  # fmt: skip


def _link(
    name: str, parent: str, axis: Vector, origin: Vector, limits: tuple[float, float],
    velocity: float, effort: float, mass: float, *shapes: Shape,
) -> Link:  # fmt: skip
    return Link(
        f"{name}_link", f"{parent}_link" if parent else "", f"{name}_joint", axis, origin,
        limits, velocity, effort, mass, shapes,
    )  # fmt: skip


_LEFT_LEG = (
    _link("left_hip_pitch", "pelvis", _Y, (0.0, 0.105, -0.06), (-2.4, 1.2), 20.0, 90.0, 1.2,
          _ball(0.05)),
    _link("left_hip_roll", "left_hip_pitch", _X, (0.0, 0.0, 0.0), (-0.5, 1.4), 20.0, 90.0, 1.2,
          _ball(0.05)),
    _link("left_hip_yaw", "left_hip_roll", _Z, (0.0, 0.0, 0.0), (-1.2, 1.2), 20.0, 90.0, 2.0,
          _capsule((0.0, 0.0, -0.08), (0.0, 0.0, -0.27), 0.055)),
    _link("left_knee", "left_hip_yaw", _Y, (0.0, 0.0, -0.31), (-0.05, 2.6), 20.0, 140.0, 1.8,
          _capsule((0.0, 0.0, -0.02), (0.0, 0.0, -0.26), 0.045)),
    _link("left_ankle_pitch", "left_knee", _Y, (0.0, 0.0, -0.31), (-0.9, 0.6), 20.0, 50.0, 0.1,
          _ball(0.03)),
    _link("left_ankle_roll", "left_ankle_pitch", _X, (0.0, 0.0, 0.0), (-0.4, 0.4), 20.0, 50.0, 0.7,
          Shape("box", (0.035, 0.0, -0.045), (0.095, 0.032, 0.015))),
)  # fmt: skip
_WAIST = (
    _link("waist_yaw", "pelvis", _Z, (0.0, 0.0, 0.05), (-1.8, 1.8), 20.0, 90.0, 0.3, _ball(0.06)),
    _link("waist_roll", "waist_yaw", _X, (0.0, 0.0, 0.02), (-0.5, 0.5), 20.0, 60.0, 0.3,
          _ball(0.06)),
    _link("torso", "waist_roll", _Y, (0.0, 0.0, 0.0), (-0.5, 0.9), 20.0, 60.0, 9.0,
          Shape("box", (0.0, 0.0, 0.17), (0.06, 0.085, 0.12)),
          _ball(0.085, (0.0, 0.0, 0.42))),
)  # fmt: skip
_LEFT_ARM = (
    _link("left_shoulder_pitch", "torso", _Y, (0.0, 0.15, 0.26), (-3.1, 1.3), 20.0, 25.0, 0.7,
          _ball(0.045)),
    _link("left_shoulder_roll", "left_shoulder_pitch", _X, (0.0, 0.0, 0.0), (-0.6, 2.6), 20.0, 25.0,
          0.7, _ball(0.045)),
    _link("left_shoulder_yaw", "left_shoulder_roll", _Z, (0.0, 0.0, 0.0), (-1.9, 1.9), 20.0, 25.0,
          0.7, _capsule((0.0, 0.0, -0.06), (0.0, 0.0, -0.17), 0.04)),
    _link("left_elbow", "left_shoulder_yaw", _Y, (0.0, 0.0, -0.21), (-2.3, 0.05), 20.0, 25.0, 0.6,
          _capsule((0.0, 0.0, -0.03), (0.0, 0.0, -0.10), 0.035)),
    _link("left_wrist_roll", "left_elbow", _Z, (0.0, 0.0, -0.10), (-1.9, 1.9), 20.0, 25.0, 0.3,
          _capsule((0.0, 0.0, -0.01), (0.0, 0.0, -0.08), 0.033)),
    _link("left_wrist_pitch", "left_wrist_roll", _Y, (0.0, 0.0, -0.09), (-1.5, 1.5), 20.0, 6.0,
          0.15, _ball(0.03)),
    _link("left_wrist_yaw", "left_wrist_pitch", _X, (0.0, 0.0, 0.0), (-1.5, 1.5), 20.0, 6.0, 0.3,
          _capsule((0.0, 0.0, -0.03), (0.0, 0.0, -0.10), 0.03)),
)  # fmt: skip

#: In tree order: legs, waist, arms, each left before right; the pelvis first.
LINKS: tuple[Link, ...] = (
    Link("pelvis_link", "", "", _Z, (0.0, 0.0, PELVIS_HEIGHT), (0.0, 0.0), 0.0, 0.0, 4.0,
         (Shape("box", (0.0, 0.0, 0.0), (0.055, 0.07, 0.05)),)),
    *_LEFT_LEG,
    *map(_mirrored, _LEFT_LEG),
    *_WAIST,
    *_LEFT_ARM,
    *map(_mirrored, _LEFT_ARM),
)  # fmt: skip
JOINT_NAMES: tuple[str, ...] = tuple(link.joint for link in LINKS[1:])
