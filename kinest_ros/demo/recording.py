# SPDX-License-Identifier: Apache-2.0
"""What was sent to the node and what an outside listener heard, with the times of arrival."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader, Bodies, read_bodies
from kinest_ros.bags.topics import BODY, GROUND_TRUTH, POSE_TOPICS
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.decoding.poses import tracker_frame


@dataclass(frozen=True)
class TrackerTrace:
    """What one tracker sent: stamps (N,) ns, arrivals (N,) ns, positions (N, 3) m.

    An arrival is zero where the listener did not hear the sample, having joined too late.
    """

    stamps_ns: np.ndarray
    arrivals_ns: np.ndarray
    positions: np.ndarray


@dataclass(frozen=True)
class Recording:
    """Trackers by slot, bodies, the bodies' arrivals (M,) ns, and the true bodies if known."""

    trackers: dict[str, TrackerTrace]
    bodies: Bodies
    arrivals_ns: np.ndarray
    truth: Bodies | None

    def tracker_positions(self) -> dict[str, np.ndarray]:
        """Return each tracker's position (M, 3) at the bodies' stamps; NaN where it was lost."""
        found = {}
        for slot, trace in self.trackers.items():
            at = np.stack(
                [np.interp(self.bodies.stamps_ns, trace.stamps_ns, p) for p in trace.positions.T],
                axis=1,
            )
            valid = self.bodies.tracker_valid[:, SLOTS.index(slot)]
            found[slot] = np.where(valid[:, None], at, np.nan)
        return found

    def true_positions(self) -> np.ndarray | None:
        """Return the true joint positions (M, 22, 3) at the bodies' stamps; NaN where unknown."""
        if self.truth is None or not len(self.truth):
            return None
        nearest = np.searchsorted(self.truth.stamps_ns, self.bodies.stamps_ns)
        nearest = np.minimum(nearest, len(self.truth) - 1)
        # Both are stamped with ticks; a microsecond is what rounding may differ by.
        same = np.abs(self.truth.stamps_ns[nearest] - self.bodies.stamps_ns) < 1_000
        return np.where(same[:, None, None], self.truth.positions[nearest], np.nan)

    def slot_errors(self) -> dict[str, np.ndarray]:
        """Return the distance (M,) in metres from each tracker to the link it is bound to."""
        return {
            slot: np.linalg.norm(
                self.bodies.positions[:, SLOT_JOINTS[SLOTS.index(slot)]] - positions, axis=1
            )
            for slot, positions in self.tracker_positions().items()
        }


def read_recording(path: Path, source: Path) -> Recording:
    """Read what the recorder wrote, and what was sent, with the truth, from the bag played.

    Raises:
        KinestError: a bag that cannot be read.
    """
    slot_of = {topic: slot for slot, topic in POSE_TOPICS.items()}
    heard: dict[str, dict[int, int]] = {slot: {} for slot in SLOTS}
    arrivals = []
    with BagReader(path) as bag:
        for message in bag.messages([*slot_of, BODY]):
            if message.topic == BODY:
                arrivals.append(message.time_ns)
                continue
            slot = slot_of[message.topic]
            stamp = tracker_frame(bag.decode(message).header, {}).stamp_ns
            heard[slot].setdefault(stamp, message.time_ns)
        has_bodies = BODY in bag.types
    sent: dict[str, dict[int, np.ndarray]] = {}
    for frame in read_tracker_frames(source, InputChoice("pose")):
        for slot, pose in frame.poses.items():
            sent.setdefault(slot, {})[frame.stamp_ns] = np.asarray(pose.position)
    trackers = {}
    for slot, samples in sent.items():
        stamps = sorted(samples)
        trackers[slot] = TrackerTrace(
            np.array(stamps),
            np.array([heard[slot].get(stamp, 0) for stamp in stamps]),
            np.array([samples[stamp] for stamp in stamps]),
        )
    with BagReader(source) as bag:
        has_truth = GROUND_TRUTH in bag.types
    return Recording(
        trackers,
        read_bodies(path) if has_bodies else _no_bodies(),
        np.array(arrivals, dtype=np.int64),
        read_bodies(source, GROUND_TRUTH) if has_truth else None,
    )


def _no_bodies() -> Bodies:
    return Bodies(
        stamps_ns=np.zeros(0, dtype=np.int64),
        frame_id="",
        local_rotations=np.zeros((0, 22, 4)),
        positions=np.zeros((0, 22, 3)),
        tracker_valid=np.zeros((0, 6), dtype=bool),
        confidence=np.zeros((0, 22)),
        contacts=np.zeros((0, 2)),
        latency=np.zeros(0),
    )
