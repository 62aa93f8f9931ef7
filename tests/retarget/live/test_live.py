# SPDX-License-Identifier: Apache-2.0
"""The live output: safe at every sample, whatever bodies, signals and time do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.retarget.live.live import LiveRetargeter, _fading
from kinest_ros.retarget.live.sample import LiveSettings, Phase, Sample
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.targets.human import Human
from tests.retarget.robots import performed

TICK = 1.0 / 60.0


@pytest.fixture(scope="module")
def retargeter() -> Retargeter:
    return Retargeter(Robot.load())


@pytest.fixture(scope="module")
def motion():
    return performed("walking", 3.0)


class Stage:
    """Drives a live retargeter with bodies at their stamps and a clock at twice their rate."""

    def __init__(self, retargeter: Retargeter, motion, **settings) -> None:
        self.live = LiveRetargeter(retargeter, LiveSettings(**settings))
        self.motion, self.samples, self.now, self.frame = motion, [], 100.0, 0
        self.change = lambda human: human

    def run(self, frames: int, bodies: bool = True, pressed: bool | None = None) -> list[Sample]:
        """Go on for some ticks; return the samples that came."""
        first = len(self.samples)
        for _ in range(frames):
            if pressed is not None:
                self.live.on_enable(pressed, self.now)
            if bodies:
                index = self.frame % len(self.motion)
                human = self.change(self.motion.human(index))
                stamp = 1_000_000_000 + round(self.frame * 1e9 / 60)
                self._take(self.live.on_body(human, stamp, self.now))
            self._take(self.live.on_clock(self.now + 0.4 * TICK))
            self._take(self.live.on_clock(self.now + 0.8 * TICK))
            self.frame += 1
            self.now += TICK
        return self.samples[first:]

    def _take(self, sample: Sample | None) -> None:
        if sample is not None:
            self.samples.append(sample)

    def check(self, velocity: float = 12.0, acceleration: float = 250.0) -> None:
        """Check every sample that was sent against the limits, by their stamps."""
        robot = self.live.retargeter.robot
        joints = np.array([sample.joints for sample in self.samples])
        stamps = np.array([sample.stamp_ns for sample in self.samples])
        assert np.isfinite(joints).all()
        assert (joints >= robot.lower).all() and (joints <= robot.upper).all()
        steps = np.diff(stamps) * 1e-9
        assert (steps > 0.0).all()
        speed = np.diff(joints, axis=0) / steps[:, None]
        assert np.abs(speed).max() <= velocity * 1.001
        change = np.diff(speed, axis=0) / np.maximum(steps[1:], steps[:-1])[:, None]
        assert np.abs(change).max() <= acceleration * 1.01
        bases = np.array([sample.base_position for sample in self.samples])
        assert np.abs(np.diff(bases, axis=0) / steps[:, None]).max() <= 6.0 * 1.001


@given(seconds=st.floats(-0.1, 1.4), whole=st.floats(0.2, 1.2))
def test_what_is_left_of_an_offset_fades_at_the_speed_that_is_told(seconds: float, whole: float):
    """The joints' velocities are made of it: a wrong one rings at each blend."""
    step = 1e-5 * whole
    (before, _), (after, _) = _fading(seconds - step, whole), _fading(seconds + step, whole)
    share, slope = _fading(seconds, whole)
    assert 0.0 <= share <= 1.0 and after <= before
    assert slope == pytest.approx((after - before) / (2.0 * step), abs=1e-3 / whole)


def test_it_follows_the_reference_exactly(retargeter, motion):
    stage = Stage(retargeter, motion)
    stage.run(60)
    samples = stage.run(60)
    assert len(samples) == 60
    assert samples[-1].phase is Phase.FOLLOWING
    assert samples[-1].joints == pytest.approx(stage.live.reference.joints, abs=1e-9)
    stage.check()


def test_silence_holds_then_stops_then_blends_in_again(retargeter, motion):
    stage = Stage(retargeter, motion)
    stage.run(60)
    phases = [sample.phase for sample in stage.run(90, bodies=False)]
    order = list(dict.fromkeys(phases))
    assert order == [Phase.FOLLOWING, Phase.HOLDING, Phase.STOPPED]
    assert np.abs(stage.samples[-1].velocities).max() == 0.0
    assert stage.samples[-1].joints == pytest.approx(stage.samples[-30].joints)
    assert stage.live.phase(stage.now) is Phase.STOPPED
    back = stage.run(90)
    assert back[0].phase is Phase.BLENDING
    assert back[-1].phase is Phase.FOLLOWING
    stage.check()


