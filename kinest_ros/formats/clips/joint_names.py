# SPDX-License-Identifier: Apache-2.0
"""Which joint of a file is which of ours, by the names that programs give them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES
from kinest_ros.errors import KinestError

#: Joints that whole-body motion cannot be without; the others are put in between.
NEEDED = tuple(
    name for name in JOINT_NAMES if not re.search(r"spine|neck|collar|left_foot|right_foot", name)
)
_PREFIXES = {
    "mixamorig", "character", "bip", "biped", "valve", "b", "j", "jnt", "joint", "bone", "def",
    "skel", "rig", "m", "avg", "f",
}  # fmt: skip
_TRUNK = {
    "pelvis": ("pelvis", "hips", "hip", "root"),
    "neck": ("neck", "necklower"),
    "head": ("head", "skull"),
}
_LIMBS = {
    "hip": ("upleg", "upperleg", "thigh", "hip", "femur", "legupper", "leg"),
    "knee": ("knee", "leg", "lowleg", "lowerleg", "calf", "shin", "tibia", "leglower"),
    "ankle": ("ankle", "foot"),
    "foot": ("toebase", "toe", "toes", "ball", "forefoot", "foot"),
    "collar": ("collar", "clavicle", "clav", "shoulder"),
    "shoulder": ("arm", "upperarm", "uparm", "uarm", "humerus", "armupper", "shldr", "shoulder"),
    "elbow": ("elbow", "forearm", "lowerarm", "lowarm", "farm", "radius", "armlower"),
    "wrist": ("wrist", "hand"),
}
#: Words that end the names of all joints alike, in some programs.
_SUFFIXES = {"jnt", "bone", "bend"}
#: The joint that must be above another one.
_ABOVE = {"knee": "hip", "ankle": "knee", "foot": "ankle", "elbow": "shoulder", "wrist": "elbow",
          "shoulder": "collar"}  # fmt: skip
#: Beside these, "leg" is the thigh.
_SHINS = set(_LIMBS["knee"]) - {"leg"}
_PARTS = sorted({part for parts in _LIMBS.values() for part in parts} | {"hipjoint"})


def map_joints(
    names: Sequence[str], parents: np.ndarray, given: Mapping[str, str] | None = None
) -> dict[str, int]:
    """Return the file's joint of each of ours that it has; spine joints by where they are.

    Args:
        names: of the file's joints, parents first.
        parents: (J,) index; -1 for the root.
        given: our joint to the file's, as the user says; goes before what is found by name.

    Raises:
        KinestError: joints that are needed were not found, or hang in the wrong order.
    """
    given = given or {}
    for ours, theirs in given.items():
        if ours not in JOINT_INDEX:
            raise KinestError(f"there is no joint '{ours}'; ours are {', '.join(JOINT_NAMES)}")
        if theirs not in names:
            raise KinestError(f"{ours}: there is no joint '{theirs}'; there are {_listed(names)}")
    shared = _shared_prefix(names)
    words = [_words(name[shared:]) for name in names]
    found: dict[str, int] = {}
    for joint, parts in _TRUNK.items():
        for part in parts:  # Hips go before a Root above them
            _take(found, joint, [i for i, word in enumerate(words) if word == ("", part)])
    if "pelvis" not in found:
        found["pelvis"] = 0
    for side in ("left", "right"):
        own = {i: part for i, (its, part) in enumerate(words) if its == side}
        _take_side(found, side, own)
    if "head" not in found and "neck" in found:
        found["head"] = found.pop("neck")
    found.update({ours: list(names).index(theirs) for ours, theirs in given.items()})
    missing = [joint for joint in NEEDED if joint not in found]
    if missing:
        raise KinestError(
            f"found no joint named like {', '.join(missing)}; its joints are {_listed(names)}. "
            "Name them with --joints FILE (YAML, a line each: our joint: its name)"
        )
    _check_order(found, names, parents)
    for joint, index in _spine(found, parents).items():
        found.setdefault(joint, index)
    return found


def path_up(joint: int, parents: np.ndarray) -> list[int]:
    """Return a joint and all above it, upward."""
    path = []
    while joint >= 0:
        path.append(joint)
        joint = int(parents[joint])
    return path


def _shared_prefix(names: Sequence[str]) -> int:
    """Return how many characters all names begin with: an actor's or a skeleton's, "Actor1_"."""
    first, last = min(names), max(names)  # what these two share, all of them share
    same = next((i for i, letter in enumerate(first) if letter != last[i : i + 1]), 0)
    return max(first.rfind(mark, 0, same) for mark in "_:-. ") + 1


def _words(name: str) -> tuple[str, str]:
    """Return the side of a joint, "" for none, and what part of the body its name says."""
    plain = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name.rpartition(":")[2])
    words = [word for word in re.split(r"[^A-Za-z]+", plain.lower()) if word]
    while len(words) > 1 and words[0] in _PREFIXES:
        words = words[1:]
    while len(words) > 1 and words[-1] in _SUFFIXES:
        words = words[:-1]
    side = ""
    for mark, meant in (("left", "left"), ("right", "right"), ("l", "left"), ("r", "right")):
        if not side and mark in (words[0] if words else "", words[-1] if words else ""):
            words.remove(mark)
            side = meant
    part = "".join(words)
    if not side:
        # leftfoot, lhumerus: the side is not set apart.
        for mark in ("left", "right", "l", "r"):
            rest = part.removeprefix(mark)
            if rest != part and rest in _PARTS:
                return ("left" if mark[0] == "l" else "right"), rest
    return side, part


def _take(found: dict[str, int], joint: str, candidates: list[int]) -> None:
    if candidates and joint not in found:
        found[joint] = min(candidates)  # parents come first: the one nearest to the root


def _take_side(found: dict[str, int], side: str, own: Mapping[int, str]) -> None:
    """Find one side's limbs; "shoulder", "hip" and "foot" mean what the other names leave."""
    there = set(own.values())
    for joint, parts in _LIMBS.items():
        wanted = set(parts)
        if joint == "collar" and not there & (set(_LIMBS["shoulder"]) - {"shoulder"}):
            wanted.discard("shoulder")
        if joint == "shoulder" and own.get(found.get(f"{side}_collar", -1)) == "shoulder":
            wanted.discard("shoulder")
        if joint == "ankle" and "ankle" in there:
            wanted.discard("foot")
        if joint == "foot" and ("ankle" not in there or there & (wanted - {"foot"})):
            wanted.discard("foot")
        if joint == "hip" and (there & (wanted - {"leg"}) or not there & _SHINS):
            wanted.discard("leg")
        if joint == "knee" and there & _SHINS:
            wanted.discard("leg")
        _take(found, f"{side}_{joint}", [i for i, part in own.items() if part in wanted])


