# SPDX-License-Identifier: Apache-2.0
"""Sketches of robots of many shapes, as MJCF, from a line per link."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

#: Both sides' names and what mirrors a place.
_SIDES = (("left", 1.0), ("right", -1.0))


class Sketch:
    """A robot of links; each of a limb's is added on both sides at once."""

    def __init__(self, base: str = "0 0 0.9", floating: bool = True) -> None:
        """Begin with a base of ten kilograms."""
        self.root = ElementTree.Element("mujoco", {"model": "sketch"})
        ElementTree.SubElement(self.root, "compiler", {"angle": "radian"})
        self.world = ElementTree.SubElement(self.root, "worldbody")
        self.links = {"base": _body(self.world, "base", base, 10.0)}
        if floating:
            ElementTree.SubElement(self.links["base"], "freejoint")
        self.shape("base", "box", "0.05 0.08 0.1")

    def link(
        self,
        name: str,
        parent: str,
        place: tuple[float, float, float],
        axis: str,
        limits: tuple[float, float] | None = None,
        mass: float = 0.5,
        **more: str,
    ) -> Sketch:
        """Add a link with a hinge (or `type`); `more` are attributes of its joint."""
        body = _body(self.links[parent], name, f"{place[0]} {place[1]} {place[2]}", mass)
        self.links[name] = body
        if axis:
            attributes = {"name": f"{name}_joint", "axis": axis, **more}
            if limits is not None:
                attributes["range"] = f"{limits[0]} {limits[1]}"
            ElementTree.SubElement(body, "joint", attributes)
        return self

    def both(
        self,
        name: str,
        parent: str,
        place: tuple[float, float, float],
        axis: str,
        *more: Any,
        **attributes: Any,
    ) -> Sketch:
        """Add a link on the left and its mirror image; axes across stay, others are mirrored.

        What follows the axis is as of `link`.
        """
        x, y, z = map(float, axis.split() or ("0", "0", "0"))
        for side, sign in _SIDES:
            above = parent if parent in self.links else f"{side}_{parent}"
            turned = f"{x * sign} {y} {z * sign}" if axis else ""
            there = (place[0], sign * place[1], place[2])
            self.link(f"{side}_{name}", above, there, turned, *more, **attributes)
        return self

    def shape(self, name: str, kind: str, size: str, place: str = "0 0 0") -> Sketch:
        """Give links (of both sides, where the name has none) a shape without mass."""
        for link in self._named(name):
            attributes = {"type": kind, "size": size, "pos": place, "mass": "0"}
            ElementTree.SubElement(self.links[link], "geom", attributes)
        return self

    def weigh(self, name: str, mass: float, moment: float, place: str = "0 0 0") -> Sketch:
        """Say what links weigh."""
        for link in self._named(name):
            inertial = self.links[link].find("inertial")
            assert inertial is not None
            moments = f"{moment} {moment} {moment}"
            inertial.attrib.update({"mass": str(mass), "diaginertia": moments, "pos": place})
        return self

    def legs(self, knee: tuple[float, float] = (0.0, 2.4)) -> Sketch:
        """Add common legs of six joints, 0.7 m from hip to ankle."""
        self.both("hip", "base", (0.0, 0.1, -0.1), "0 1 0", (-2.0, 0.8))
        self.both("hip_roll", "hip", (0.0, 0.0, 0.0), "1 0 0", (-0.5, 0.5))
        self.both("thigh", "hip_roll", (0.0, 0.0, 0.0), "0 0 1", (-1.0, 1.0), 2.0)
        self.both("shin", "thigh", (0.0, 0.0, -0.35), "0 1 0", knee, 1.5)
        self.both("ankle", "shin", (0.0, 0.0, -0.35), "0 1 0", (-0.9, 0.6), 0.1)
        self.both("foot", "ankle", (0.0, 0.0, 0.0), "1 0 0", (-0.4, 0.4))
        return self.shape("foot", "box", "0.1 0.04 0.01", "0.03 0 -0.05")

    def arms(self, elbow: tuple[float, float] = (-2.4, 0.0), height: float = 0.4) -> Sketch:
        """Add arms of four joints that hang, without hands."""
        self.both("shoulder", "base", (0.0, 0.2, height), "0 1 0", (-3.0, 1.0))
        self.both("shoulder_roll", "shoulder", (0.0, 0.0, 0.0), "1 0 0", (-0.3, 2.5))
        self.both("upper_arm", "shoulder_roll", (0.0, 0.0, 0.0), "0 0 1", (-1.5, 1.5), 1.0)
        self.both("forearm", "upper_arm", (0.0, 0.0, -0.25), "0 1 0", elbow, 0.8)
        self.weigh("forearm", 0.8, 0.002, "0 0 -0.12")
        return self.shape("forearm", "capsule", "0.03 0.1", "0 0 -0.12")

    def turned(self) -> Sketch:
        """Turn all that hangs on the base by half a turn: the base looks backward."""
        base = self.links["base"]
        inner = ElementTree.Element("body", {"name": "turned", "euler": "0 0 3.14159265359"})
        for child in base.findall("body"):
            base.remove(child)
            inner.append(child)
        base.append(inner)
        return self

    def text(self) -> str:
        """Return the MJCF."""
        return ElementTree.tostring(self.root, encoding="unicode")

    def _named(self, name: str) -> list[str]:
        return [name] if name in self.links else [f"{side}_{name}" for side, _ in _SIDES]


def point_footed() -> Sketch:
    """A biped of six joints on points, as small research robots are."""
    sketch = Sketch().both("hip", "base", (0.0, 0.08, -0.04), "1 0 0", (-0.8, 0.8))
    sketch.both("thigh", "hip", (0.0, 0.02, -0.02), "0 1 0", (-1.6, 1.6))
    sketch.both("shin", "thigh", (0.0, 0.02, -0.2), "0 1 0", (0.0, 2.6), 0.2)
    return sketch.both("foot", "shin", (0.0, 0.0, -0.2), "", mass=0.02)


def bird() -> Sketch:
    """Legs of three segments with a rod beside the shin, as robots with legs of birds have."""
    sketch = Sketch("0 0 1.1").both("hip", "base", (0.0, 0.13, -0.05), "1 0 0", (-0.4, 0.4))
    sketch.both("hip_yaw", "hip", (0.0, 0.0, 0.0), "0 0 1", (-0.4, 0.4), 1.0)
    sketch.both("thigh", "hip_yaw", (0.0, 0.0, 0.0), "0 -1 0", (-0.9, 1.4), 4.0)
    sketch.both("knee", "thigh", (0.0, 0.0, -0.2), "0 -1 0", (-2.8, -0.6), 1.0)
    sketch.both("tarsus", "knee", (0.0, 0.0, -0.45), "0 -1 0", (0.5, 2.9), 1.0)
    sketch.both("rod", "tarsus", (0.0, 0.0, 0.0), "0 -1 0", (-0.3, 0.3), 0.2)
    sketch.both("foot", "tarsus", (0.0, 0.0, -0.4), "0 -1 0", (-2.4, -0.1), 0.2)
    return sketch.shape("foot", "box", "0.08 0.02 0.01", "0 0 -0.02")


def _body(parent: ElementTree.Element, name: str, place: str, mass: float) -> ElementTree.Element:
    body = ElementTree.SubElement(parent, "body", {"name": name, "pos": place})
    moments = " ".join([str(0.002 * mass)] * 3)
    inertial = {"pos": "0 0 0", "mass": str(mass), "diaginertia": moments}
    ElementTree.SubElement(body, "inertial", inertial)
    return body
