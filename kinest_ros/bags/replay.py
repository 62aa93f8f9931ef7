# SPDX-License-Identifier: Apache-2.0
"""Run a BodyTracker over a bag: what the node would have published, with no ROS running."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kinest_ros.bags.contents import input_of
from kinest_ros.bags.inputs import BagInput
from kinest_ros.bags.reader import BagReader
from kinest_ros.bags.topics import GROUND_TRUTH
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.joints import JOINT_INDEX, SLOT_JOINTS, SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.following import follow
from kinest_ros.tracking.frame import BadTrackerPose

_TOES = np.array([JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]])
_LINKS = np.array(SLOT_JOINTS)


@dataclass
class ReplayReport:
    """What came out of a replay.

    Attributes:
        bodies: number of bodies written.
        stamps_ns: of the first and the last body.
        apart: (N, 6, 3) m in the world, from each slot's link to its tracker, mount applied; NaN
            where not tracked.
        toe_heights: (N, 2) m over the floor, of the left and right foot joint (SMPL 10, 11).
        milliseconds: (N,) computing time per body.
        bad_poses: first refused pose of each slot, in words.
    """

    bodies: int = 0
    stamps_ns: list[int] = field(default_factory=list)
    apart: list[np.ndarray] = field(default_factory=list)
    toe_heights: list[np.ndarray] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)
    bad_poses: dict[str, str] = field(default_factory=dict)

    def add(self, body: BodyPose, milliseconds: float) -> None:
        """Take a body into account."""
        self.bodies += 1
        self.stamps_ns[1 if self.stamps_ns else 0 :] = [body.stamp_ns]
        self.apart.append(body.positions[_LINKS] - body.tracker_positions)
        self.toe_heights.append(body.positions[_TOES, 2])
        self.milliseconds.append(milliseconds)

    def refuse(self, source: str, error: BadTrackerPose) -> None:
        """Note a pose that could not be used, and the topic it came from."""
        self.bad_poses.setdefault(error.slot, f"{source}: {error}")

    def summary(self, tracker: BodyTracker) -> dict[str, Any]:
        """The figures to report, with the tracker's own counters."""
        errors = np.linalg.norm(np.array(self.apart).reshape(-1, len(SLOTS), 3), axis=-1)
        spent = np.array(self.milliseconds)
        stats = tracker.stats
        seconds = (self.stamps_ns[-1] - self.stamps_ns[0]) * 1e-9 if self.bodies else 0.0
        return {
            "poses_in": {slot: n for slot, n in stats.received.items() if n},
            "bodies_out": self.bodies,
            "seconds": seconds,
            "dropped": {
                reason: {slot: n for slot, n in counts.items() if n}
                for reason, counts in (
                    ("late", stats.dropped_late),
                    ("duplicate", stats.dropped_duplicate),
                    ("outlier", stats.dropped_outlier),
                    ("invalid", stats.dropped_invalid),
                )
            },
            "head_lost_ticks": stats.head_lost,
            "stature": tracker.skeleton.stature,
            "stature_known": tracker.stature_known,
            "resets": stats.resets,
            "reprojection_cm": {
                slot: _percentiles(100.0 * column[np.isfinite(column)], (50, 95))
                for slot, column in zip(SLOTS, errors.T, strict=True)
                if np.isfinite(column).any()
            },
            "toe_height_cm": _percentiles(100.0 * np.array(self.toe_heights).reshape(-1), (5, 50)),
            "ms_per_body": _percentiles(spent, (50, 99)),
            "speed": seconds / (spent.sum() * 1e-3) if self.bodies and spent.sum() else 0.0,
        }


def replay(
    bag: BagReader,
    out: BodyBagWriter,
    tracker: BodyTracker,
    inputs: BagInput | None = None,
    keep_inputs: bool = True,
    on_message: Callable[[], None] = lambda: None,
) -> ReplayReport:
    """Push the tracker poses of a bag and write the bodies that come out.

    Outputs carry the tick's stamp in their headers and, in the bag, the time of the message that
    completed them, so the bag stays in the order in which a live recording would be.

    Args:
        bag: open bag to read.
        out: open bag to write.
        tracker: fresh tracker.
        inputs: the bag's tracker poses; None: of the kind that it holds.
        keep_inputs: copy the tracker topics and the ground truth.
        on_message: called after each message of a tracker.

    Raises:
        KinestError: topics that are not there, or not a single body came out.
    """
    inputs = inputs or input_of(bag)
    passed = {GROUND_TRUTH} & bag.types.keys() if keep_inputs else set()
    report = ReplayReport()
    for heard in inputs.heard(passed):
        raw, channel = heard.raw, inputs.topics.get(heard.raw.topic)
        if keep_inputs and not heard.own:
            latched = channel is not None and channel.latched
            out.write_raw(
                raw.topic, raw.msgtype, raw.time_ns, raw.data, latched, types=bag.typestore
            )
        for frame, source in heard.frames:
            for step in follow(tracker, [frame], functools.partial(report.refuse, source)):
                out.set_skeleton(tracker.skeleton)
                for body in step.bodies:
                    out.write_body(body, raw.time_ns)
                    report.add(body, step.seconds * 1e3 / len(step.bodies))
        if channel is not None:
            on_message()
    if not report.bodies:
        reasons = [*report.bad_poses.values(), *inputs.warnings.values()]
        reason = "; ".join(reasons) or inputs.why_no_head() or "it has too few poses of the head"
        raise KinestError(f"{bag.path} gave no body: {reason}")
    return report


def _percentiles(values: np.ndarray, which: tuple[int, ...]) -> dict[str, float]:
    if not len(values):
        return {}
    return {f"p{p}": float(v) for p, v in zip(which, np.percentile(values, which), strict=True)}