def _check_order(found: Mapping[str, int], names: Sequence[str], parents: np.ndarray) -> None:
    if len(set(found.values())) < len(found):
        twice = [n for n, i in found.items() if list(found.values()).count(i) > 1]
        raise KinestError(
            f"{' and '.join(twice)} are both '{names[found[twice[0]]]}'; name them with "
            "--joints FILE"
        )
    for part, above in _ABOVE.items():
        for side in ("left", "right"):
            joint, higher = f"{side}_{part}", f"{side}_{above}"
            if joint not in found or higher not in found:
                continue
            if found[higher] not in path_up(found[joint], parents):
                raise KinestError(
                    f"'{names[found[joint]]}', taken for {joint}, is not below "
                    f"'{names[found[higher]]}', taken for {higher}; name them with "
                    "--joints FILE"
                )


def _spine(found: Mapping[str, int], parents: np.ndarray) -> dict[str, int]:
    """Return the spine's joints: of those from the pelvis up to where arms and head branch off."""
    ends = [found["left_shoulder"], found["right_shoulder"], found.get("neck", found["head"])]
    paths = [path_up(int(parents[end]), parents) for end in ends]
    chest = next((joint for joint in paths[0] if all(joint in path for path in paths)), None)
    trunk = path_up(chest, parents) if chest is not None else []
    if found["pelvis"] not in trunk or trunk[0] == found["pelvis"]:
        return {}
    trunk = trunk[: trunk.index(found["pelvis"])][::-1]
    if len(trunk) == 1:
        return {"spine3": trunk[0]}
    if len(trunk) == 2:
        return {"spine1": trunk[0], "spine3": trunk[1]}
    return {"spine1": trunk[0], "spine2": trunk[(len(trunk) - 1) // 2], "spine3": trunk[-1]}


def _listed(names: Sequence[str]) -> str:
    listed = ", ".join(names[:60])
    return listed + (f" and {len(names) - 60} more" if len(names) > 60 else "")
