# SPDX-License-Identifier: Apache-2.0
"""Invented people come back within bounds, and within what the calibration says of itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.calibration import calibrate
from kinest_ros.calibration.proportions import Proportions
from kinest_ros.calibration.refusal import REFUSALS, Refusal
from kinest_ros.calibration.samples import Samples
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from tests.calibration.people import HEADSET, THREE, Person, grip
from tests.search import examples


def found(person: Person, basis: str = "ros", **options):
    return calibrate(Samples.from_frames(person.frames(basis=basis)), basis, **options)


def angle(first: np.ndarray, second: np.ndarray) -> float:
    """Degrees between two rotations."""
    return float(np.degrees(Rotation.from_matrix(first.T @ second).magnitude()))


def normal(mean: float, sigma: float):
    """Values within two standard deviations."""
    return st.floats(mean - 2.0 * sigma, mean + 2.0 * sigma)


@st.composite
def people(draw) -> Person:
    stature = draw(st.floats(1.45, 2.0))
    turns = st.tuples(*[st.floats(-1.0, 1.0)] * 3).map(Rotation.from_rotvec)
    ahead = draw(normal(0.08, 0.02))
    return Person(
        stature=stature,
        arm_span=stature * draw(normal(1.03, 0.03)),
        pose=draw(st.sampled_from("TI")),
        heading=draw(st.floats(-180.0, 180.0)),
        position=draw(st.tuples(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))),
        arms_up=draw(st.floats(-12.0, 12.0)),
        arms_forward=draw(st.floats(-5.0, 12.0)),
        mounts={
            "head": Mount((-draw(normal(0.09, 0.01)), 0.0, -stature * draw(normal(0.051, 0.005)))),
            "left_hand": grip("left", ahead, draw(turns)),
            "right_hand": grip("right", ahead, draw(turns)),
        },
        noise=draw(st.floats(0.0, 0.003)),
        seed=draw(st.integers(0, 1000)),
    )


@pytest.mark.slow
@settings(max_examples=examples(40))
@given(person=people(), basis=st.sampled_from(("ros", "openxr", "unity")))
def test_people_come_back(person: Person, basis: str) -> None:
    if person.pose == "I":  # arms swing outwards only
        person = replace(person, arms_up=abs(person.arms_up), arms_forward=0.0)
    result = found(person, basis)
    assert result.pose == person.pose
    assert not result.hands_swapped
    for value, true, bound in (
        (result.stature, person.stature, 0.06),
        (result.arm_span, person.arm_span, 0.17),
        (result.floor_height, 0.0, 0.03),
    ):
        assert abs(value.value - true) < bound
        assert abs(value.value - true) < 4.0 * value.sigma
    for slot in THREE:
        mount, true = result.mounts[slot], person.mounts[slot]
        away = np.abs(np.array(mount.mount.xyz) - true.xyz)
        assert np.linalg.norm(away) < (0.04 if slot == "head" else 0.06)
        assert (away < 4.0 * np.array(mount.xyz_sigma)).all()
        assert angle(mount.mount.rotation, true.rotation) < (2.0 if slot == "head" else 8.0)


@pytest.mark.parametrize(
    ("pose", "arms"), [("I", {"arms_forward": 14.0}), ("T", {"arms_up": 14.0})]
)
def test_arms_that_are_not_quite_straight_do_not_turn_the_hands(pose: str, arms: dict) -> None:
    person = Person(pose=pose, **arms)
    for slot in ("left_hand", "right_hand"):
        mount = found(person, stature=1.75).mounts[slot].mount
        assert angle(mount.rotation, person.mounts[slot].rotation) < 4.0


def test_what_the_user_knows_makes_the_rest_more_certain() -> None:
    person = Person(stature=1.66, arm_span=1.62)
    guessed, told = found(person), found(person, stature=1.66)
    assert told.stature.value == pytest.approx(1.66, abs=0.005)
    assert told.stature.sigma < 0.5 * guessed.stature.sigma
    own = found(person, skeleton=person.skeleton)
    assert own.arm_span.sigma < 0.5 * guessed.arm_span.sigma
    assert own.arm_span.value == pytest.approx(1.62, abs=0.02)
    # With the arms known, the controller's distance is measured.
    far = replace(person, mounts={**person.mounts, "left_hand": grip("left", 0.12),
                                  "right_hand": grip("right", 0.12)})  # fmt: skip
    mount = found(far, skeleton=person.skeleton).mounts["left_hand"].mount
    assert mount.xyz[0] == pytest.approx(-0.12, abs=0.015)


def test_hand_devices_differ_in_their_distance() -> None:
    person = Person(stature=1.75, arm_span=1.8)
    held = found(person).mounts["left_hand"]
    worn = found(person, hand_device="wrist").mounts["left_hand"]
    assert held.mount.xyz[0] == pytest.approx(-0.08, abs=0.03)
    assert abs(worn.mount.xyz[0]) < 0.05


def test_the_skeleton_has_the_estimated_size() -> None:
    result = found(Person(stature=1.82, arm_span=1.9))
    skeleton = result.skeleton
    assert skeleton.stature == pytest.approx(result.stature.value, abs=1e-6)
    proportions = Proportions.of(skeleton)
    assert proportions.span(1.0) * skeleton.stature == pytest.approx(result.arm_span.value)
    legs = Skeleton.from_stature(result.stature.value).rest_offsets[:12]
    np.testing.assert_allclose(skeleton.rest_offsets[:12], legs)


def test_exchanged_hands_are_found_and_taken_into_account() -> None:
    person = Person()
    straight = found(person)
    frames = [
        replace(
            frame,
            poses={
                "head": frame.poses["head"],
                "left_hand": frame.poses["right_hand"],
                "right_hand": frame.poses["left_hand"],
            },
        )
        for frame in person.frames()
    ]
    result = calibrate(Samples.from_frames(frames))
    assert result.hands_swapped and "exchanged" in result.warnings[0]
    for slot in THREE:
        np.testing.assert_allclose(
            result.mounts[slot].mount.xyz, straight.mounts[slot].mount.xyz, atol=1e-6
        )


def test_trackers_of_pelvis_and_feet_get_their_mounts() -> None:
    mounts = {
        "pelvis": Mount((-0.12, 0.0, 0.04), (0.0, 0.1, 3.0)),
        "left_foot": Mount((-0.04, 0.0, -0.06), (0.0, 0.5, 0.3)),
        "right_foot": Mount((-0.04, 0.0, -0.06), (0.0, 0.5, -0.3)),
    }
    person = Person(slots=SLOTS)
    person = replace(person, mounts={**person.mounts, **mounts})
    result = found(person)
    assert set(result.mounts) == set(SLOTS)
    for slot, true in mounts.items():
        mount = result.mounts[slot]
        assert np.linalg.norm(np.array(mount.mount.xyz) - true.xyz) < 0.05, slot
        assert angle(mount.mount.rotation, true.rotation) < 5.0, slot
    swapped = {**person.mounts, "left_foot": Mount((0.0, 0.4, 0.0)),
               "right_foot": Mount((0.0, -0.4, 0.0))}  # fmt: skip
    with pytest.raises(Refusal, match="right_foot") as caught:
        found(replace(person, mounts=swapped))
    assert caught.value.code == "feet"
    with pytest.raises(Refusal, match="pelvis tracker is"):
        found(replace(person, mounts={**person.mounts, "pelvis": Mount((0.0, 0.0, -0.8))}))


def test_an_origin_at_the_head_gives_the_floor() -> None:
    """OpenXR's LOCAL space starts at the head: the floor is where the legs end."""
    person = Person(stature=1.7, arm_span=1.75, floor=-1.6)
    guessed, told = found(person), found(person, stature=1.7)
    assert guessed.floor_height.value == pytest.approx(-1.6, abs=0.12)
    assert told.floor_height.value == pytest.approx(-1.6, abs=0.03)
    assert told.floor_height.sigma < 0.5 * guessed.floor_height.sigma
    assert "origin" in guessed.warnings[0]


