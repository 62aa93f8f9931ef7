# SPDX-License-Identifier: Apache-2.0
"""Override files, for robots whose joint tree is misinterpreted."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path

import mujoco

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_yaml, read_text

LINKS = ("pelvis", "chest", "left_hand", "right_hand", "left_foot", "right_foot")
JOINTS = ("left_elbow", "right_elbow", "left_knee", "right_knee")
#: Axis of the base link that points forward.
FORWARD = ("x", "-x", "y", "-y")
KEYS = (*LINKS, *JOINTS, "forward")


def read_overrides(source: str | Path | Mapping[str, str] | None) -> dict[str, str]:
    """Return the overrides of a YAML file, or those given.

    Raises:
        KinestError: no such file, or a key that means nothing.
    """
    if source is None or source == "":
        return {}
    if isinstance(source, Mapping):
        found: object = dict(source)
        name = "override"
    else:
        path = Path(source).expanduser()
        name = f"override file {path}"
        if not path.is_file():
            raise KinestError(f"{name} does not exist")
        try:
            found = parse_yaml(read_text(path)) or {}
        except (OSError, ValueError) as error:
            raise KinestError(f"{name} cannot be read: {error}") from None
    if not isinstance(found, dict):
        raise KinestError(f"{name} must hold lines such as left_hand: LINK")
    for key, value in found.items():
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise KinestError(f"{name}: '{key}' is not one of {', '.join(KEYS)}{hint}")
        if not isinstance(value, str):
            raise KinestError(f"{name}: {key} must be a name")
    if found.get("forward", "x") not in FORWARD:
        raise KinestError(f"{name}: forward must be one of {', '.join(FORWARD)}")
    return {str(key): str(value) for key, value in found.items()}


def body_of(model: mujoco.MjModel, overrides: Mapping[str, str], key: str) -> int:
    """Return the id of the link that an override names."""
    return _named(model, mujoco.mjtObj.mjOBJ_BODY, overrides[key], key, "link", model.nbody)


def joint_of(model: mujoco.MjModel, overrides: Mapping[str, str], key: str) -> int:
    """Return the id of the joint that an override names."""
    return _named(model, mujoco.mjtObj.mjOBJ_JOINT, overrides[key], key, "joint", model.njnt)


def _named(
    model: mujoco.MjModel, kind: mujoco.mjtObj, name: str, key: str, what: str, count: int
) -> int:
    found = mujoco.mj_name2id(model, kind, name)
    if found < 0:
        names = [mujoco.mj_id2name(model, kind, index) or "" for index in range(count)]
        near = difflib.get_close_matches(name, names, 3) or [n for n in names if n]
        raise KinestError(
            f"override {key}: the robot has no {what} '{name}'; it has {', '.join(near)}"
        )
    return int(found)