@pytest.mark.parametrize("what", ["jump", "turn", "new wearer", "thrown about", "recentred"])
def test_limits_hold_whatever_the_body_does(retargeter, motion, what):
    stage = Stage(retargeter, motion)
    stage.run(30)
    random = np.random.default_rng(2)
    half_turn = np.diag((-1.0, -1.0, 1.0))

    def change(human: Human) -> Human:
        if what == "jump":
            return replace(human, positions=human.positions + (2.0, 1.0, 0.0))
        if what == "turn":
            return Human(human.positions @ half_turn, half_turn @ human.rotations, human.contacts)
        if what == "new wearer":
            return replace(human, positions=0.75 * human.positions)
        if what == "recentred":
            return replace(human, positions=human.positions + (0.0, 0.0, 0.4))
        other = stage.motion.human(int(random.integers(len(stage.motion))))
        return replace(other, positions=other.positions + random.uniform(-1, 1, 3) * (1, 1, 0.1))

    stage.change = change
    stage.run(60)
    stage.change = lambda human: human
    stage.run(60)
    stage.check()


def test_the_deadman_freezes_and_blends_in_again(retargeter, motion):
    stage = Stage(retargeter, motion, deadman=True)
    assert stage.run(20, pressed=False) == []  # nothing goes out before it is pressed once
    pressed = stage.run(80, pressed=True)
    assert pressed[-1].phase is Phase.FOLLOWING
    frozen = stage.run(40, pressed=False)
    assert frozen[-1].phase is Phase.DISABLED
    assert np.abs(frozen[-1].velocities).max() == 0.0
    again = stage.run(80, pressed=True)
    assert again[0].phase is Phase.BLENDING
    assert again[0].joints == pytest.approx(frozen[-1].joints, abs=2e-3)
    stage.check()
    # A signal that dries up is a released switch.
    late = stage.run(40)
    assert late[-1].phase is Phase.DISABLED


def test_pause_and_resume(retargeter, motion):
    stage = Stage(retargeter, motion)
    stage.run(40)
    stage.live.pause()
    paused = stage.run(40)
    assert paused[-1].phase is Phase.PAUSED
    assert np.abs(paused[-1].velocities).max() == 0.0
    stage.live.resume()
    assert stage.run(80)[-1].phase is Phase.FOLLOWING
    stage.check()


@pytest.mark.parametrize("after", ["start", "resume", "enable"])
def test_the_first_sample_is_where_the_robot_is(retargeter, motion, after):
    stage = Stage(retargeter, motion, deadman=after == "enable")
    robot = retargeter.robot
    state = np.clip(np.full(len(robot.names), 0.3), robot.lower, robot.upper)
    if after != "start":
        stage.run(40, pressed=True)
        stage.live.pause()
        stage.run(20, pressed=after != "enable")
        stage.live.resume()
    assert stage.live.on_joint_states(robot.names, state, stage.now)
    samples = stage.run(90, pressed=True)
    assert samples[0].joints == pytest.approx(state, abs=1e-9)
    assert samples[0].phase in (Phase.BLENDING, Phase.FOLLOWING)
    assert samples[-1].joints == pytest.approx(stage.live.reference.joints, abs=1e-6)
    stage.samples = samples
    stage.check()


def test_a_state_that_lacks_joints_is_not_taken(retargeter, motion):
    stage = Stage(retargeter, motion)
    assert not stage.live.on_joint_states(["left_knee_joint"], [0.5], stage.now)
    names = list(retargeter.robot.names)
    assert not stage.live.on_joint_states(names, [np.nan] * len(names), stage.now)


def test_bodies_that_are_not_finite_are_refused(retargeter, motion):
    stage = Stage(retargeter, motion)
    stage.run(10)
    bad = motion.human(3)
    bad = replace(bad, positions=np.full((22, 3), np.nan))
    with pytest.raises(KinestError):
        stage.live.on_body(bad, 5_000_000_000, stage.now)
    stage.run(10)
    stage.check()


def test_it_begins_at_the_origin_and_again_where_it_stands(retargeter, motion):
    far = np.array((4.0, -3.0, 0.0))
    quarter = np.array(((0.0, -1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)))

    def elsewhere(human: Human) -> Human:
        return Human(human.positions @ quarter.T + far, quarter @ human.rotations, human.contacts)

    stage = Stage(retargeter, motion)
    stage.change = elsewhere
    first = stage.run(1)[0]
    assert np.abs(first.base_position[:2]).max() < 0.15
    stage.run(30)
    before = stage.samples[-1]
    stage.change = lambda human: human
    stage.live.align()
    for after in stage.run(20):
        assert np.abs(after.base_position - before.base_position).max() < 0.5
        # It does not turn to where the human looks now.
        turned = Rotation.from_quat(before.base_rotation).inv() * Rotation.from_quat(
            after.base_rotation
        )
        assert turned.magnitude() < 0.4
    assert np.abs(stage.samples[-18].base_position - before.base_position).max() < 0.2
    world = Stage(retargeter, motion, align=False)
    world.change = elsewhere
    assert world.run(1)[0].base_position[0] > 1.0


def test_a_clock_that_goes_back_does_not_stop_it(retargeter, motion):
    stage = Stage(retargeter, motion)
    stage.run(30)
    stage.run(60)
    stage.frame = 0
    count = len(stage.samples)
    samples = stage.run(30)
    assert len(samples) == 30
    joints = np.array([sample.joints for sample in stage.samples[count - 1 :]])
    assert np.abs(np.diff(joints, axis=0)).max() < 12.0 * 0.05
