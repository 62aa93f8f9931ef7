# SPDX-License-Identifier: Apache-2.0
"""From bodies to joint samples that respect the robot's limits, for any input."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.live.align import Alignment
from kinest_ros.retarget.live.base_governor import BaseGovernor
from kinest_ros.retarget.live.governor import Governor
from kinest_ros.retarget.live.sample import LiveSettings, Phase, Sample
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.solver.robot_pose import RobotPose
from kinest_ros.retarget.targets.human import Build, Human

#: s: a body whose stamp is farther back, or farther ahead, is on another clock.
_BACK, _AHEAD = -0.5, 2.0
#: s, of the longest step of one sample, and of the shortest between two.
_LONGEST, _SHORTEST = 0.05, 0.002


class LiveRetargeter:
    """Takes bodies and signals, gives samples. Times `now` are seconds on a steady clock."""

    def __init__(self, retargeter: Retargeter, settings: LiveSettings | None = None) -> None:
        """Begin without a body.

        Args:
            retargeter: makes the reference.
            settings: the default ones if None.
        """
        self.retargeter, self.settings = retargeter, settings or LiveSettings()
        robot, coordinates = retargeter.robot, retargeter.coordinates
        self._robot, self._driven = robot, coordinates.joints
        acceleration = np.full(len(self._driven), retargeter.settings.max_acceleration)
        self._joints = Governor(
            coordinates.lower, coordinates.upper, retargeter.most_velocity, acceleration
        )
        self._base = BaseGovernor()
        self._alignment = Alignment()
        self._state = np.zeros(len(robot.joints))
        self._state_at = -np.inf
        self._enabled, self._enabled_at = False, -np.inf
        self._paused = False
        self.reset()

    def reset(self) -> None:
        """Forget bodies and the output's pose; keep signals and the robot's own state."""
        self.retargeter.reset()
        self._reference: RobotPose | None = None
        self._body_at, self._body_stamp = -np.inf, 0
        self._last: Sample | None = None
        self._last_at = -np.inf
        self._align_next = True
        self._phase = Phase.WAITING
        self._blend_from: tuple[np.ndarray, float] | None = None
        home = self.retargeter.home[self._robot.qpos_addresses]
        self._fixed = home.copy()
        self._joints.start(home[self._driven])

    # Signals ------------------------------------------------------------------------------------

    def on_enable(self, pressed: bool, now: float) -> None:
        """Take the deadman's signal."""
        self._enabled, self._enabled_at = pressed, now

    def on_joint_states(self, names: Sequence[str], positions: Sequence[float], now: float) -> bool:
        """Take the robot's own joint state; return whether it says where every driven joint is.

        Args:
            names: of joints, in any order.
            positions: rad or m, of each name.
            now: s.
        """
        found = dict(zip(names, positions, strict=False))
        wanted = [self._robot.names[index] for index in self._driven]
        if any(name not in found or not np.isfinite(found[name]) for name in wanted):
            return False
        for index, name in enumerate(self._robot.names):
            value = found.get(name)
            if value is not None and np.isfinite(value):
                self._state[index] = value
        self._state_at = now
        return True

    def pause(self) -> None:
        """Freeze the output."""
        self._paused = True

    def resume(self) -> None:
        """Blend in again."""
        self._paused = False

    def align(self) -> None:
        """Let the next body stand where the robot stands, facing as it does."""
        self._align_next = True

    # Bodies and time ----------------------------------------------------------------------------

    def on_body(self, human: Human, stamp_ns: int, now: float) -> Sample | None:
        """Take a body; return the sample to send, None if none is due.

        Raises:
            KinestError: a body that is not finite; nothing has changed then.
        """
        if not human.finite:
            raise KinestError("the body has NaN or infinite values and is ignored")
        if self._align_next or (
            self.settings.align and now - self._body_at > self.settings.stop_after
        ):
            self._align(human)
        late = (stamp_ns - self._body_stamp) * 1e-9 if self._reference is not None else 1.0
        if _BACK < late <= 0.0:
            return None  # out of order, or the same again
        back = late <= _BACK
        if back:
            self.retargeter.continue_at(stamp_ns)
        self._reference = self.retargeter.step(self._alignment.apply(human), stamp_ns)
        self._body_at, self._body_stamp = now, stamp_ns
        if self._last is None:
            return self._first(stamp_ns, now)
        ahead = (stamp_ns - self._last.stamp_ns) * 1e-9
        if back or ahead > _AHEAD:
            # Another clock, or one that went back: go on from here.
            return self._send(stamp_ns, 1.0 / self.settings.rate, now)
        if ahead < max(0.9 / self.settings.rate, _SHORTEST):
            return None  # the clock will send it
        return self._send(stamp_ns, ahead, now)

    def on_clock(self, now: float) -> Sample | None:
        """Return the sample to send if no body came in time."""
        if self._last is None or now - self._last_at < 1.5 / self.settings.rate:
            return None
        elapsed = min(now - self._last_at, _LONGEST)
        return self._send(self._last.stamp_ns + int(elapsed * 1e9), elapsed, now)

    def phase(self, now: float) -> Phase:
        """Return what the output is doing, or would do now."""
        settings = self.settings
        if self._reference is None:
            return Phase.WAITING
        if settings.deadman and not (
            self._enabled and now - self._enabled_at <= settings.deadman_timeout
        ):
            return Phase.DISABLED
        if self._paused:
            return Phase.PAUSED
        silent = now - self._body_at
        if silent > settings.stop_after:
            return Phase.STOPPED
        if silent > settings.silence:
            return Phase.HOLDING
        return Phase.BLENDING if self._blend_from is not None else Phase.FOLLOWING

    @property
    def reference(self) -> RobotPose | None:
        """The last pose that the output follows."""
        return self._reference

    def body_age(self, now: float) -> float:
        """Return seconds since the last body."""
        return now - self._body_at

    # Samples ------------------------------------------------------------------------------------

    def _align(self, human: Human) -> None:
        self._align_next = False
        if not self.settings.align:
            return
        scale = self.retargeter.proportions.leg / max(Build.of(human).leg, 1e-3)
        place, heading = np.zeros(2), 0.0
        if self._last is not None:
            x, y, z, w = self._last.base_rotation
            own = self._robot.parts.facing[:, 0]
            heading = float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))
            heading += float(np.arctan2(own[1], own[0]))
            place = self._last.base_position[:2]
        self._alignment.align(human, place, heading, scale)
        # The reference starts from the posture it has, at the new place.
        if self._last is not None and self._reference is not None:
            self.retargeter.start_at(self._full(self._joints.position))

    def _first(self, stamp_ns: int, now: float) -> Sample | None:
        assert self._reference is not None
        if self.phase(now) in (Phase.DISABLED, Phase.PAUSED):
            return None  # nothing was sent yet, so there is nothing to freeze
        reference = self._reference
        self._base.start(reference.base_position, reference.base_rotation)
        known = self._present(now)
        self._joints.start(reference.joints[self._driven] if known is None else known)
        if known is not None:
            self._begin_blend(now)
        return self._sample(stamp_ns, now, self.phase(now))

    def _present(self, now: float) -> np.ndarray | None:
        """Return where the robot's driven joints are, if that is known."""
        if now - self._state_at > self.settings.state_timeout:
            return None
        self._fixed = self._state.copy()
        return self._state[self._driven]

    def _begin_blend(self, now: float) -> None:
        assert self._reference is not None
        offset = self._joints.position - self._reference.joints[self._driven]
        self._blend_from = (offset, now)

    def _send(self, stamp_ns: int, dt: float, now: float) -> Sample:
        assert self._reference is not None and self._last is not None
        reference, before = self._reference, self._phase
        dt = min(max(dt, _SHORTEST), _LONGEST)
        phase = self.phase(now)
        follows = phase in (Phase.FOLLOWING, Phase.BLENDING)
        if follows and before not in (Phase.FOLLOWING, Phase.BLENDING):
            known = self._present(now)
            if known is not None and before in (Phase.PAUSED, Phase.DISABLED):
                # The first sample after a stop is where the robot is.
                self._joints.start(known)
                self._begin_blend(now)
                return self._sample(stamp_ns, now, Phase.BLENDING)
            self._begin_blend(now)
            phase = Phase.BLENDING
        if follows:
            goal, rate = reference.joints[self._driven], reference.velocities[self._driven]
            age = max(now - self._body_at, 0.0)
            if age > 1.5 * dt:  # it is not known to have moved on
                rate = np.zeros(len(rate))
            if self._blend_from is not None:
                offset, since = self._blend_from
                share, slope = _fading(now - since, self.settings.blend_in)
                if share <= 0.0:
                    self._blend_from = None
                goal, rate = goal + share * offset, rate + slope * offset
            self._joints.follow(goal, rate, dt)
            moving = age <= 1.5 * dt
            self._base.follow(
                reference.base_position,
                reference.base_rotation,
                reference.base_linear if moving else np.zeros(3),
                reference.base_angular if moving else np.zeros(3),
                dt,
            )
        else:
            self._joints.stop(dt)
            self._base.stop(dt)
        return self._sample(stamp_ns, now, phase)

    def _full(self, driven: np.ndarray) -> np.ndarray:
        """Return all joints (n,) from the driven ones: the others stand, or follow."""
        joints = self._fixed.copy()
        joints[self._driven] = driven
        index = {joint: i for i, joint in enumerate(self._robot.joints)}
        for coupling in self._robot.couplings.values():
            if coupling.leader >= 0:
                joints[index[coupling.follower]] = (
                    coupling.offset + coupling.factor * joints[index[coupling.leader]]
                )
        return np.asarray(np.clip(joints, self._robot.lower, self._robot.upper))

    def _sample(self, stamp_ns: int, now: float, phase: Phase) -> Sample:
        joints = self._full(self._joints.position)
        velocities = np.zeros(len(joints))
        velocities[self._driven] = self._joints.velocity
        for coupling in self._robot.couplings.values():
            if coupling.leader in self._robot.joints:
                leader = self._robot.joints.index(coupling.leader)
                follower = self._robot.joints.index(coupling.follower)
                velocities[follower] = coupling.factor * velocities[leader]
        sample = Sample(
            stamp_ns,
            joints,
            velocities,
            self._base.position,
            self._base.quaternion,
            self._base.linear,
            self._base.angular,
            phase,
        )
        self._last, self._last_at, self._phase = sample, now, phase
        return sample


def _fading(seconds: float, whole: float) -> tuple[float, float]:
    """Return the share that is left of an offset, and its slope per second: smooth at both ends."""
    if seconds >= whole:
        return 0.0, 0.0
    x = max(seconds, 0.0) / whole
    share = 1.0 - x * x * x * (10.0 - 15.0 * x + 6.0 * x * x)
    return share, -30.0 * x * x * (1.0 - x) * (1.0 - x) / whole
