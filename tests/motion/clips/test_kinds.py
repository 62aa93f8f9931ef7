# SPDX-License-Identifier: Apache-2.0
"""Kinds of action: by the name where it says so, else by what the body does."""

import numpy as np
import pytest

from kinest_ros.body.rotations_numpy import matrices_from_vectors
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clips.kinds import KINDS, kind_by_name, kind_of, kind_of_clip, kind_shares
from kinest_ros.motion.clips.labels import label_of
from kinest_ros.motion.procedural.performance import generate

BODY = Skeleton.from_stature(1.7)


def _kind(motion):
    return kind_of(motion.local_rotations, motion.root_position, BODY.rest_offsets)


def _still(seconds=2.0, height=None, **bent):
    """Return rotations and roots of a held pose: arms hang, joints are bent about the body's X."""
    count = int(60 * seconds)
    rotations = np.tile(np.eye(3), (count, 22, 1, 1))
    # The world's Z is the body's Y, and it faces the world's +X.
    rotations[:, 0] = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    for joint, angle in ((16, -75.0), (17, 75.0)):
        rotations[:, joint] = matrices_from_vectors(np.radians((0.0, 0.0, angle)))
    for joint, degrees in bent.items():
        angle = matrices_from_vectors(np.radians((float(degrees), 0.0, 0.0)))
        rotations[:, int(joint[1:])] = angle
    roots = np.zeros((count, 3))
    roots[:, 2] = BODY.pelvis_height if height is None else height
    return rotations, roots


@pytest.mark.parametrize(("performance", "kinds"), [
    ("standing", {"standing", "hands"}), ("walking", {"stepping"}), ("sitting", {"sitting"}),
])  # fmt: skip
def test_what_the_generator_performs_is_recognised(performance, kinds):
    assert _kind(generate(performance, BODY, 3, 12.0)) in kinds


def test_a_body_that_only_stands_stands_and_a_bent_one_crouches():
    rotations, roots = _still()
    assert kind_of(rotations, roots, BODY.rest_offsets) == "standing"
    rotations, roots = _still(height=0.6, j1=-50, j2=-50, j4=80, j5=80)
    assert kind_of(rotations, roots, BODY.rest_offsets) == "crouching"
    rotations, roots = _still(height=0.55, j1=-85, j2=-85, j4=85, j5=85)
    assert kind_of(rotations, roots, BODY.rest_offsets) == "sitting"
    # Thighs as flat, but to both sides: a low stance.
    for hip, side in ((1, 1.0), (2, -1.0)):
        turned = matrices_from_vectors(np.radians((0.0, side * 85.0, 0.0)))
        rotations[:, hip] = turned @ rotations[:, hip]
    assert kind_of(rotations, roots, BODY.rest_offsets) == "crouching"


def test_straight_arms_reach_when_raised_not_when_they_hang():
    rotations, roots = _still()
    rotations[:, [16, 17]] = np.eye(3)
    assert kind_of(rotations, roots, BODY.rest_offsets) == "reaching"


def test_speed_tells_steps_from_a_run():
    rotations, roots = _still()
    for speed, kind in ((0.1, "standing"), (0.8, "stepping"), (3.0, "athletic")):
        roots[:, 0] = np.arange(len(roots)) / 60.0 * speed
        assert kind_of(rotations, roots, BODY.rest_offsets) == kind


def test_shares_are_of_all_frames_and_a_quarter_is_enough():
    rotations, roots = _still(4.0)
    roots[60:130, 0] = np.linspace(0.0, 1.2, 70)
    roots[130:, 0] = 1.2
    shares = kind_shares(rotations, roots, BODY.rest_offsets)
    assert set(shares) == set(KINDS)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert 0.25 < shares["stepping"] < 0.6 < shares["stepping"] + shares["standing"]
    assert kind_of(rotations, roots, BODY.rest_offsets) == "stepping"


@pytest.mark.parametrize(("name", "kind"), [
    ("dataset-2_wave-both-hands_normal_001", "gesturing"),
    ("dataset-2_run_normal_001", "athletic"),
    ("test_washwindow_1_s0", "manipulating"),
    ("train_basketball_1", None),
    ("MocapReaching__motions__ChrGarza_IdleStand01_ReachLowRt01", "reaching"),
    ("kicking__motions__ChrGarza_IdleFight01_KickBackHigh01", "athletic"),
    ("cmuasf/14_02_s0", None),
])  # fmt: skip
def test_names_that_say_it_are_believed(name, kind):
    assert kind_by_name(label_of(f"/data/{name}.npz")) == kind


def test_characters_gesture_where_others_use_their_hands():
    rotations, roots = _still()
    rotations[:, [18, 19]] = matrices_from_vectors(np.radians((0.0, -90.0, 0.0)))
    clips = {
        "Gestures__motions__ChrBrad_Idle01_MeLf01": "gesturing", "cmuasf/29_01": "hands",
        "Gestures__motions__ChrBrad_Idle01": "gesturing",
    }  # fmt: skip
    for name, kind in clips.items():
        label = label_of(f"/data/{name}.npz")
        assert kind_of_clip(label, rotations, roots, BODY.rest_offsets) == kind
