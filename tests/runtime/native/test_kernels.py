# SPDX-License-Identifier: Apache-2.0
"""What is compiled around the network's step does what the functions do that it stands for."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.runtime.base import StepOutput
from kinest_ros.runtime.live_features import FrameFeatures
from kinest_ros.runtime.native import kernels, library
from kinest_ros.runtime.predictor import decoded
from kinest_ros.tracking.fitting.leg_snap import ANKLES, move_ankles
from kinest_ros.tracking.fitting.posing import positions_from_head, quaternions, world_rotations
from kinest_ros.tracking.fitting.wrist_snap import SHOULDERS, snap_wrists
from kinest_ros.tracking.steadying.posture_smoothing import PostureSmoother
from tests.search import examples

pytestmark = pytest.mark.skipif(
    not library.compiled(), reason="the step is not compiled here: make setup"
)

SEEDS = st.integers(0, 10_000)
OFFSETS = Skeleton.from_stature(1.75).rest_offsets


def both(call):
    """Return what a call gives compiled and not."""
    found = []
    for compiled in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "COMPILED", compiled)
            found.append(call())
    return found


def turns(rng, count, spread):
    return Rotation.from_rotvec(rng.normal(0.0, spread, (count, 3))).as_matrix()


def same(found, atol=1e-12):
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=0.0, atol=atol)


def body(seed, spread=0.4):
    world = world_rotations(turns(np.random.default_rng(seed), NUM_JOINTS, spread))
    return world, positions_from_head(world, OFFSETS, np.array((0.3, -0.2, 1.6)))


@settings(max_examples=examples(30))
@given(SEEDS, st.floats(0.0, 3.0))
def test_chains_positions_and_quaternions(seed, spread):
    local = turns(np.random.default_rng(seed), NUM_JOINTS, spread)

    def posed():
        world = world_rotations(local)
        turned = quaternions(world)
        return world, positions_from_head(world, OFFSETS, np.array((1.0, 2.0, 3.0))), turned

    compiled, others = both(posed)
    same((compiled[:2], others[:2]))
    # At half a turn both signs are right.
    aligned = np.abs(np.sum(compiled[2] * others[2], axis=-1))
    np.testing.assert_allclose(aligned, 1.0, atol=1e-12)


@pytest.mark.parametrize("axis", np.eye(3))
def test_quaternions_of_half_turns(axis):
    world = np.tile(Rotation.from_rotvec(np.pi * axis).as_matrix(), (NUM_JOINTS, 1, 1))
    np.testing.assert_allclose(np.abs(quaternions(world)[1, 0]), [*axis, 0.0], atol=1e-12)


def test_arrays_of_any_kind_are_taken():
    """Read-only, of another type, or not in C's order; none of them is written to."""
    local = turns(np.random.default_rng(0), NUM_JOINTS, 0.5)
    expected = world_rotations(local)
    frozen = local.copy()
    frozen.flags.writeable = False
    np.testing.assert_array_equal(world_rotations(frozen), expected)
    np.testing.assert_array_equal(world_rotations(np.asfortranarray(local)), expected)
    single = world_rotations(local.astype(np.float32))
    np.testing.assert_allclose(single, expected, atol=1e-5)


@settings(max_examples=examples(20))
@given(SEEDS, st.booleans())
def test_features(seed, canonical):
    """Of bodies that come and go, with trackers that come and go: to the last bit, all but."""
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(8):
        valid = rng.random((3, 6)) < 0.7
        at, turned = rng.normal(0.0, 1.0, (3, 6, 3)), turns(rng, 18, 2.0).reshape(3, 6, 3, 3)
        at[~valid], turned[~valid] = np.nan, np.inf
        frames.append((at, turned, valid))

    def made():
        features, rows = FrameFeatures(3, canonical), []
        features.set_body(1, Skeleton.from_stature(1.5))
        for index, frame in enumerate(frames):
            if index == 5:
                features.reset(0)
            row, headings = features.next(*frame)
            seen = frame[2][:, 0]
            rows += [row[seen].copy(), headings[seen]]
        return rows

    same(both(made), 1e-5)


@settings(max_examples=examples(30))
@given(SEEDS, st.sampled_from([0.1, 1.0, 100.0]))
def test_decoding(seed, scale):
    rng = np.random.default_rng(seed)
    output = StepOutput(
        *(rng.normal(0.0, scale, (2, width)).astype(np.float32) for width in (132, 2, 22))
    )
    heading = Rotation.from_euler("z", rng.normal()).as_matrix()

    def said():
        found = decoded(output, 1, heading)
        return found.local_rotations, found.contacts, found.confidence, found.position_sigma

    same(both(said), 1e-10)


@pytest.mark.parametrize("part", range(3))
def test_what_is_not_a_number_shows(part):
    output = StepOutput(*(np.ones((1, width), np.float32) for width in (132, 2, 22)))
    output[part][0, 1] = np.nan
    said = decoded(output, 0, np.eye(3))
    parts = said.local_rotations, said.contacts, said.position_sigma
    assert not np.isfinite(parts[part]).all()
    assert part != 2 or not np.isfinite(said.confidence).all()


@settings(max_examples=examples(20))
@given(SEEDS, st.sampled_from([0.002, 0.05, 0.3]))
def test_smoothing(seed, speed):
    """Still, moving, and with leaps."""
    rng = np.random.default_rng(seed)
    world, link = turns(rng, NUM_JOINTS, 1.0), turns(rng, 1, 1.0)[0]
    ticks = []
    for _ in range(12):
        world, link = turns(rng, NUM_JOINTS, speed) @ world, turns(rng, 1, speed)[0] @ link
        ticks.append((world, link))

    def smoothed():
        smoother = PostureSmoother(60.0)
        return [smoother.smooth(*tick) for tick in ticks]

    same(both(smoothed), 1e-10)


@settings(max_examples=examples(50))
@given(SEEDS, st.floats(0.05, 0.99), st.booleans(), st.booleans())
def test_limbs(seed, far, left, right):
    """Reached, bent least or folded; the pose that is given stays as it is."""
    world, places = body(seed)
    rng = np.random.default_rng(seed)
    before = world.copy(), places.copy()
    away = rng.normal(size=(2, 3))
    away *= far / np.linalg.norm(away, axis=1, keepdims=True)
    sides = np.array((left, right))
    targets = places[SHOULDERS] + 0.5 * away

    def moved():
        arms = snap_wrists(world, places, OFFSETS, targets, sides)
        reach = [
            vector.tolist() if side else None for vector, side in zip(away, sides, strict=True)
        ]
        return *arms, *move_ankles(world, places, OFFSETS, reach)

    same(both(moved), 1e-9)
    same((before, (world, places)), 0.0)


def test_straight_and_folded_limbs():
    """Far out of reach, and at the root; a straight limb's bend is the root of its rounding."""
    world, places = body(3)
    for reach in ((0.0, 0.0, -3.0), (0.0, 0.0, 0.0), (1e-9, 0.0, 0.0)):
        same(both(lambda reach=reach: move_ankles(world, places, OFFSETS, [reach, reach])), 1e-7)


def test_a_limb_without_length_is_for_numpy():
    bones = OFFSETS.copy()
    bones[ANKLES] = 0.0
    world, places = body(1)
    reach = [(0.1, 0.0, -0.4), None]
    at, limb = map(kernels.place, (world.copy(), places.copy())), kernels.place(np.zeros(12))
    assert not kernels.bend(*at, 1, 3, limb, (0.0, 0.0, 1.0))
    with np.errstate(all="ignore"):
        same(both(lambda: move_ankles(world, places, bones, reach)))
