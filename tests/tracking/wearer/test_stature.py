# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import HEAD_HEIGHT_FRACTION
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.tracking.fitting.posing import HEAD
from kinest_ros.tracking.wearer.stature import (
    INITIAL_STATURE,
    PATIENCE,
    PLAUSIBLE,
    STRAIGHTNESS,
    StatureEstimator,
)
from tests.search import examples

SECOND = 60


def standing(stature: float) -> float:
    """Height of the head joint of somebody who stands about."""
    return stature * HEAD_HEIGHT_FRACTION * STRAIGHTNESS


def watch(
    heights: Iterable[float], upright: float = 1.0, pace: float = 0.0
) -> tuple[StatureEstimator, list[int]]:
    """The estimator after these ticks, at a pace in m/s, and the ticks at which it changed."""
    estimator = StatureEstimator()
    changes = [
        i
        for i, height in enumerate(heights)
        if estimator.look(i, height, upright, (pace * i / SECOND, 0.0))
    ]
    return estimator, changes


def held(*spells: tuple[float, float]) -> list[float]:
    """Heights (m), each held for some seconds."""
    return [height for seconds, height in spells for _ in range(round(seconds * SECOND))]


def walking(stature: float, ticks: int) -> np.ndarray:
    return standing(stature) + 0.015 * np.sin(2.0 * np.pi * 1.8 * np.arange(ticks) / SECOND)


@given(stature=st.floats(PLAUSIBLE[0] + 0.05, PLAUSIBLE[1] - 0.05))
@settings(max_examples=examples(20))
def test_somebody_who_walks_about(stature: float) -> None:
    estimator, changes = watch(walking(stature, 20 * SECOND), pace=1.0)
    assert estimator.known
    assert estimator.stature == pytest.approx(stature, abs=0.03)
    # Short people are known once they have walked a little.
    assert changes[0] < (2 if stature > 1.42 else 4) * SECOND and len(changes) == 1


def test_nobody_seen_standing_keeps_the_initial_stature() -> None:
    for heights in ([1.1] * 600, [2.7] * 600, [0.1] * 600, [1.5] * 50):
        estimator, changes = watch(heights)
        assert not estimator.known and not changes
        assert estimator.stature == INITIAL_STATURE


def test_sitting_and_crouching_do_not_shrink_anybody() -> None:
    heights = [*[standing(1.8)] * 300, *[1.15] * 3000, *[0.8] * 600, *[standing(1.8)] * 300]
    estimator, changes = watch(heights)
    assert estimator.stature == pytest.approx(1.8, abs=0.01)
    assert len(changes) == 1


def test_who_sits_first_is_known_once_standing() -> None:
    rise = np.linspace(1.15, standing(1.75), 90)
    estimator, changes = watch([*[1.15] * 1200, *rise, *[standing(1.75)] * 300])
    assert estimator.stature == pytest.approx(1.75, abs=0.02)
    assert changes[0] > 1200


def test_jumps_and_glitches_are_no_statures() -> None:
    jump = standing(1.7) + np.maximum(0.0, 0.4 - 4.9 * np.linspace(-0.3, 0.3, 36) ** 2)
    glitch = [2.05] * 5
    heights = [*[standing(1.7)] * 300, *jump, *[standing(1.7)] * 60, *glitch] * 5
    estimator, _ = watch(heights)
    assert estimator.stature == pytest.approx(1.7, abs=0.02)


def test_tiptoes_raise_it_little() -> None:
    heights = [*[standing(1.7)] * 1200, *[standing(1.7) + 0.06] * 120, *[standing(1.7)] * 1200]
    estimator, _ = watch(heights)
    assert estimator.stature == pytest.approx(1.7, abs=0.03)


def test_a_tilted_head_does_not_count() -> None:
    estimator, changes = watch([1.5] * 600, upright=0.7)
    assert not changes and not estimator.known


def test_changes_are_few_and_far_between() -> None:
    slowly = np.linspace(standing(1.5), standing(1.95), 60 * SECOND)
    _, changes = watch(slowly)
    assert 2 <= len(changes) <= 12
    assert np.diff(changes).min() >= PATIENCE


