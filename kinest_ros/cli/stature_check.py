# SPDX-License-Identifier: Apache-2.0
"""What the head's height over time says of the stature, in recordings and clips."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.cli import input_options, options
from kinest_ros.cli.progress import Progress
from kinest_ros.errors import KinestError

#: Eyes from the head joint (m), for recordings of headsets; clips give the joint itself.
_HEADSET = (0.09, 0.0, 0.087)


def check_stature(args: argparse.Namespace) -> int:
    """Estimate the stature in every file and print it, with the errors where it is known."""
    files = list(_files(args.check_stature))
    if not files:
        raise KinestError(
            f"{', '.join(map(str, args.check_stature))}: no bag, .json or .npz file there"
        )
    rows = []
    progress = Progress("estimating statures", len(files))
    try:
        for file in files:
            rows.append(_clip(file) if file.suffix == ".npz" else _recording(args, file))
            progress.step()
    finally:
        progress.close()
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(str(Path(row["file"]).parent), []).append(row)
    summary = {name: _group(found) for name, found in groups.items()}
    lines = []
    for name, found in groups.items():
        if summary[name]["known"] < len(found):
            lines += [_line(row) for row in found]
        lines.append(f"{name}: {_group_line(summary[name])}")
    options.report(args, {"files": rows, "folders": summary}, lines)
    return 0


def _files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir() and not (path / "metadata.yaml").is_file():
            yield from sorted(p for p in path.iterdir() if p.suffix in (".npz", ".json", ".mcap"))
            yield from sorted(p for p in path.iterdir() if (p / "metadata.yaml").is_file())
        else:
            yield path


def _clip(file: Path) -> dict[str, Any]:
    """A clip's head joint tells; its skeleton knows."""
    from kinest_ros.body.frames import JOINT_FROM_LINK
    from kinest_ros.body.kinematics import forward_kinematics_np
    from kinest_ros.motion.clips.amass import load_amass
    from kinest_ros.tracking.fitting.posing import HEAD

    motion, skeleton = load_amass(file)
    places, world = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    upright = (world[:, HEAD] @ JOINT_FROM_LINK)[:, 2, 2]
    ticks = zip(range(len(places)), places[:, HEAD], upright, strict=True)
    return {"file": str(file), **_estimated(ticks), "true": skeleton.stature}


def _recording(args: argparse.Namespace, file: Path) -> dict[str, Any]:
    """A recording's headset tells; nobody knows."""
    from kinest_ros.bags.contents import read_tracker_frames
    from kinest_ros.body.joints import NUM_SLOTS
    from kinest_ros.body.rotations_numpy import matrices_from_quaternions
    from kinest_ros.formats.recordings.aframe import read_aframe
    from kinest_ros.tracking.devices.basis import to_ros_basis
    from kinest_ros.tracking.frame import checked_poses
    from kinest_ros.tracking.sampling.resampler import Resampler

    frames = (
        read_aframe(file).frames()
        if file.suffix == ".json"
        else read_tracker_frames(file, input_options.inputs_of(args))
    )
    resampler = Resampler([0.25] * NUM_SLOTS)

    def ticks() -> Iterator[tuple[int, np.ndarray, float]]:
        for frame in frames:
            for tick in resampler.push(frame.stamp_ns, checked_poses(frame))[0]:
                place, turn = to_ros_basis(tick.positions[0], tick.quaternions[0], args.input_basis)
                rotation = matrices_from_quaternions(turn)
                yield tick.index, place - rotation @ _HEADSET, float(rotation[2, 2])

    return {"file": str(file), **_estimated(ticks()), "true": None}


def _estimated(ticks: Any) -> dict[str, Any]:
    from kinest_ros.tracking.wearer.stature import StatureEstimator

    estimator, changes = StatureEstimator(), 0
    for index, (x, y, height), upright in ticks:
        place = (float(x), float(y))
        changes += estimator.look(index, float(height), float(upright), place)
    return {"stature": estimator.stature if estimator.known else None, "changes": changes}


def _group(rows: list[dict[str, Any]]) -> dict[str, Any]:
    errors = np.array(
        [r["stature"] - r["true"] for r in rows if r["stature"] is not None and r["true"]]
    )
    found: dict[str, Any] = {
        "files": len(rows),
        "estimated": sum(row["stature"] is not None for row in rows),
        "known": sum(row["true"] is not None for row in rows),
    }
    if len(errors):
        found["error_cm"] = {
            f"p{p}": 100.0 * float(value)
            for p, value in zip((5, 50, 95), np.percentile(errors, (5, 50, 95)), strict=True)
        }
        found["mean_abs_error_cm"] = 100.0 * float(np.abs(errors).mean())
    return found


def _line(row: dict[str, Any]) -> str:
    found = "not estimated" if row["stature"] is None else f"{row['stature']:.2f} m"
    true = "" if row["true"] is None else f" (true {row['true']:.2f} m)"
    return f"  {Path(row['file']).name}: {found}{true}, {row['changes']} change(s)"


def _group_line(found: dict[str, Any]) -> str:
    text = f"{found['estimated']} of {found['files']} estimated"
    if "error_cm" in found:
        spread = found["error_cm"]
        text += (
            f"; error {spread['p50']:+.1f} cm (median), {spread['p5']:+.1f} to "
            f"{spread['p95']:+.1f} cm (5 to 95 %), mean size {found['mean_abs_error_cm']:.1f} cm"
        )
    return text
