# SPDX-License-Identifier: Apache-2.0
"""Joints are found by the names that programs give them."""

import pytest

from kinest_ros.formats.clips.read_bvh import read_bvh
from kinest_ros.motion.procedural.performance import generate
from tests.formats.clips.foreign import MIXAMO, OTHERS, bvh_text, legs_apart
from tests.formats.clips.same import assert_same
from tests.tracking.fakes import SKELETON


@pytest.fixture(scope="module")
def motion():
    return generate("walking", SKELETON, 4, 1.0)


@pytest.mark.parametrize("names", OTHERS.values(), ids=OTHERS)
def test_names_of_other_programs(motion, tmp_path, names):
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(motion, SKELETON, names))
    clip = read_bvh(path)
    assert clip.joints == names
    assert_same(clip, motion, mm=0.1, degrees=0.01)


@pytest.mark.parametrize("degrees", [17.0, 19.99, 25.0])
def test_legs_that_stand_apart_at_rest_are_corrected_whole(motion, tmp_path, degrees):
    """As in CMU's recordings in BVH, whose legs stand apart by just about 20 degrees."""
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(motion, SKELETON, MIXAMO, rest=legs_apart(degrees)))
    clip = read_bvh(path)
    assert any("left_hip, left_knee, right_hip, right_knee" in note for note in clip.notes)
    assert_same(clip, motion, mm=0.1, degrees=0.01)


def test_prefixes_and_joints_that_ours_lacks(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    names = {ours: f"mixamorig:{theirs}" for ours, theirs in MIXAMO.items()}
    extra = {"left_hip": "LHipJoint", "right_elbow": "RightArmTwist", "head": "Neck1"}
    path.write_text(bvh_text(motion, SKELETON, names, extra=extra))
    clip = read_bvh(path)
    assert clip.joints == names
    assert_same(clip, motion, mm=0.1, degrees=0.01)
