# SPDX-License-Identifier: Apache-2.0
"""Calibrations as YAML files, one per user, to be read and corrected by hand."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from kinest_ros.body.joints import SLOTS
from kinest_ros.calibration.body_size import Value
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.devices import HAND_DEVICES
from kinest_ros.calibration.hand_kinds import HANDS
from kinest_ros.calibration.mounts import MountEstimate
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import OutOfBounds, parse_yaml, read_text
from kinest_ros.files.whole import write_whole
from kinest_ros.tracking.devices.basis import BASES
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.wearer.arm_growth import MOST

VERSION = 1
#: The longest position of a mount, m.
MAX_MOUNT = 1.0
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


def calibration_path(file_or_name: str) -> Path:
    """Return the file that is meant: a path as it is, a bare user name in the user's folder.

    A path is what has a slash or ends in .yaml or .yml. The folder is $XDG_CONFIG_HOME/kinest,
    ~/.config/kinest by default.

    Raises:
        KinestError: neither a path nor a name.
    """
    if "/" in file_or_name or file_or_name.endswith((".yaml", ".yml")):
        return Path(file_or_name).expanduser()
    if not _NAME.fullmatch(file_or_name):
        raise KinestError(
            f"'{file_or_name}' is neither the path of a .yaml file nor a user name (letters, "
            "digits, _, - and .)"
        )
    return calibration_folder() / f"{file_or_name}.yaml"


def calibration_folder() -> Path:
    """Return the folder with the calibrations of this computer's user."""
    config = os.environ.get("XDG_CONFIG_HOME")
    if config:
        return Path(config) / "kinest"
    try:
        return Path.home() / ".config" / "kinest"
    except RuntimeError:
        raise KinestError(
            "calibrations are kept in the home folder, and there is none: set HOME or "
            "XDG_CONFIG_HOME to a folder of your own, or give the path of a .yaml file"
        ) from None


def save_calibration(calibration: Calibration, path: str | Path) -> Path:
    """Write a calibration; the file is there whole or not at all.

    Raises:
        KinestError: the file cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, to_yaml(calibration))
    except OSError as error:
        raise KinestError(
            f"cannot write the calibration {path}: {error.strerror or error}"
        ) from None
    return path


def load_calibration(path: str | Path) -> Calibration:
    """Read a calibration.

    Raises:
        KinestError: no such file, or something missing or wrong in it, named by its key.
    """
    path = Path(path)
    try:
        text = read_text(path)
    except FileNotFoundError:
        raise KinestError(
            f"calibration {path} does not exist: make it with kinest calibrate or with the node's "
            f"service ~/calibrate. In {path.parent} {_others(path)}"
        ) from None
    except (OSError, UnicodeDecodeError, OutOfBounds) as error:
        raise KinestError(f"calibration {path} cannot be read: {error}") from None
    try:
        content = parse_yaml(text)
    except ValueError as error:
        raise KinestError(f"calibration {path} is no valid YAML: {error}") from None
    return _Reader(path).calibration(content)


def _others(path: Path) -> str:
    names = sorted(p.stem for p in path.parent.glob("*.yaml")) if path.parent.is_dir() else []
    return f"there are: {', '.join(names)}" if names else "there is none yet"


def to_yaml(calibration: Calibration) -> str:
    """Return the file's text, with units and meaning in comments."""

    def value(key: str, found: Value, meaning: str) -> str:
        pair = f"{{value: {found.value:.4f}, sigma: {found.sigma:.4f}}}"
        return f"{key + ':':14}{pair}  # {meaning}"

    lines = [
        "# Calibration of kinest: who wears the trackers, and how. Lengths in metres, angles in",
        "# radians; sigma is the standard deviation of an estimate. Values may be changed by hand.",
        f"version: {VERSION}",
        f'created: "{calibration.created}"',
        f"pose: {calibration.pose}  # T: arms out to the sides, I: arms hanging down",
        f"input_basis: {calibration.input_basis}  # axes the poses were read with",
        f"hand_device: {calibration.hand_device}  # what the hands' offsets were assumed from",
        "",
        value("stature", calibration.stature, "body height"),
        value("arm_span", calibration.arm_span, "fingertip to fingertip"),
        value("floor_height", calibration.floor_height, "z of the floor in the trackers' frame"),
        "",
        f"arm_growth: {calibration.arm_growth:.3f}"
        "  # how much longer arms turned out to be while running",
        f"hands_swapped: {_text(calibration.hands_swapped)}"
        "  # true: what is called left_hand is the right one",
        "",
        "# Pose of the body link in its tracker's axes (x forward, y left, z up):",
        "# xyz, and roll, pitch, yaw about fixed axes; move and turn: how still the tracker was.",
        "mounts:",
    ]
    lines += _mounts(calibration.mounts)
    if calibration.hand_mounts:
        lines += ["", "# The same of hands that are tracked by themselves, without controllers."]
        lines += ["hand_mounts:", *_mounts(calibration.hand_mounts)]
    lines += ["", "# What the fit left unexplained; nothing is computed from here on."]
    lines += ["residuals:" if calibration.residuals else "residuals: {}"]
    lines += [f"  {key}: {number:.4f}" for key, number in calibration.residuals.items()]
    lines += ["warnings:" if calibration.warnings else "warnings: []"]
    lines += [f"  - {yaml_string(text)}" for text in calibration.warnings]
    return "\n".join(lines) + "\n"


