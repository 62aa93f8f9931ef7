# SPDX-License-Identifier: Apache-2.0
"""End to end with a robot: from a tracker's pose to the robot's JointState in another process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from kinest_ros.demo import session
from kinest_ros.demo.processes import Child
from kinest_ros.files.whole import write_whole

#: How the robot's node runs.
COMPOSED, APART = "robot, same process", "robot, own process"
BODY_ONLY = "no robot"
_ROUNDS = 2


def options(robot: str, way: str, folder: Path) -> list[str]:
    """Return what lets the kinest node's process run the robot's node too, if the way is that.

    Args:
        robot: MJCF or URDF file, or "own".
        way: one of those above.
        folder: for a parameter file.
    """
    if way != COMPOSED:
        return []
    path = folder / "robot.yaml"
    write_whole(path, yaml.safe_dump({"/**": {"ros__parameters": {"robot": robot}}}))
    return ["--retarget", str(path)]


@contextlib.contextmanager
def beside(robot: str, way: str, folder: Path) -> Iterator[None]:
    """Run the robot's node in a process of its own, if the way is that."""
    if way != APART:
        yield
        return
    given = ["-p", "autostart:=true", "-p", f"robot:={robot}"]
    module = "kinest_ros.node.retarget.main"
    with Child("the robot's node", folder / "robot.log", module, "--ros-args", *given) as node:
        node.wait_for("]: active", session.START_TIMEOUT)
        yield
        if not node.running:
            raise node.failure("ended while it was measured")


def compared(robot: str, measure: Callable[[str, str], dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of all ways in turn, each twice, so that a busy machine meets them alike.

    Args:
        robot: MJCF or URDF file, or "own".
        measure: returns the total of a way, given the robot and the way.
    """
    rows = []
    for turn in range(_ROUNDS):
        for way in (BODY_ONLY, COMPOSED, APART):
            rows.append({"way": way, "turn": turn + 1, **measure(robot, way)})
    return rows


def shares(rows: list[dict[str, Any]]) -> dict[str, float]:
    """Return by way how many times the p50 of the body alone it takes, over all turns."""
    mean = {
        way: sum(row["p50"] for row in rows if row["way"] == way) / _ROUNDS
        for way in (BODY_ONLY, COMPOSED, APART)
    }
    return {way: mean[way] / mean[BODY_ONLY] for way in (COMPOSED, APART)}
