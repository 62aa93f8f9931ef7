# SPDX-License-Identifier: Apache-2.0
"""Recordings made of nothing but numbers."""

import numpy as np

from kinest_ros.bags.reader import Bodies
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.demo.recording import Recording, TrackerTrace
from kinest_ros.tracking.sampling.resampler import tick_stamp

FIRST_TICK = 6000
#: The node takes this long, and the listener hears the body this much later still.
LATENCY, WAY = 0.004, 0.003


def bodies(count: int, offset: float = 0.0) -> Bodies:
    """A T-pose gliding along x at 1 m/s, moved by ``offset`` metres along y."""
    # SMPL's X (left), Y (up), Z (forward) become y, z and x.
    rest = Skeleton.from_stature(1.7).rest_positions()[:, [2, 0, 1]] + (0.0, 0.0, 0.95)
    stamps = np.array([tick_stamp(FIRST_TICK + tick) for tick in range(count)])
    positions = np.tile(rest, (count, 1, 1))
    positions[:, :, 0] += np.arange(count)[:, None] / 60.0
    positions[:, :, 1] += offset
    valid = np.zeros((count, 6), dtype=bool)
    valid[:, :3] = True
    return Bodies(
        stamps_ns=stamps,
        frame_id="world",
        local_rotations=np.tile([0.0, 0.0, 0.0, 1.0], (count, 22, 1)),
        positions=positions,
        tracker_valid=valid,
        confidence=np.ones((count, 22)),
        contacts=np.ones((count, 2)),
        latency=np.full(count, LATENCY),
    )


def recording(count: int = 240, offset: float = 0.02, truth: bool = True) -> Recording:
    """Trackers at the true joints, sampled at the ticks; bodies ``offset`` metres beside them."""
    true = bodies(count)
    arrivals = true.stamps_ns + 5_000_000_000
    trackers = {
        slot: TrackerTrace(
            true.stamps_ns, arrivals, true.positions[:, SLOT_JOINTS[SLOTS.index(slot)]]
        )
        for slot in SLOTS[:3]
    }
    return Recording(
        trackers,
        bodies(count, offset),
        arrivals + round((LATENCY + WAY) * 1e9),
        true if truth else None,
    )