def _mounts(mounts: Mapping[str, MountEstimate]) -> list[str]:
    return [
        line
        for slot, found in mounts.items()
        for line in (
            f"  {slot}:",
            f"    xyz: {_list(found.mount.xyz)}",
            f"    rpy: {_list(found.mount.rpy)}",
            f"    xyz_sigma: {_list(found.xyz_sigma)}",
            f"    rpy_sigma: {_list(found.rpy_sigma)}",
            f"    move: {found.move:.4f}",
            f"    turn: {found.turn:.4f}",
        )
    ]


def yaml_string(text: str) -> str:
    """Return a string as a double-quoted YAML scalar."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _list(values: tuple[float, ...] | Any) -> str:
    return "[" + ", ".join(f"{float(value):.5f}" for value in values) + "]"


def _text(flag: bool) -> str:
    return "true" if flag else "false"


class _Reader:
    """Takes a parsed file apart; every error names the file and the key."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def calibration(self, content: Any) -> Calibration:
        keys = ("version", "pose", "input_basis", "hand_device", "stature", "arm_span",
                "floor_height", "hands_swapped", "mounts")  # fmt: skip
        self._keys(
            "the file",
            content,
            keys,
            ("created", "arm_growth", "hand_mounts", "residuals", "warnings"),
        )
        if content["version"] != VERSION:
            self._fail("version", f"is {content['version']!r}; this program reads {VERSION}")
        if not isinstance(content["hands_swapped"], bool):
            self._fail("hands_swapped", f"is {content['hands_swapped']!r}; use true or false")
        mounts = content["mounts"]
        self._keys("mounts", mounts, ("head",), SLOTS)
        hand_mounts = content.get("hand_mounts") or {}
        self._keys("hand_mounts", hand_mounts, (), HANDS)
        warnings = content.get("warnings") or []
        if not isinstance(warnings, list):
            self._fail("warnings", "is no list")
        residuals = content.get("residuals") or {}
        self._keys("residuals", residuals, (), residuals)
        return Calibration(
            pose=self._choice(content, "pose", ("T", "I")),
            stature=self._value(content, "stature", 0.8, 2.5),
            arm_span=self._value(content, "arm_span", 0.6, 3.0),
            floor_height=self._value(content, "floor_height", -10.0, 10.0),
            mounts=self._mounts("mounts", mounts),
            hand_mounts=self._mounts("hand_mounts", hand_mounts),
            hands_swapped=content["hands_swapped"],
            input_basis=self._choice(content, "input_basis", BASES),
            hand_device=self._choice(content, "hand_device", tuple(HAND_DEVICES)),
            arm_growth=self._number("arm_growth", content.get("arm_growth", 1.0), 1.0, MOST),
            residuals={
                str(key): self._number(f"residuals.{key}", number, -1e6, 1e6)
                for key, number in residuals.items()
            },
            warnings=tuple(str(text) for text in warnings),
            created=str(content.get("created", "")),
        )

    def _fail(self, key: str, text: str) -> None:
        raise KinestError(f"calibration {self._path}: {key} {text}")

    def _keys(self, where: str, found: Any, needed: Any, others: Any = ()) -> None:
        if not isinstance(found, Mapping):
            self._fail(where, "must hold keys with values")
        for key in needed:
            if key not in found:
                self._fail(where, f"lacks '{key}'")
        for key in found:
            if key not in needed and key not in others:
                known = ", ".join([*needed, *(o for o in others if o not in needed)])
                self._fail(where, f"has an unknown key '{key}'; known are {known}")

    def _choice(self, content: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
        if content[key] not in choices:
            self._fail(key, f"is {content[key]!r}; use one of {', '.join(choices)}")
        return str(content[key])

    def _number(self, key: str, value: Any, low: float, high: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._fail(key, f"is {value!r}; give a number")
        if not low <= value <= high:  # nor is NaN
            self._fail(key, f"is {value!r}; it must lie in [{low:g}, {high:g}]")
        return float(value)

    def _value(self, content: Mapping[str, Any], key: str, low: float, high: float) -> Value:
        found = content[key]
        if not isinstance(found, Mapping):  # a plain number, put there by hand
            return Value(self._number(key, found, low, high), 0.0)
        self._keys(key, found, ("value",), ("sigma",))
        return Value(
            self._number(f"{key}.value", found["value"], low, high),
            self._number(f"{key}.sigma", found.get("sigma", 0.0), 0.0, 10.0),
        )

    def _mounts(self, key: str, found: Mapping[str, Any]) -> dict[str, MountEstimate]:
        return {slot: self._mount(f"{key}.{slot}", found[slot]) for slot in SLOTS if slot in found}

    def _mount(self, where: str, found: Any) -> MountEstimate:
        self._keys(where, found, ("xyz", "rpy"), ("xyz_sigma", "rpy_sigma", "move", "turn"))
        zero = [0.0, 0.0, 0.0]
        return MountEstimate(
            Mount(
                self._three(f"{where}.xyz", found["xyz"], MAX_MOUNT),
                self._three(f"{where}.rpy", found["rpy"], 2.0 * math.pi),
            ),
            self._three(f"{where}.xyz_sigma", found.get("xyz_sigma", zero), 10.0),
            self._three(f"{where}.rpy_sigma", found.get("rpy_sigma", zero), 10.0),
            self._number(f"{where}.move", found.get("move", 0.0), 0.0, 10.0),
            self._number(f"{where}.turn", found.get("turn", 0.0), 0.0, 10.0),
        )

    def _three(self, key: str, value: Any, most: float) -> tuple[float, float, float]:
        if not isinstance(value, list) or len(value) != 3:
            self._fail(key, f"is {value!r}; give three numbers")
        x, y, z = (self._number(key, item, -most, most) for item in value)
        return x, y, z


def keeping_other_kind(new: Calibration, earlier: Calibration | None) -> Calibration:
    """Return a calibration with the mounts of an earlier one for the device that was not in use."""
    if earlier is None or earlier.input_basis != new.input_basis:
        return new
    old = {hand: earlier.mounts[hand] for hand in HANDS if hand in earlier.mounts}
    mounts = {**old, **new.mounts} if new.hand_mounts else new.mounts
    return replace(
        new,
        mounts={slot: mounts[slot] for slot in SLOTS if slot in mounts},
        hand_mounts=new.hand_mounts or earlier.hand_mounts,
    )
