# SPDX-License-Identifier: Apache-2.0
"""What must hold of every body, whatever comes in; each break of it is a `Violation`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import (
    FOOT_SLOTS,
    JOINT_INDEX,
    JOINT_NAMES,
    NUM_JOINTS,
    PARENTS,
    PELVIS_SLOT,
    SLOT_JOINTS,
)
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.sampling.motion_limits import SLOT_LIMITS

#: m/s that any joint may move on top of the trackers: what the network does (3 m/s in sport), a
#: recovery (3 m/s), the floor (4 m/s) and growing bones (0.5 m/s) at once.
MOST_SPEED = 10.5
#: s after a recentring in which the body is on its way, however far that is, also over a gap.
RECENTRING = 0.55
#: s in which a joint that followed a tracker is braked when that turns out to have jumped.
BRAKING = 0.15
#: m below the floor, and for how long, s.
BELOW, BELOW_FOR = 0.05, 0.2
#: s in which a joint returns that was below the floor with its trackers, or before a gap.
RETURNING = 1.0
#: Numbers that all that is carried may hold: rings of samples, the state of the network apart.
MOST_CARRIED = 60_000
_JOINTS = np.array(SLOT_JOINTS)
_TOES = np.array([JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]])


@dataclass(frozen=True)
class Violation:
    """What was broken, when (s since the first body of the stream), and by how much."""

    what: str
    time: float
    detail: str

    def __str__(self) -> str:
        return f"{self.what} at {self.time:.3f} s: {self.detail}"


class Watch:
    """Looks at body after body of one tracker."""

    def __init__(self, tracker: BodyTracker) -> None:
        self._tracker = tracker
        self.found: list[Violation] = []
        self._settling = -np.inf
        self.fastest = 0.0
        self._begin: int | None = None
        self._last: BodyPose | None = None
        self._resets = 0
        self._recentrings, self._recentred = 0, -np.inf
        self._above = np.zeros(NUM_JOINTS)
        self._returning = np.full(NUM_JOINTS, -np.inf)
        self._carried: deque[tuple[float, float]] = deque(maxlen=60)

    def acted(self) -> None:
        """Forget the body before: the tracker was told something new of its wearer."""
        self._settling = self._time() + 3.0

    def _time(self) -> float:
        return 0.0 if self._last is None else (self._last.stamp_ns - (self._begin or 0)) * 1e-9

    def look(self, bodies: list[BodyPose]) -> None:
        """Check bodies that one push returned."""
        if self._tracker.stats.resets > self._resets:
            self._resets, self._last = self._tracker.stats.resets, None
            self._begin = None
            self._settling = self._recentred = -np.inf
        if self._tracker.stats.recentrings > self._recentrings and bodies:
            self._recentrings = self._tracker.stats.recentrings
            self._recentred = (bodies[0].stamp_ns - (self._begin or 0)) * 1e-9
        for body in bodies:
            self._look(body)
            self._last = body

    def _say(self, what: str, body: BodyPose, detail: str) -> None:
        self.found.append(Violation(what, (body.stamp_ns - (self._begin or 0)) * 1e-9, detail))

    def _look(self, body: BodyPose) -> None:
        if self._begin is None:
            self._begin = body.stamp_ns
            self._above = np.full(NUM_JOINTS, 0.0)
            self._returning = np.full(NUM_JOINTS, -np.inf)
        self._values(body)
        self._bones_keep(body)
        if self._last is not None:
            if body.stamp_ns <= self._last.stamp_ns:
                self._say("order", body, f"{body.stamp_ns} after {self._last.stamp_ns}")
            else:
                self._speed(body, self._last)
        self._floor(body)

    def _values(self, body: BodyPose) -> None:
        for name in ("local_rotations", "positions", "world_rotations", "confidence", "contacts"):
            if not np.isfinite(getattr(body, name)).all():
                self._say("finite", body, name)
        for rotations in (body.local_rotations, body.world_rotations):
            off = abs(np.linalg.norm(rotations, axis=-1) - 1.0).max()
            if not off < 1e-6:
                self._say("unit quaternions", body, f"{off:.1e}")
        if not ((body.confidence > 0.0) & (body.confidence <= 1.0)).all():
            self._say("confidence", body, str(body.confidence))
        if not ((body.contacts >= 0.0) & (body.contacts <= 1.0)).all():
            self._say("contacts", body, str(body.contacts))
        if not (np.isfinite(body.tracker_positions).all(axis=1) == body.tracker_valid).all():
            self._say("validity", body, str(body.tracker_positions))

    def _bones_keep(self, body: BodyPose) -> None:
        world = Rotation.from_quat(body.local_rotations).as_matrix()
        positions, _ = forward_kinematics_np(world, body.rest_offsets, body.positions[0])
        off = np.linalg.norm(positions - body.positions, axis=-1)
        if not off.max() < 1e-5:
            joint = int(off.argmax())
            self._say("bones", body, f"{JOINT_NAMES[joint]} is {off[joint]:.1e} m off its bone")
        lengths = np.linalg.norm(body.positions[1:] - body.positions[list(PARENTS[1:])], axis=-1)
        off = abs(lengths - np.linalg.norm(body.rest_offsets[1:], axis=-1)).max()
        if not off < 1e-5:
            self._say("bones", body, f"a length is {off:.1e} m off")

    def _speed(self, body: BodyPose, last: BodyPose) -> None:
        seconds = (body.stamp_ns - last.stamp_ns) * 1e-9
        now = (body.stamp_ns - (self._begin or 0)) * 1e-9
        if now - seconds < self._recentred + RECENTRING:
            return
        speeds = np.linalg.norm(body.positions - last.positions, axis=-1) / seconds
        carried = 0.0
        for slot, limits in enumerate(SLOT_LIMITS):
            if body.tracker_valid[slot] and last.tracker_valid[slot]:
                step = body.tracker_positions[slot] - last.tracker_positions[slot]
                speed = float(np.linalg.norm(step)) / seconds
                # Faster than between samples at 120 Hz, it has jumped.
                if speed <= limits.speed + limits.margin * 120.0:
                    carried = max(carried, speed)
        # The speed of before goes on over a jump, and is then braked.
        self._carried.append((now, carried))
        carried = max(speed for time, speed in self._carried if time > now - BRAKING)
        joint = int(speeds.argmax())
        self.fastest = max(self.fastest, float(speeds[joint]) - carried)
        if speeds[joint] > MOST_SPEED + carried:
            self._say(
                "speed", body,
                f"{JOINT_NAMES[joint]} at {speeds[joint]:.1f} m/s, trackers at {carried:.1f} m/s, "
                f"{seconds * 60:.0f} ticks",
            )  # fmt: skip

    def _floor(self, body: BodyPose) -> None:
        """Untracked joints, of a body whose trackers are above a floor that has settled."""
        tracker, settings = self._tracker, self._tracker.settings
        now = (body.stamp_ns - (self._begin or 0)) * 1e-9
        floor = tracker._floor.standing_at + tracker._reader.origin_height
        valid = body.tracker_valid
        trackers = body.tracker_positions[valid]
        watched = (
            settings.foot_lock
            and not valid[PELVIS_SLOT]
            and now > max(self._recentred + RECENTRING, self._settling)
            and (trackers[:, 2] > floor).all()
        )
        low = body.positions[:, 2] < floor - BELOW
        gap = self._last is not None and body.stamp_ns - self._last.stamp_ns > BELOW_FOR * 1e9
        free = np.full(NUM_JOINTS, watched and not gap)
        free[_JOINTS[valid]] = False
        free[_TOES[valid[FOOT_SLOTS]]] = False  # they are turned as their trackers are
        self._returning[low & ~free] = now
        low &= free & (now > self._returning + RETURNING)
        self._above = np.where(low, self._above, now)
        longest = now - self._above
        joint = int(longest.argmax())
        if longest[joint] > BELOW_FOR + 0.001:
            depth = floor - body.positions[joint, 2]
            self._say("floor", body, f"{JOINT_NAMES[joint]} {depth:.2f} m below for over 0.2 s")
            self._above[:] = now

    def carried(self) -> int:
        """Return how many numbers, samples and names the tracker carries, but for the network."""
        seen = {id(self._tracker.predictor)}
        left = deque(vars(self._tracker).values())
        count = 0
        while left:
            value = left.popleft()
            if id(value) in seen:
                continue
            seen.add(id(value))
            if isinstance(value, np.ndarray):
                count += value.size
            elif isinstance(value, dict):
                count += len(value)
                left.extend(value.values())
            elif isinstance(value, list | tuple | set | frozenset | deque):
                count += len(value)
                left.extend(value)
            elif hasattr(value, "__dict__") and type(value).__module__.startswith("kinest_ros"):
                left.extend(vars(value).values())
            elif hasattr(value, "__slots__"):
                left.extend(getattr(value, name, None) for name in value.__slots__)
        return count

    def end(self) -> None:
        """Check what is left when the stream is over."""
        carried = self.carried()
        if carried > MOST_CARRIED:
            self.found.append(Violation("memory", self._time(), f"{carried} numbers are carried"))
