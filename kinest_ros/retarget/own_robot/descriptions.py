# SPDX-License-Identifier: Apache-2.0
"""MJCF and URDF of our own robot, both made of its table."""

from __future__ import annotations

import math
from collections.abc import Iterable

from kinest_ros.retarget.own_robot.table import LINKS, NAME, Link, Shape, Vector


def own_robot_mjcf() -> str:
    """Return the robot as MJCF: a free base, one hinge per link, position-free motors."""
    lines = [
        f'<mujoco model="{NAME}">',
        '  <compiler angle="radian" autolimits="true"/>',
        "  <default>",
        '    <joint damping="0.1" armature="0.01"/>',
        '    <geom rgba="0.75 0.78 0.82 1" condim="3"/>',
        "  </default>",
        "  <worldbody>",
        *_mjcf_body(LINKS[0], "    "),
        "  </worldbody>",
        "  <actuator>",
        *(
            f'    <motor name="{link.joint}" joint="{link.joint}" '
            f'ctrlrange="{-link.effort:g} {link.effort:g}"/>'
            for link in LINKS[1:]
        ),
        "  </actuator>",
        "</mujoco>",
    ]
    return "\n".join(lines) + "\n"


def own_robot_urdf() -> str:
    """Return the robot as URDF, root link pelvis_link, with visual, collision and inertia."""
    lines = ['<?xml version="1.0"?>', f'<robot name="{NAME}">']
    for link in LINKS:
        lines += [f'  <link name="{link.name}">', *_urdf_inertial(link)]
        for shape in link.shapes:
            for role in ("visual", "collision"):
                lines += _urdf_solids(role, shape)
        lines.append("  </link>")
    for link in LINKS[1:]:
        lines += [
            f'  <joint name="{link.joint}" type="revolute">',
            f'    <origin xyz="{_text(link.origin)}" rpy="0 0 0"/>',
            f'    <parent link="{link.parent}"/>',
            f'    <child link="{link.name}"/>',
            f'    <axis xyz="{_text(link.axis)}"/>',
            f'    <limit lower="{link.limits[0]:g}" upper="{link.limits[1]:g}" '
            f'effort="{link.effort:g}" velocity="{link.velocity:g}"/>',
            "  </joint>",
        ]
    lines.append("</robot>")
    return "\n".join(lines) + "\n"


def _children(link: Link) -> Iterable[Link]:
    return (child for child in LINKS if child.parent == link.name)


def _mjcf_body(link: Link, indent: str) -> list[str]:
    lines = [f'{indent}<body name="{link.name}" pos="{_text(link.origin)}">']
    if link.joint:
        lines.append(
            f'{indent}  <joint name="{link.joint}" axis="{_text(link.axis)}" '
            f'range="{link.limits[0]:g} {link.limits[1]:g}"/>'
        )
    else:
        lines.append(f'{indent}  <freejoint name="floating_base"/>')
    for index, shape in enumerate(link.shapes):
        mass = link.mass if index == 0 else 0.0
        lines.append(f'{indent}  <geom {_mjcf_shape(shape)} mass="{mass:g}"/>')
    for child in _children(link):
        lines += _mjcf_body(child, indent + "  ")
    return [*lines, f"{indent}</body>"]


def _mjcf_shape(shape: Shape) -> str:
    if shape.kind == "capsule":
        ends = f"{_text(shape.start)} {_text(shape.end)}"
        return f'type="capsule" fromto="{ends}" size="{shape.radius:g}"'
    if shape.kind == "box":
        return f'type="box" pos="{_text(shape.start)}" size="{_text(shape.end)}"'
    return f'type="sphere" pos="{_text(shape.start)}" size="{shape.radius:g}"'


def _urdf_solids(role: str, shape: Shape) -> list[str]:
    """Return a shape's elements: URDF has no capsule, so it becomes a cylinder and two spheres."""
    if shape.kind == "box":
        size = _text(tuple(2.0 * half for half in shape.end))
        return [_urdf_solid(role, shape.start, f'<box size="{size}"/>')]
    ball = f'<sphere radius="{shape.radius:g}"/>'
    if shape.kind == "sphere":
        return [_urdf_solid(role, shape.start, ball)]
    # All capsules of the table are vertical.
    middle = tuple(0.5 * (a + b) for a, b in zip(shape.start, shape.end, strict=True))
    length = math.dist(shape.start, shape.end)
    tube = f'<cylinder radius="{shape.radius:g}" length="{length:g}"/>'
    return [
        _urdf_solid(role, middle, tube),
        _urdf_solid(role, shape.start, ball),
        _urdf_solid(role, shape.end, ball),
    ]


def _urdf_solid(role: str, centre: Iterable[float], geometry: str) -> str:
    return (
        f'    <{role}><origin xyz="{_text(centre)}" rpy="0 0 0"/>'
        f"<geometry>{geometry}</geometry></{role}>"
    )


def _urdf_inertial(link: Link) -> list[str]:
    centre, moments = _inertia(link.shapes[0], link.mass)
    return [
        f'    <inertial><origin xyz="{_text(centre)}" rpy="0 0 0"/><mass value="{link.mass:g}"/>'
        f'<inertia ixx="{moments[0]:.6g}" ixy="0" ixz="0" iyy="{moments[1]:.6g}" iyz="0" '
        f'izz="{moments[2]:.6g}"/></inertial>'
    ]


def _inertia(shape: Shape, mass: float) -> tuple[Vector, Vector]:
    """Return centre (m) and principal moments (kg m^2) of a solid of even density."""
    if shape.kind == "box":
        x, y, z = (half * half for half in shape.end)
        return shape.start, (mass * (y + z) / 3.0, mass * (x + z) / 3.0, mass * (x + y) / 3.0)
    radius = shape.radius
    if shape.kind == "sphere":
        moment = 0.4 * mass * radius * radius
        return shape.start, (moment, moment, moment)
    # A vertical capsule: a cylinder and the two halves of a sphere.
    length = math.dist(shape.start, shape.end)
    tube, ball = math.pi * radius**2 * length, 4.0 / 3.0 * math.pi * radius**3
    tube, ball = mass * tube / (tube + ball), mass * ball / (tube + ball)
    across = tube * (length**2 / 12.0 + radius**2 / 4.0) + ball * (
        0.4 * radius**2 + length**2 / 4.0 + 3.0 * length * radius / 8.0
    )
    along = tube * radius**2 / 2.0 + ball * 0.4 * radius**2
    x, y, z = (0.5 * (a + b) for a, b in zip(shape.start, shape.end, strict=True))
    return (x, y, z), (across, across, along)


def _text(values: Iterable[float]) -> str:
    return " ".join(f"{value:g}" for value in values)
