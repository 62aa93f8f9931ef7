# SPDX-License-Identifier: Apache-2.0
"""Reads MJCF and URDF, from a file or a text, also without their meshes."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import mujoco

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import read_text
from kinest_ros.retarget.own_robot.descriptions import own_robot_mjcf
from kinest_ros.retarget.robot.inertias import mend_inertias
from kinest_ros.retarget.robot.mjcf_tree import prepare_mjcf

#: Name that stands for our own robot.
OWN = "own"
#: Mesh files that MuJoCo reads.
_MESH_KINDS = (".stl", ".obj", ".msh")

#: Bytes of a description, the most that is read.
DESCRIPTION_LIMIT = 16 << 20


def read_description(source: str | Path) -> tuple[str, Path | None]:
    """Return the text of a robot description and the folder it lies in.

    Args:
        source: "own", a path of an MJCF or URDF file, or such a file's text.

    Raises:
        KinestError: no such file, or a text that is no robot description.
    """
    text = str(source).strip()
    if text == OWN:
        return own_robot_mjcf(), None
    if text.startswith("<"):
        return text, None
    path = Path(text).expanduser()
    if not path.is_file():
        raise KinestError(
            f"robot description {path} does not exist; give an MJCF (.xml) or URDF file, or '{OWN}'"
        )
    try:
        return read_text(path, DESCRIPTION_LIMIT), path.resolve().parent
    except (OSError, ValueError) as error:
        what = "it is no text" if isinstance(error, UnicodeDecodeError) else error
        raise KinestError(
            f"robot description {path} cannot be read: {what}; give an MJCF (.xml) or URDF file"
        ) from error


def load_spec(text: str, folder: Path | None, name: str) -> tuple[mujoco.MjSpec, bool, list[str]]:
    """Return an editable model without anything whose file is missing.

    Args:
        text: MJCF or URDF.
        folder: what relative file names are relative to.
        name: what errors call the description.

    Returns:
        The model, whether it was URDF, and what is worth telling.

    Raises:
        KinestError: neither MJCF nor URDF, or MuJoCo cannot parse it.
    """
    if len(text) > DESCRIPTION_LIMIT:
        raise KinestError(f"{name} has over {DESCRIPTION_LIMIT} characters")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise KinestError(
            f"{name} declares XML entities, which can expand without bound; remove them"
        )
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise KinestError(f"{name} is not valid XML: {error}") from None
    if _unexpanded(root):
        raise KinestError(f"{name} has links that are still to come{_hint(root)}")
    if root.tag not in ("mujoco", "robot"):
        raise KinestError(
            f"{name} is neither MJCF (<mujoco>) nor URDF (<robot>): its root is <{root.tag}>. "
            "Expand a xacro file first"
        )
    notes: list[str] = []
    urdf = root.tag == "robot"
    # MuJoCo would write its warnings into a file where the program runs.
    mujoco.set_mju_user_warning(lambda warning: notes.append(" ".join(str(warning).split())))
    try:
        if urdf:
            notes += _prepare_urdf(root, folder)
            spec = mujoco.MjSpec.from_string(ElementTree.tostring(root, encoding="unicode"))
        else:
            notes += prepare_mjcf(root, folder, DESCRIPTION_LIMIT)
            spec = mujoco.MjSpec.from_string(ElementTree.tostring(root, encoding="unicode"))
            _place_meshes(spec, folder)
    except RecursionError:
        raise KinestError(f"{name} is nested too deeply") from None
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise KinestError(f"{name} cannot be read: {reason}{_hint(root)}") from None
    finally:
        mujoco.set_mju_user_warning(None)
    _simplify(spec)
    notes += mend_inertias(spec)
    return spec, urdf, notes


def _hint(root: ElementTree.Element) -> str:
    """Return what to do where a description has xacro elements, or nothing."""
    if not any("xacro" in element.tag for element in root.iter()):
        return ""
    return ". It is xacro: expand it first, as by: xacro FILE > robot.urdf"


def _unexpanded(root: ElementTree.Element) -> bool:
    """Return whether it is xacro of which links are still to come."""
    if not _hint(root):
        return False
    return not root.findall("link") or any("${" in str(e.get("name")) for e in root.iter("link"))


def _place_meshes(spec: mujoco.MjSpec, folder: Path | None) -> None:
    """Give meshes their full paths."""
    for mesh in spec.meshes:
        if mesh.file:
            mesh.file = str(((folder or Path()) / spec.meshdir / mesh.file).resolve())
    spec.meshdir = ""


def _prepare_urdf(root: ElementTree.Element, folder: Path | None) -> list[str]:
    """Make a URDF readable: meshes by their full paths or not at all."""
    missing = 0
    for link in root.iter("link"):
        for role in ("visual", "collision"):
            for solid in list(link.findall(role)):
                mesh = solid.find("geometry/mesh")
                if mesh is None:
                    continue
                path = _mesh_path(mesh.get("filename", ""), folder)
                if role == "visual" or path is None:
                    missing += role == "collision"
                    link.remove(solid)
                else:
                    mesh.set("filename", str(path))
        for solid in list(link.findall("visual")):
            link.remove(solid)
    for old in root.findall("mujoco"):
        root.remove(old)
    extension = ElementTree.SubElement(root, "mujoco")
    options = {"strippath": "false", "fusestatic": "false", "balanceinertia": "true"}
    ElementTree.SubElement(extension, "compiler", {**options, "discardvisual": "false"})
    notes = [f"{missing} collision meshes are missing"] if missing else []
    _drop_world_links(root)
    return [*notes, *_drop_virtual_base(root)]


def _drop_world_links(root: ElementTree.Element) -> None:
    """Remove links above the robot that only stand for the world."""
    joints = root.findall("joint")
    children = {child.get("link") for joint in joints for child in joint.findall("child")}
    links = [link for link in root.findall("link") if link.get("name") not in children]
    if len(links) != 1:
        found = ", ".join(str(link.get("name")) for link in links) or "none"
        raise ValueError(f"a URDF must have one root link; this one has {found}")
    link = links[0]
    below = [j for j in joints for p in j.findall("parent") if p.get("link") == link.get("name")]
    stands = link.find("inertial") is None and link.find("collision") is None
    if len(below) != 1 or not stands:
        return
    kind = below[0].get("type")
    if kind == "floating" or (kind == "fixed" and link.get("name") in ("world", "map", "odom")):
        root.remove(link)
        root.remove(below[0])


def _drop_virtual_base(root: ElementTree.Element) -> list[str]:
    """Remove the links without mass that stand for a floating base: three slides, three turns."""
    joints = root.findall("joint")
    moved = {child.get("link") for joint in joints for child in joint.findall("child")}
    link = next(e for e in root.findall("link") if e.get("name") not in moved)
    links = {str(e.get("name")): e for e in root.findall("link")}
    above: list[ElementTree.Element] = []
    kinds: list[str] = []
    while len(kinds) < 7 and link.find("inertial") is None and link.find("collision") is None:
        name = link.get("name")
        below = [j for j in joints for p in j.findall("parent") if p.get("link") == name]
        child = below[0].find("child") if len(below) == 1 else None
        if child is None or child.get("link") not in links:
            return []
        kinds.append(str(below[0].get("type")).replace("continuous", "revolute"))
        above += [link, below[0]]
        link = links[str(child.get("link"))]
    if kinds.count("prismatic") != 3 or kinds.count("revolute") != 3:
        return []
    for element in above:
        root.remove(element)
    return [f"the joints between the world and {link.get('name')}: taken as a free joint"]


def _mesh_path(name: str, folder: Path | None) -> Path | None:
    """Return where a mesh file is, None where it is not or cannot be read."""
    if not name.lower().endswith(_MESH_KINDS):
        return None
    plain = re.sub(r"^(package|file)://", "", name)
    candidates = [Path(plain)] if name.startswith("file://") or plain.startswith("/") else []
    if folder is not None and not plain.startswith("/"):
        above = [folder, *list(folder.parents)[:4]]
        tails = (plain, plain.partition("/")[2])
        candidates += [place / tail for place in above for tail in tails if tail]
    return next((path.resolve() for path in candidates if path.is_file()), None)


def _simplify(spec: mujoco.MjSpec) -> None:
    """Delete what says nothing about how the robot can move, and could stop it from compiling."""
    for items in (spec.keys, spec.sensors, spec.cameras, spec.lights, spec.numerics):
        for item in list(items):
            spec.delete(item)
    for items in (spec.tuples, spec.texts, spec.actuators, spec.pairs, spec.excludes, spec.plugins):
        for item in list(items):
            spec.delete(item)
    # Links without mass would be refused.
    spec.compiler.boundmass = max(spec.compiler.boundmass, 1e-4)
    spec.compiler.boundinertia = max(spec.compiler.boundinertia, 1e-7)
    spec.compiler.balanceinertia = True
    spec.compiler.discardvisual = False
    spec.compiler.fusestatic = False
