# SPDX-License-Identifier: Apache-2.0
"""Links that come at each other fast are seen early, and braked before they touch."""

from dataclasses import replace

import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.retarget.evaluation.measures import measure
from kinest_ros.retarget.evaluation.poses import retarget_motion
from kinest_ros.retarget.motions import BodyMotion
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver import closing_in
from kinest_ros.retarget.solver.closing_in import BRAKE, ClosingIn, braking_way
from kinest_ros.retarget.solver.retargeter import Retargeter
from tests.retarget.robots import performed
from tests.search import examples


@settings(max_examples=examples(30))
@given(st.floats(1e-4, 0.5), st.floats(0.002, 0.1))
def test_what_keeps_to_the_way_never_touches_and_can_brake(free, dt):
    before = None
    for _ in range(300):
        way = braking_way(free, dt)
        assert -1e-9 <= way <= free + 1e-9
        if before is not None:
            assert before - way <= BRAKE * dt * dt + 1e-9
        free, before = max(free - way, 0.0), way


def test_only_pairs_that_close_in_are_looked_for_farther():
    closing = ClosingIn()
    assert closing.look_ahead(np.array((0.5, 0.5))) == 0.0
    ahead = closing.look_ahead(np.array((0.4, 0.6)))
    assert ahead[0] == pytest.approx(0.1 * closing_in.AHEAD)
    assert ahead[1] == 0.0
    closing.reset()
    assert closing.look_ahead(np.array((0.3, 0.6))) == 0.0


def thrown(seed: int, seconds: float) -> BodyMotion:
    """Somebody stands; five times a second both arms are told to be somewhere else."""
    stand, random = performed("standing", seconds), np.random.default_rng(seed)
    places = stand.positions.copy()
    for first in range(0, len(places), 12):
        for shoulder, elbow, wrist in ((16, 18, 20), (17, 19, 21)):
            upper, lower = random.normal(size=(2, 3))
            span = slice(first, first + 12)
            places[span, elbow] = places[span, shoulder] + 0.27 * upper / np.linalg.norm(upper)
            places[span, wrist] = places[span, elbow] + 0.25 * lower / np.linalg.norm(lower)
    return replace(stand, positions=places)


def test_after_a_reset_all_is_as_at_the_start():
    """Also how fast arms came at the body before."""
    motion, retargeter = thrown(3, 1.0), Retargeter(Robot.load())
    first = retarget_motion(retargeter, motion)
    retargeter.reset()
    np.testing.assert_array_equal(retarget_motion(retargeter, motion).joints, first.joints)


def overlap(motion: BodyMotion) -> float:
    """How deep links of our robot are in each other, mm."""
    retargeter = Retargeter(Robot.load())
    found = retarget_motion(retargeter, motion)
    return float(measure(retargeter, motion, found).values["overlap"])


def test_arms_that_are_thrown_about_stop_before_the_body(monkeypatch):
    motion = thrown(5, 3.0)
    deep = overlap(motion)
    monkeypatch.setattr(closing_in, "AHEAD", 0.0)
    assert deep < 1.0
    assert overlap(motion) > 10.0


@pytest.mark.parametrize("seed", [0, 2])
def test_arms_do_not_begin_within_the_body(seed):
    """Put into it at once, without the way there, they would not come out again."""
    assert overlap(thrown(seed, 0.5)) < 15.0


def test_of_a_robot_at_rest_no_more_pairs_are_looked_at():
    robot = Robot.load()
    data = mujoco.MjData(robot.model)
    retargeter = Retargeter(robot)
    pairs = retargeter._constraints._pairs
    stand = performed("standing", 0.5)
    for frame in range(len(stand)):
        retargeter.step(stand.human(frame), int(stand.stamps_ns[frame]))
    data.qpos[:] = retargeter.qpos
    mujoco.mj_kinematics(robot.model, data)
    quiet = [index for index, _, _ in pairs.near(data)]
    closing = ClosingIn()
    pairs.near(data, closing=closing)
    assert [index for index, _, _ in pairs.near(data, closing=closing)] == quiet
