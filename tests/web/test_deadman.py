# SPDX-License-Identifier: Apache-2.0
"""A held trigger is repeated, a released one said once."""

from kinest_ros.web.deadman import PERIOD, Deadman


def said(course):
    """Return what is published of a course of (s, held)."""
    now, found = [0.0], []
    deadman = Deadman(found.append, lambda: now[0])
    for now[0], held in course:
        deadman(held)
    return found


def test_nothing_is_said_before_it_is_held():
    assert said([(0.1 * i, False) for i in range(20)]) == []


def test_while_held_it_is_repeated_and_not_at_every_frame():
    frames = [(10.0 + i / 90.0, True) for i in range(91)]
    found = said(frames)
    assert found == [True] * len(found)
    assert 0.9 / PERIOD / 1.25 <= len(found) <= 1.0 / PERIOD + 1


def test_a_release_is_said_at_once_and_once():
    assert said([(1.0, True), (1.001, False), (1.5, False), (1.501, True)]) == [True, False, True]