def test_a_floor_that_is_off_shows_where_the_stature_is_known() -> None:
    result = found(Person(stature=1.8, arm_span=1.85, floor=0.06), stature=1.8)
    assert 0.03 < result.floor_height.value < 0.07


def test_devices_turned_differently_are_a_warning() -> None:
    person = Person()
    twisted = grip("left", 0.08, Rotation.from_euler("x", 80, degrees=True))
    result = found(replace(person, mounts={**person.mounts, "left_hand": twisted}))
    assert any("turned differently" in text for text in result.warnings)


def test_head_height_of_one_and_arms_of_another_person() -> None:
    """Sitting, with the arms out: as high as a child, but with an adult's reach."""
    with pytest.raises(Refusal, match="stand upright") as caught:
        found(Person(stature=1.75, floor=-0.5))
    assert caught.value.code == "height"
    with pytest.raises(Refusal, match=r"stature given is 1\.50"):
        found(Person(stature=1.85), stature=1.50)


def test_the_head_looks_where_the_headset_is_worn_crookedly() -> None:
    """A headset that tilts a little is put right in part: heads are not held level to a degree."""
    person = Person()
    tilted = Mount(HEADSET.xyz, (0.0, 0.14, 0.0))
    result = found(replace(person, mounts={**person.mounts, "head": tilted}))
    pitch = result.mounts["head"].mount.rpy[1]
    assert 0.03 < pitch < 0.14
    assert abs(pitch - 0.14) < 4.0 * result.mounts["head"].rpy_sigma[1]


