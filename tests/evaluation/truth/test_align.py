# SPDX-License-Identifier: Apache-2.0
"""A clock offset, a frame and mounts that are put in are found again; or it is said why not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.errors import KinestError
from kinest_ros.evaluation.truth.align import align
from kinest_ros.evaluation.truth.paths import Path6D, paths_of
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames
from tests.search import examples
from tests.tracking.fakes import SKELETON

SLOTS = ("head", "left_hand", "right_hand")


@pytest.fixture(scope="module")
def seen():
    """What trackers at 90 Hz see of somebody who reaches about."""
    return paths_of(tracker_frames(generate("reaching", SKELETON, 3, 12.0), SKELETON, 90.0))


def elsewhere(paths, offset_s, frame, mounts, rate=120.0, noise=0.0, seed=0, start=0.0, stop=1.0):
    """The same as another system sees it: marker poses at its own rate, clock and frame."""
    rng = np.random.default_rng(seed)
    turn, place = frame
    found = {}
    for name, path in paths.items():
        first, last = path.stamps_ns[[0, -1]]
        length = last - first
        step = round(1e9 / rate)
        stamps = np.arange(first + int(start * length) + 777_777, first + int(stop * length), step)
        places, turns, known = path.at(stamps)
        assert known.all()
        own_turn, own_place = mounts[name]
        marker = Rotation.from_matrix(turns) * own_turn
        at = places + turns @ own_place
        at = turn.inv().apply(at - place) + rng.normal(0.0, 1e-3 * noise, at.shape)
        shake = Rotation.from_rotvec(rng.normal(0.0, np.radians(0.3) * noise, at.shape))
        quaternions = (turn.inv() * marker * shake).as_quat()
        found[name] = Path6D.of(stamps - round(offset_s * 1e9), at, quaternions)
    return found


def mounts(seed):
    rng = np.random.default_rng(seed)
    return {
        name: (Rotation.random(random_state=int(rng.integers(1 << 31))), rng.normal(0, 0.05, 3))
        for name in SLOTS
    }


def error_of(found, offset_s, frame):
    turn, place = frame
    angle = (Rotation.from_matrix(found.frames.rotation) * turn.inv()).magnitude()
    distance = np.linalg.norm(found.frames.translation - place)
    return abs(found.offset_ns * 1e-9 - offset_s) * 1e3, np.degrees(angle), distance * 1e3


@given(
    offset=st.floats(-1e4, 1e4),
    vector=st.tuples(*[st.floats(-2.0, 2.0)] * 3),
    place=st.tuples(*[st.floats(-5.0, 5.0)] * 3),
    seed=st.integers(0, 1000),
)
@settings(max_examples=examples(8), deadline=None)
def test_offset_frame_and_mounts_are_found(seen, offset, vector, place, seed):
    frame = Rotation.from_rotvec(vector), np.array(place)
    worn = mounts(seed)
    found = align(seen, elsewhere(seen, offset, frame, worn))
    late, degrees, millimetres = error_of(found, offset, frame)
    assert late < 0.5 and degrees < 0.1 and millimetres < 3.0
    assert found.residual_mm[0] < 1.0 and found.residual_deg[0] < 0.1
    for name, (turn, at) in worn.items():
        rotation, translation = found.frames.mounts[name]
        assert (Rotation.from_matrix(rotation) * turn.inv()).magnitude() < 0.005
        np.testing.assert_allclose(translation, at, atol=4e-3)


@given(offset=st.floats(-100, 100), seed=st.integers(0, 1000))
@settings(max_examples=examples(5), deadline=None)
def test_with_noise_and_only_a_part_in_common(seen, offset, seed):
    frame = Rotation.from_euler("z", 100, degrees=True), np.array((1.0, -2.0, 0.3))
    theirs = elsewhere(
        seen, offset, frame, mounts(seed), rate=100.0, noise=1.0, seed=seed, start=0.3, stop=0.95
    )
    late, degrees, millimetres = error_of(align(seen, theirs), offset, frame)
    assert late < 4.0 and degrees < 0.5 and millimetres < 12.0


def test_outliers_and_gaps_do_not_matter(seen):
    frame = Rotation.from_euler("xyz", (1, -2, 170), degrees=True), np.array((0.5, 2.0, -0.1))
    theirs = elsewhere(seen, 3.21, frame, mounts(1))
    head = theirs["head"]
    rng = np.random.default_rng(2)
    keep = np.ones(len(head), bool)
    keep[300:420] = False
    places = head.positions.copy()
    wild = rng.random(len(head)) < 0.05
    places[wild] += rng.normal(0.0, 0.5, (wild.sum(), 3))
    theirs["head"] = Path6D.of(head.stamps_ns[keep], places[keep], head.quaternions[keep])
    late, degrees, millimetres = error_of(align(seen, theirs), 3.21, frame)
    assert late < 1.0 and degrees < 0.2 and millimetres < 6.0


def path(seconds, turns, places=None):
    times = np.arange(int(seconds * 60)) / 60.0
    places = np.zeros((len(times), 3)) if places is None else places
    return Path6D.of(np.round(times * 1e9).astype(np.int64) + 10**9, places, turns(times))


def yaw(angles):
    return Rotation.from_euler("z", angles[:, None]).as_quat()


IDENTITY = Rotation.identity(), np.zeros(3)


def test_what_does_not_determine_it_is_refused(seen):
    def wander(times):
        return 0.8 * np.sin(1.1 * times + np.sin(0.37 * times)) + 0.4 * np.sin(2.3 * times + 1.0)

    still = {"head": path(10, lambda t: np.tile((0.0, 0.0, 0.0, 1.0), (len(t), 1)))}
    with pytest.raises(KinestError, match="they hardly turn, which tells no time"):
        align(still, still)
    one_axis = {"head": path(20, lambda t: yaw(wander(t)))}
    with pytest.raises(KinestError, match="turn about one axis only"):
        align(one_axis, one_axis)
    swinging = {"head": path(20, lambda t: yaw(np.sin(2 * np.pi * t)))}
    with pytest.raises(KinestError, match="the motion repeats itself"):
        align(swinging, swinging)
    with pytest.raises(KinestError, match="nothing is in both"):
        align(seen, {"pelvis": seen["head"]})
    other = paths_of(tracker_frames(generate("walking", SKELETON, 9, 12.0), SKELETON, 90.0))
    with pytest.raises(KinestError, match="move differently in the two"):
        align(seen, other)


def test_names_given_to_the_wrong_trackers(seen):
    swapped = dict(zip(SLOTS, (seen["left_hand"], seen["right_hand"], seen["head"]), strict=True))
    with pytest.raises(KinestError, match=r"move differently|no frame explains both"):
        align(seen, elsewhere(swapped, 0.0, IDENTITY, mounts(4)))


def test_millimetres_are_refused(seen):
    theirs = elsewhere(seen, 0.5, IDENTITY, mounts(4))
    wrong = {
        name: Path6D.of(p.stamps_ns, 1000.0 * p.positions, p.quaternions)
        for name, p in theirs.items()
    }
    with pytest.raises(KinestError, match=r"no frame explains both.*in metres"):
        align(seen, wrong)
