# SPDX-License-Identifier: Apache-2.0
"""A foot that lands is stopped and stays; only a foot that is far elsewhere drags it along."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.retarget.targets import foot_lock
from kinest_ros.retarget.targets.foot_lock import FootHold
from tests.search import examples

DT = 1.0 / 60.0
TOE, HEEL = np.array((0.14, 0.0, -0.06)), np.array((-0.06, 0.0, -0.06))


def followed(places, contacts):
    """Return where a robot that does as it is told has its ankle (n, 3), and the holds (n,)."""
    hold, now = FootHold(TOE, HEEL), (places[0], np.eye(3))
    found, holds = [], []
    for place, contact in zip(places, contacts, strict=True):
        target = hold.update(place, np.eye(3), contact, now, DT)
        now = target.position, target.rotation
        found.append(target.position)
        holds.append(target.hold)
    return np.array(found), np.array(holds)


def course(speeds):
    """Return ankles (n, 3) that go forward at speeds (n,), m/s."""
    places = np.zeros((len(speeds), 3))
    places[:, 0] = np.cumsum(speeds) * DT
    places[:, 2] = -TOE[2]
    return places


def test_a_landing_foot_is_at_rest_after_a_tenth_of_a_second():
    speeds = np.concatenate([np.full(20, 1.0), np.linspace(1.0, 0.0, 6), np.zeros(30)])
    contacts = np.clip(2.0 - speeds / 0.15, 0.0, 1.0)
    places, holds = followed(course(speeds), contacts)
    begin = int(np.argmax(contacts > 0.4))
    speed = np.abs(np.diff(places[:, 0])) / DT
    assert speed[begin + 8 :].max() < 0.02
    # The way from the moment of contact on is some millimetres.
    assert speed[begin:].sum() * DT < 0.02
    assert holds[-1] > 0.95


def test_a_landing_foot_hardly_goes_back(monkeypatch):
    """It is held where it can come to rest, a little ahead of where it is."""
    speeds = np.concatenate([np.full(20, 0.8), np.zeros(40)])
    contacts = np.concatenate([np.zeros(20), np.ones(40)])

    def back() -> float:
        forward = followed(course(speeds), contacts)[0][:, 0]
        return float(forward.max() - forward[-1])

    with_lead = back()
    monkeypatch.setattr(foot_lock, "LEAD", 0.0)
    assert with_lead < 0.5 * back()


def test_a_foot_that_creeps_away_by_centimetres_does_not_drag_it_along():
    still = np.zeros(10)
    for total, moves in ((0.05, False), (0.15, True)):
        speeds = np.concatenate([still, np.full(90, total / (90 * DT))])
        places, _ = followed(course(speeds), np.ones(100))
        assert bool(np.ptp(places[10:, 0]) > 0.01) is moves
        if not moves:
            assert np.ptp(places[:, 0]) < 1e-9


def turned(degrees):
    """Return how far a held foot, in degrees, follows a human's foot that is turned by so many."""
    hold, place = FootHold(TOE, HEEL), np.array((0.0, 0.0, -TOE[2]))
    now = place, np.eye(3)
    for angle in [0.0] * 30 + [np.deg2rad(degrees)] * 60:
        cos, sin = np.cos(angle), np.sin(angle)
        foot = np.array(((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0)))
        # About the ball, so that it goes nowhere.
        free = place + (np.eye(3) - foot) @ (0.7 * TOE)
        target = hold.update(free, foot, 1.0, now, DT)
        now = target.position, target.rotation
    return float(np.rad2deg(np.arctan2(now[1][1, 0], now[1][0, 0])))


def test_a_foot_that_turns_is_followed_only_beyond_eight_degrees():
    assert abs(turned(6.0)) < 1e-6
    assert turned(20.0) == pytest.approx(12.0, abs=1.0)
    assert turned(-20.0) == pytest.approx(-12.0, abs=1.0)


@settings(max_examples=examples(25))
@given(st.integers(0, 10_000))
def test_whatever_contacts_do_the_target_neither_jumps_nor_is_left_behind(seed):
    random = np.random.default_rng(seed)
    speeds = np.repeat(random.uniform(-1.5, 1.5, 12), 10)
    contacts = np.repeat(random.uniform(0.0, 1.0, 24), 5)
    free = course(speeds)
    places, holds = followed(free, contacts)
    assert np.isfinite(places).all()
    assert ((holds >= 0.0) & (holds <= 1.0)).all()
    assert np.linalg.norm(np.diff(places, axis=0), axis=1).max() < 6.0 * DT
    assert np.abs(places - free).max() < 0.6
