# SPDX-License-Identifier: Apache-2.0
"""Makes an MJCF readable: its included files put in, what does not say how it moves left out."""

from __future__ import annotations

import copy
from pathlib import Path
from xml.etree import ElementTree

from kinest_ros.files.bounded import read_text

#: Top-level sections that a robot's kinematics need; the others may even stop it from compiling.
_NEEDED = {"compiler", "default", "asset", "worldbody", "equality", "tendon", "extension"}
#: Attributes of <compiler> that bear on kinematics, masses or files; versions differ in others.
_COMPILER = {
    *("angle", "eulerseq", "coordinate", "autolimits", "meshdir", "assetdir", "strippath"),
    *("inertiafromgeom", "inertiagrouprange", "settotalmass", "boundmass", "boundinertia"),
}
#: Files that include files that include files, at most.
_DEEPEST = 16
#: Joints over which a tree below the world is a robot or a part of it.
_FEW = 2
#: Body that holds the trees of a robot whose parts are each fixed to the world.
COMMON_BASE = "kinest_common_base"


def prepare_mjcf(root: ElementTree.Element, folder: Path | None, limit: int) -> list[str]:
    """Change an MJCF so that it can be read without its assets; return notes.

    Args:
        root: <mujoco>.
        folder: what included files are relative to; None: none can be.
        limit: characters of all included files, the most that is read.

    Raises:
        ValueError: an included file that cannot be read, or too many of them.
    """
    _Includer(folder, limit).put_in(root, [])
    for section in [child for child in root if child.tag not in _NEEDED]:
        root.remove(section)
    for compiler in root.iter("compiler"):
        for name in set(compiler.attrib) - _COMPILER:
            del compiler.attrib[name]
    for asset in root.iter("asset"):
        for item in list(asset):
            if item.tag in ("texture", "material", "hfield", "skin"):
                asset.remove(item)
    for element in root.iter():
        element.attrib.pop("material", None)
        for child in list(element):
            if child.tag == "geom" and child.get("type") == "hfield":
                element.remove(child)
    notes = [*_drop_meshes(root, folder or Path()), *_free_base(root), *_join_trees(root)]
    return [*notes, *_name_all(root)]


def _drop_meshes(root: ElementTree.Element, folder: Path) -> list[str]:
    """Remove meshes whose files are missing, and what shows them."""
    for compiler in root.iter("compiler"):
        folder = folder / (compiler.get("meshdir") or compiler.get("assetdir") or "")
    there, missing = set(), set()
    for asset in root.iter("asset"):
        for mesh in asset.findall("mesh"):
            file = mesh.get("file", "")
            name = mesh.get("name") or Path(file).stem
            if file and not (folder / file).is_file():
                asset.remove(mesh)
                missing.add(name)
            else:
                there.add(name)
    for element in root.iter():
        for geom in element.findall("geom"):
            shown = geom.get("mesh", "")
            if element.tag != "default" and shown and shown not in there:
                element.remove(geom)
                missing.add(shown)
    return [f"{len(missing)} mesh files are missing"] if missing else []


def _name_all(root: ElementTree.Element) -> list[str]:
    """Give bodies and joints a name of their own where they have none."""
    taken = {element.get("name") for element in root.iter() if element.get("name")}
    nameless = 0
    for world in root.findall("worldbody"):
        for body in world.iter("body"):
            _name(body, "body", taken)
            for joint in body.findall("joint"):
                if joint.get("type") != "free":
                    nameless += _name(joint, f"{body.get('name')}_joint", taken)
    return [f"{nameless} joints have no names: called after their bodies"] if nameless else []


def _name(element: ElementTree.Element, wish: str, taken: set[str | None]) -> bool:
    """Name an element that has no name; return whether it had none."""
    if element.get("name"):
        return False
    name = next(n for n in (f"{wish}{i or ''}" for i in range(len(taken) + 2)) if n not in taken)
    element.set("name", name)
    taken.add(name)
    return True


def _free_base(root: ElementTree.Element) -> list[str]:
    """Make three slides and a ball, or three hinges, between world and base one free joint."""
    for body in root.findall("worldbody/body"):
        joints = body.findall("joint")
        kinds = sorted(joint.get("type", "hinge") for joint in joints)
        if kinds not in (["ball", "slide", "slide", "slide"], ["hinge"] * 3 + ["slide"] * 3):
            continue
        for joint in joints:
            body.remove(joint)
        body.insert(0, ElementTree.Element("freejoint", {"name": "kinest_floating_base"}))
        return [f"the joints between the world and {body.get('name')}: taken as a free joint"]
    return []


class _Includer:
    """Puts included files in the place of <include>; the same file may come several times."""

    def __init__(self, folder: Path | None, limit: int) -> None:
        self._folder = folder
        self._left = limit

    def put_in(self, element: ElementTree.Element, above: list[Path]) -> None:
        """Replace all <include> below an element; `above` are the files that lead to it."""
        index = 0
        while index < len(element):
            child = element[index]
            if child.tag != "include":
                self.put_in(child, above)
                index += 1
                continue
            path = self._found(child.get("file", ""), above)
            content = self._read(path)
            self.put_in(content, [*above, path])
            element[index : index + 1] = list(content)
            index += len(content)

    def _found(self, name: str, above: list[Path]) -> Path:
        if self._folder is None:
            raise ValueError(f"it includes the file {name}; give the description as a file")
        places = [self._folder, *(path.parent for path in reversed(above))]
        found = next((place / name for place in places if (place / name).is_file()), None)
        if found is None:
            raise ValueError(f"the file {name} that it includes is not in {places[0]}")
        if found in above or len(above) >= _DEEPEST:
            raise ValueError(f"its included files include each other: {name}")
        return found

    def _read(self, path: Path) -> ElementTree.Element:
        try:
            text = read_text(path, self._left)
            if "<!DOCTYPE" in text or "<!ENTITY" in text:
                raise ValueError("it declares XML entities, which can expand without bound")
            self._left -= len(text)
            return ElementTree.fromstring(text)
        except (OSError, ValueError, ElementTree.ParseError) as error:
            raise ValueError(f"its included file {path} cannot be read: {error}") from None


def _join_trees(root: ElementTree.Element) -> list[str]:
    """Put trees that are each fixed to the world on one common base, as two arms on a table are."""
    worlds = root.findall("worldbody")
    trees = [
        (world, body) for world in worlds for body in world.findall("body") if _joints(body) > _FEW
    ]
    if len(trees) < 2 or any(_floats(body) for _, body in trees):
        return []
    base = ElementTree.Element("body", {"name": COMMON_BASE})
    for world, body in trees:
        held = copy.copy(body)
        class_ = world.get("childclass")
        if class_ and not held.get("childclass"):
            held.set("childclass", class_)
        base.append(held)
        world.remove(body)
    worlds[0].append(base)
    names = ", ".join(body.get("name", "a body without name") for _, body in trees)
    return [f"{names} are each fixed to the world: taken as parts of one robot"]


def _joints(body: ElementTree.Element) -> int:
    return sum(1 for joint in body.iter("joint") if joint.get("type") != "free")


def _floats(body: ElementTree.Element) -> bool:
    free = body.find("freejoint") is not None
    return free or any(joint.get("type") == "free" for joint in body.findall("joint"))
