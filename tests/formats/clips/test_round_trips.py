# SPDX-License-Identifier: Apache-2.0
"""Every way from one format of whole bodies to another keeps the motion, as the docs say."""

import json

import numpy as np
import pytest

from kinest_ros.bags.body_files import clip_of
from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import BagReader, read_bodies
from kinest_ros.bags.topics import GROUND_TRUTH
from kinest_ros.body.joints import SLOT_JOINTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.cli.main import main
from kinest_ros.formats.clips.load import load_clip
from kinest_ros.formats.clips.write_amass import write_amass_clip
from kinest_ros.formats.clips.write_bvh import Y_UP_FROM_ROS
from kinest_ros.formats.kinds import kind_of
from kinest_ros.motion.procedural.performance import generate
from tests.formats.clips.test_gltf import posed, read
from tests.tracking.fakes import SKELETON

NAMES = {"bag": "bag", "amass": "clip.npz", "bvh": "clip.bvh", "csv": "clip.csv"}
#: Errors that the docs state, m.
MOST = {"bag": 1e-6, "amass": 1e-6, "csv": 1e-6, "bvh": 1e-5}


@pytest.fixture(scope="module")
def motion():
    return generate("reaching", SKELETON, 5, 1.0)


def places(motion, skeleton):
    return forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )[0]


def loaded(path):
    if path.is_dir():
        motion, skeleton, repeated = clip_of(read_bodies(path, GROUND_TRUTH))
        assert not repeated
        return motion, skeleton
    return load_clip(path)


@pytest.fixture(scope="module")
def sources(motion, tmp_path_factory):
    """The same motion in each format, the others made of the first by the command."""
    folder = tmp_path_factory.mktemp("sources")
    write_amass_clip(motion, SKELETON, folder / "clip.npz")
    for kind, name in NAMES.items():
        if kind != "amass":
            args = ["convert", str(folder / "clip.npz"), "--to", kind, "--out", str(folder / name)]
            assert main(args) == 0
    return folder


@pytest.mark.parametrize("first", NAMES)
@pytest.mark.parametrize("second", NAMES)
def test_there_and_back(motion, sources, tmp_path, kinest, first, second):
    out = tmp_path / NAMES[second]
    status, _, err = kinest("convert", sources / NAMES[first], "--to", second, "--out", out)
    if first == second == "bag":  # of a bag's trackers, a bag
        assert status == 0 and not len(read_back_bodies(out))
        return
    assert status == 0, err
    assert kind_of(out) == {"csv": "bodies"}.get(second, second)
    found = places(*loaded(out))
    most = max(MOST[first], MOST[second])
    np.testing.assert_allclose(found, places(motion, SKELETON), atol=most)
    status, _, err = kinest("convert", sources / NAMES[first], "--to", second, "--out", out)
    assert status == 2 and "--overwrite" in err


def read_back_bodies(bag):
    with BagReader(bag) as reader:
        return [topic for topic in reader.types if "body" in topic]


@pytest.mark.parametrize("first", NAMES)
def test_to_gltf(motion, sources, tmp_path, kinest, first):
    out = tmp_path / "clip.glb"
    assert kinest("convert", sources / NAMES[first], "--to", "gltf", "--out", out)[0] == 0
    _, world = posed(*read(out))
    wanted = places(motion, SKELETON) @ Y_UP_FROM_ROS.T
    np.testing.assert_allclose(world[:, :22, :3, 3], wanted, atol=2e-5)


def test_a_clip_as_a_bag_has_the_trackers_asked_for(motion, sources, tmp_path, kinest):
    slots = "head,left_hand,pelvis"
    args = ("convert", sources / "clip.bvh", "--out", tmp_path / "b", "--trackers", slots, "--json")
    status, out, _ = kinest(*args)
    assert status == 0
    assert json.loads(out)["frames"] == len(motion)
    frames = list(read_tracker_frames(tmp_path / "b"))
    assert {slot for frame in frames for slot in frame.poses} == set(slots.split(","))
    wanted = places(motion, SKELETON)
    found = np.array([f.poses["pelvis"].position for f in frames if "pelvis" in f.poses])
    np.testing.assert_allclose(found, wanted[:, SLOT_JOINTS[3]], atol=1e-4)
