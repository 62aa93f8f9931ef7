# SPDX-License-Identifier: Apache-2.0
"""Tracker frames of an invented person who sways, turns and swings the hands."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

#: A round start, far from zero as real stamps are: the tick 102,000,000,000 / 60 s.
START_NS = 1_700_000_000_000_000_000

#: Where the slots are on a person standing at the origin and facing +x, metres.
STANDING = {
    "head": (0.05, 0.0, 1.55),
    "left_hand": (0.25, 0.30, 1.05),
    "right_hand": (0.25, -0.30, 1.05),
    "pelvis": (0.0, 0.0, 0.95),
    "left_foot": (0.0, 0.10, 0.08),
    "right_foot": (0.0, -0.10, 0.08),
}
THREE = ("head", "left_hand", "right_hand")


def sway(
    seconds: float,
    rate: float = 72.0,
    start_ns: int = START_NS,
    slots: tuple[str, ...] = THREE,
    frame_id: str = "world",
) -> Iterator[TrackerFrame]:
    """Yield one frame per sample and slot, as a headset's bridge sends them."""
    for index in range(round(seconds * rate)):
        time = index / rate
        stamp_ns = start_ns + round(1e9 * time)
        for slot in slots:
            yield TrackerFrame(stamp_ns, {slot: _pose(slot, time)}, frame_id)


def _pose(slot: str, time: float) -> TrackerPose:
    yaw = 0.6 * np.sin(0.9 * time)
    turn = Rotation.from_euler("z", yaw)
    swing = 0.15 * np.sin(2.0 * time + len(slot)) * ("hand" in slot)
    offset = np.array(STANDING[slot]) + np.array((swing, 0.0, 0.5 * swing))
    drift = np.array((0.2 * np.sin(0.5 * time), 0.1 * np.cos(0.7 * time), 0.0))
    position = turn.apply(offset) + drift
    tilt = Rotation.from_euler("xyz", (0.1 * np.sin(time), 0.2 * np.cos(time), 0.0))
    return TrackerPose(position, (turn * tilt).as_quat())