def test_a_tracker_of_the_pelvis_that_is_seldom_heard_is_left_out() -> None:
    person = Person(slots=("head", "left_hand", "right_hand", "pelvis"))
    frames = list(person.frames())
    for frame in frames[10:]:
        frame.poses.pop("pelvis")
    assert "pelvis" not in calibrate(Samples.from_frames(frames)).mounts  # gone from the window
    frames = list(person.frames())
    for frame in frames[-60:]:
        frame.poses.pop("pelvis")
    result = calibrate(Samples.from_frames(frames))
    assert set(result.mounts) == set(THREE)
    assert "pelvis" in result.warnings[0]


@pytest.mark.slow
@settings(max_examples=examples(100))
@given(
    places=st.lists(st.tuples(*[st.floats(-3.0, 3.0)] * 3), min_size=6, max_size=6),
    turns=st.lists(st.tuples(*[st.floats(-3.0, 3.0)] * 3), min_size=6, max_size=6),
    level=st.booleans(),
    basis=st.sampled_from(("ros", "openxr", "unity")),
    stature=st.none() | st.floats(0.9, 2.4),
)
def test_whatever_comes_in_is_calibrated_or_refused(places, turns, level, basis, stature) -> None:
    poses = {
        slot: TrackerPose(place, Rotation.from_rotvec(turn).as_quat())
        for slot, place, turn in zip(SLOTS, places, turns, strict=True)
    }
    if level:  # get past the first checks
        poses["head"] = TrackerPose((0.0, 0.0, abs(places[0][2])), (0.0, 0.0, 0.0, 1.0))
    frames = [TrackerFrame(index * 20_000_000, poses) for index in range(110)]
    try:
        result = calibrate(Samples.from_frames(frames), basis, stature=stature)
    except Refusal as refusal:
        assert refusal.code in REFUSALS
    else:
        assert 0.8 < result.stature.value < 2.5
        for found in result.mounts.values():
            assert np.isfinite((*found.mount.xyz, *found.mount.rpy, *found.xyz_sigma)).all()
