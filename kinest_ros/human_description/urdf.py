# SPDX-License-Identifier: Apache-2.0
"""The calibrated human as a URDF, for RViz, robot_state_publisher and robot tools.

Root link ``pelvis``; every other SMPL joint is three revolutes, through two virtual links, to a
link of the same name. Link axes are REP-103's at the T-pose, where all angles are zero: with the
angles of :func:`.angles.decompose` the links stand where /tf puts them. The axes
and their order are those of :mod:`.revolutes`. The ``<joint>`` elements stand in
the file in the order of JOINT_STATE_NAMES, so readers that number the joints number them alike.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections.abc import Sequence

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.revolutes import AXIS_ORDER, JOINT_AXES
from kinest_ros.human_description.solids import Solid, capsule, link_solids

#: Limits of every revolute, rad: not a person's range but two turns either way, because unwrapped
#: angles of a full turn are legitimate (an arm that circles) and no pose may fall outside.
ANGLE_LIMIT = 4.0 * math.pi
#: rad/s and N m: above what people reach, since URDF demands a number.
VELOCITY_LIMIT = 100.0
EFFORT_LIMIT = 1000.0

#: kg and kg m² of a virtual link: nothing beside a hand, and enough for simulators, some of which
#: drop or refuse what moves and has no inertia.
VIRTUAL_MASS = 1e-3
VIRTUAL_INERTIA = 1e-6

_SKIN = (0.55, 0.63, 0.72, 1.0)


def human_urdf(skeleton: Skeleton, name: str = "human", prefix: str = "") -> str:
    """Return the URDF of a human.

    Args:
        skeleton: rest offsets in metres.
        name: of the robot element.
        prefix: put before every link name, such as ``person1/``; the joint names stay those of
            JointState.

    Returns:
        The XML document, as robot_description carries it.
    """
    robot = _with_links(skeleton, name, prefix)
    for joint in range(1, len(JOINT_NAMES)):
        for axis in AXIS_ORDER[joint - 1][:2]:
            link = ET.SubElement(robot, "link", name=_between(prefix, joint, axis))
            _add_inertial(link, np.zeros(3), VIRTUAL_MASS, VIRTUAL_INERTIA * np.eye(3))
    offsets = skeleton.rest_offsets @ JOINT_FROM_LINK
    for joint in range(1, len(JOINT_NAMES)):
        _add_revolutes(robot, prefix, joint, offsets[joint])
    return _document(robot)


def frames_urdf(skeleton: Skeleton, name: str = "human", prefix: str = "") -> str:
    """Return a human whose links are those of /tf and no others: to be looked at only.

    A viewer places each link by its frame, and complains of links without one: the virtual links
    of :func:`human_urdf`, which /tf does not have. The joints here are floating.

    Args:
        skeleton: rest offsets in metres.
        name: of the robot element.
        prefix: put before every link name.
    """
    robot = _with_links(skeleton, name, prefix)
    offsets = skeleton.rest_offsets @ JOINT_FROM_LINK
    for joint in range(1, len(JOINT_NAMES)):
        element = ET.SubElement(robot, "joint", name=JOINT_NAMES[joint], type="floating")
        ET.SubElement(element, "origin", xyz=_numbers(offsets[joint]), rpy="0 0 0")
        ET.SubElement(element, "parent", link=prefix + JOINT_NAMES[PARENTS[joint]])
        ET.SubElement(element, "child", link=prefix + JOINT_NAMES[joint])
    return _document(robot)


def _with_links(skeleton: Skeleton, name: str, prefix: str) -> ET.Element:
    """Return a robot of the 22 links, as yet without joints."""
    robot = ET.Element("robot", name=name)
    material = ET.SubElement(robot, "material", name="skin")
    ET.SubElement(material, "color", rgba=_numbers(_SKIN))
    for joint, solids in enumerate(link_solids(skeleton)):
        _add_link(robot, prefix + JOINT_NAMES[joint], solids)
    return robot


def _document(robot: ET.Element) -> str:
    ET.indent(robot)
    return '<?xml version="1.0"?>\n' + ET.tostring(robot, encoding="unicode") + "\n"


def _between(prefix: str, joint: int, axis: str) -> str:
    """Return the name of the virtual link that the revolute about ``axis`` turns."""
    return f"{prefix}{JOINT_NAMES[joint]}_{axis}_link"


def _add_revolutes(robot: ET.Element, prefix: str, joint: int, offset: np.ndarray) -> None:
    order = AXIS_ORDER[joint - 1]
    links = [prefix + JOINT_NAMES[PARENTS[joint]]]
    links += [_between(prefix, joint, axis) for axis in order[:2]]
    links.append(prefix + JOINT_NAMES[joint])
    for axis in "xyz":
        place = order.index(axis)
        element = ET.SubElement(
            robot, "joint", name=f"{JOINT_NAMES[joint]}_{axis}", type="revolute"
        )
        xyz = offset if place == 0 else np.zeros(3)
        ET.SubElement(element, "origin", xyz=_numbers(xyz), rpy="0 0 0")
        ET.SubElement(element, "parent", link=links[place])
        ET.SubElement(element, "child", link=links[place + 1])
        ET.SubElement(element, "axis", xyz=_numbers(JOINT_AXES[joint - 1, "xyz".index(axis)]))
        ET.SubElement(
            element,
            "limit",
            lower=_numbers([-ANGLE_LIMIT]),
            upper=_numbers([ANGLE_LIMIT]),
            effort=_numbers([EFFORT_LIMIT]),
            velocity=_numbers([VELOCITY_LIMIT]),
        )


def _add_link(robot: ET.Element, name: str, solids: Sequence[Solid]) -> None:
    link = ET.SubElement(robot, "link", name=name)
    carrier = solids[0]
    _add_inertial(link, carrier.center, carrier.mass, carrier.inertia)
    for solid in solids:
        visual = _add_solid(link, "visual", solid)
        ET.SubElement(visual, "material", name="skin")
    # The spheres that only round the joints are there already, as ends of the capsules.
    for solid in solids:
        if solid.kind == "cylinder" or solid.mass > 0.0:
            for part in capsule(solid):
                _add_solid(link, "collision", part)


def _add_inertial(link: ET.Element, center: np.ndarray, mass: float, moments: np.ndarray) -> None:
    """Describe a link's mass (kg) about its center (m) by its moments (3, 3) in kg m²."""
    inertial = ET.SubElement(link, "inertial")
    ET.SubElement(inertial, "origin", xyz=_numbers(center), rpy="0 0 0")
    ET.SubElement(inertial, "mass", value=_numbers([mass]))
    ET.SubElement(
        inertial,
        "inertia",
        {
            "i" + "xyz"[row] + "xyz"[column]: _numbers([moments[row, column]])
            for row in range(3)
            for column in range(row, 3)
        },
    )


def _add_solid(link: ET.Element, purpose: str, solid: Solid) -> ET.Element:
    element = ET.SubElement(link, purpose)
    ET.SubElement(element, "origin", xyz=_numbers(solid.center), rpy=_numbers(solid.rpy))
    geometry = ET.SubElement(element, "geometry")
    size = {"radius": _numbers([solid.radius])}
    if solid.kind == "cylinder":
        size["length"] = _numbers([solid.length])
    ET.SubElement(geometry, solid.kind, size)
    return element


def _numbers(values: Sequence[float] | np.ndarray) -> str:
    # 12 digits lose less than a picometre and keep numbers such as cos(90 deg) readable.
    return " ".join(f"{round(float(value), 12):.12g}" for value in values)