def test_two_seconds_on_a_ladder_are_not_believed() -> None:
    estimator, changes = watch(held((30, 1.50), (2, 1.80), (60, 1.50)))
    assert len(changes) == 1
    assert estimator.stature == pytest.approx(1.72, abs=0.02)


@pytest.mark.parametrize("before", [(30, 1.50), (0, 1.50)])
@pytest.mark.parametrize("high", [(2, 1.80), (5, 1.80), (10, 1.75), (300, 1.85)])
def test_whatever_was_too_high_is_forgotten_within_a_minute(before, high) -> None:
    """A step, a floor that was wrong at first, arms that hold the headset up, another wearer."""
    estimator, _ = watch(held(before, high, (60, 1.50)))
    assert estimator.stature == pytest.approx(1.72, abs=0.03)


def test_an_hour_on_a_chair_shrinks_nobody() -> None:
    for stature in (1.5, 1.7, 1.9, 2.1):
        seated = 0.50 + 0.405 * stature
        estimator, changes = watch(held((60, standing(stature)), (3600, seated)))
        assert len(changes) == 1
        assert estimator.stature == pytest.approx(stature, abs=0.03)


def test_crouching_and_bending_for_long_shrinks_little() -> None:
    """Heights below standing, all over the place, for two minutes."""
    bends = standing(1.8) - 0.25 * (1.0 - np.cos(0.01 * np.arange(120 * SECOND)))
    estimator, _ = watch([*held((60, standing(1.8))), *bends])
    assert estimator.stature == pytest.approx(1.8, abs=0.05)


def test_a_short_wearer_after_a_tall_one_is_measured_at_once() -> None:
    estimator, _ = watch(held((300, standing(1.95))))
    estimator.forget()
    assert estimator.stature == pytest.approx(1.95, abs=0.02) and estimator.known
    for index in range(1000 * SECOND, 1002 * SECOND):
        estimator.look(index, standing(1.5), 1.0)
    assert estimator.stature == pytest.approx(1.5, abs=0.02)


def test_who_is_too_high_for_any_person_is_as_tall_as_one_can_be() -> None:
    estimator, _ = watch(held((10, 2.2)))
    assert estimator.stature == PLAUSIBLE[1] == 2.30
    for stature in (1.96, 2.1, 2.25):
        assert watch(held((10, standing(stature))))[0].stature == pytest.approx(stature, abs=0.02)


def test_children_are_known_by_their_steps_and_not_by_sitting() -> None:
    assert not watch(held((60, standing(1.25))))[0].known
    estimator, _ = watch(held((60, standing(1.25))), pace=0.8)
    assert estimator.stature == pytest.approx(1.25, abs=0.02)


def test_reset_forgets() -> None:
    estimator, _ = watch([standing(1.9)] * 300)
    estimator.reset()
    assert estimator.stature == INITIAL_STATURE and not estimator.known


def test_clips_of_people_with_known_skeletons(shared_data: Path) -> None:
    """Walking clips; `kinest calibrate --check-stature` prints the errors over all."""
    files = sorted((shared_data / "motion" / "bandai").glob("*walk_normal*.npz"))[:6]
    files += sorted((shared_data / "motion" / "convseq").glob("*.npz"))[:6]
    if not files:
        pytest.skip("no such clips in the shared data")
    errors = []
    for file in files:
        motion, skeleton = load_amass(file)
        places, world = forward_kinematics_np(
            motion.local_rotations, skeleton.rest_offsets, motion.root_position
        )
        upright = (world[:, HEAD] @ JOINT_FROM_LINK)[:, 2, 2]
        estimator = StatureEstimator()
        for index, height in enumerate(places[:, HEAD, 2]):
            estimator.look(index, float(height), float(upright[index]))
        if estimator.known:
            errors.append(estimator.stature - skeleton.stature)
    assert len(errors) >= 6
    assert np.abs(errors).max() < 0.08
    assert abs(np.median(errors)) < 0.03
