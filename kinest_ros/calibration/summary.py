# SPDX-License-Identifier: Apache-2.0
"""A calibration in words, and as plain data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from kinest_ros.calibration.body_size import Value
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.mounts import MountEstimate


def summary_lines(calibration: Calibration) -> list[str]:
    """Return what was found, one fact a line."""
    size = (
        f"stature {_meters(calibration.stature)}, arm span {_meters(calibration.arm_span)}, "
        f"floor at {_meters(calibration.floor_height)}"
    )
    lines = [f"{calibration.pose}-pose: {size}"]
    for name, found in (
        *calibration.mounts.items(),
        *((f"{hand}, tracked by itself", mount) for hand, mount in calibration.hand_mounts.items()),
    ):
        xyz = ", ".join(
            f"{round(100 * v, 1) + 0.0:.1f} ± {100 * s:.1f}"
            for v, s in zip(found.mount.xyz, found.xyz_sigma, strict=True)
        )
        rpy = ", ".join(
            f"{round(math.degrees(v))} ± {math.degrees(s):.0f}"
            for v, s in zip(found.mount.rpy, found.rpy_sigma, strict=True)
        )
        lines.append(
            f"  mount of {name}: xyz ({xyz}) cm, rpy ({rpy})°; it moved by "
            f"{1000 * found.move:.0f} mm, {math.degrees(found.turn):.1f}°"
        )
    rest = calibration.residuals
    if {"head_height", "left_reach", "right_reach"} <= rest.keys():
        lines.append(
            f"  left over: head height {100 * rest['head_height']:+.1f} cm, reach "
            f"{100 * rest['left_reach']:+.1f} cm left, {100 * rest['right_reach']:+.1f} cm right"
        )
    return lines + [f"  warning: {text}" for text in calibration.warnings]


def as_data(calibration: Calibration) -> dict[str, Any]:
    """Return the calibration as numbers, texts and lists, for JSON."""
    return {
        "pose": calibration.pose,
        "created": calibration.created,
        "input_basis": calibration.input_basis,
        "hand_device": calibration.hand_device,
        "stature": _pair(calibration.stature),
        "arm_span": _pair(calibration.arm_span),
        "floor_height": _pair(calibration.floor_height),
        "hands_swapped": calibration.hands_swapped,
        "mounts": _mounts(calibration.mounts),
        "hand_mounts": _mounts(calibration.hand_mounts),
        "residuals": dict(calibration.residuals),
        "warnings": list(calibration.warnings),
    }


def _mounts(mounts: Mapping[str, MountEstimate]) -> dict[str, dict[str, Any]]:
    return {
        slot: {
            "xyz": _floats(found.mount.xyz),
            "rpy": _floats(found.mount.rpy),
            "xyz_sigma": _floats(found.xyz_sigma),
            "rpy_sigma": _floats(found.rpy_sigma),
            "move": found.move,
            "turn": found.turn,
        }
        for slot, found in mounts.items()
    }


def _meters(found: Value) -> str:
    return f"{found.value:.2f} ± {found.sigma:.2f} m"


def _pair(found: Value) -> dict[str, float]:
    return {"value": found.value, "sigma": found.sigma}


def _floats(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]
