# SPDX-License-Identifier: Apache-2.0
"""BVH: ours is read alike by an independent reader, others' by ours, and spoilt ones are named."""

import numpy as np
import pytest
import yaml
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.bvh_file import parse_bvh
from kinest_ros.formats.clips.load import load_clip
from kinest_ros.formats.clips.read_bvh import BvhChoice, read_bvh
from kinest_ros.formats.clips.write_bvh import Y_UP_FROM_ROS, write_bvh
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.performance import generate
from tests.formats.clips.foreign import BIPED, MIXAMO, OLD, Y_UP, Z_UP, arms_down, bvh_text
from tests.formats.clips.same import assert_same, places
from tests.tracking.fakes import SKELETON


@pytest.fixture(scope="module")
def motion():
    return generate("walking", SKELETON, 4, 1.0)


def test_what_is_written_comes_back(motion, tmp_path):
    write_bvh(motion, SKELETON, tmp_path / "clip.bvh")
    clip = read_bvh(tmp_path / "clip.bvh")
    assert_same(clip, motion, mm=0.001, degrees=1e-4)
    np.testing.assert_allclose(clip.skeleton.rest_offsets, SKELETON.rest_offsets, atol=1e-7)
    assert clip.joints == {name: name for name in JOINT_NAMES}
    assert [path.name for path in tmp_path.iterdir()] == ["clip.bvh"]


def test_an_independent_reader_reads_the_same(motion, tmp_path):
    bvhio = pytest.importorskip("bvhio")
    short = Motion(motion.local_rotations[:12], motion.root_position[:12], motion.fps)
    write_bvh(short, SKELETON, tmp_path / "clip.bvh")
    root = bvhio.readAsHierarchy(str(tmp_path / "clip.bvh"))
    wanted, _ = places(short)
    assert bvhio.readAsBvh(str(tmp_path / "clip.bvh")).FrameTime == pytest.approx(1 / 60, abs=1e-8)
    for frame in (0, 5, 11):
        root.loadPose(frame)
        found = {joint.Name: joint for joint, _, _ in root.layout()}
        assert set(JOINT_NAMES) <= set(found)
        for index, name in enumerate(JOINT_NAMES):
            place = np.array(found[name].PositionWorld) / 100.0
            np.testing.assert_allclose(place, Y_UP_FROM_ROS @ wanted[frame, index], atol=1e-5)


def test_at_a_right_angle_of_its_middle_axis(tmp_path):
    """Euler angles are not unique there; the rotation is."""
    turns = np.tile(np.eye(3), (5, 22, 1, 1))
    c, s = 0.0, 1.0
    turns[:, 16] = [[1, 0, 0], [0, c, -s], [0, s, c]]  # 90 degrees about x
    turns[:, 17] = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])
    turns[:, 0] = Y_UP_FROM_ROS.T
    motion = Motion(turns, np.tile((0.0, 0.0, 0.9), (5, 1)), 60.0)
    write_bvh(motion, SKELETON, tmp_path / "clip.bvh")
    assert_same(read_bvh(tmp_path / "clip.bvh"), motion, degrees=0.01)


@pytest.mark.parametrize("names", [MIXAMO, BIPED, OLD], ids=["mixamo", "biped", "old"])
@pytest.mark.parametrize(
    ("unit", "world", "rest"),
    [(0.01, Y_UP, {}), (1.0, Z_UP, {}), (0.0254, Y_UP, arms_down()), (0.001, Z_UP, arms_down())],
    ids=["cm", "m, Z up", "inch, arms down", "mm, Z up, arms down"],
)
def test_others_files(motion, tmp_path, names, unit, world, rest):
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(motion, SKELETON, names, unit, world, rest))
    clip = read_bvh(path)
    assert clip.joints == names
    assert_same(clip, motion, mm=0.1, degrees=0.01)
    assert any(f"a unit is {unit:g} m" in note for note in clip.notes)
    assert any("not a T-pose" in note for note in clip.notes) == bool(rest)


@pytest.mark.parametrize("order", ["XYZ", "ZXY", "YXZ", "XZY"])
def test_every_order_of_channels(motion, tmp_path, order):
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(motion, SKELETON, MIXAMO, order=order))
    assert_same(read_bvh(path), motion, mm=0.1, degrees=0.01)


def test_joints_that_the_file_lacks_do_not_bend(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    still = motion.local_rotations.copy()
    lacking = ("spine1", "spine2", "neck", "left_collar", "right_collar", "left_foot", "right_foot")
    for name in lacking:
        still[:, JOINT_NAMES.index(name)] = np.eye(3)
    still = Motion(still, motion.root_position, motion.fps)
    path.write_text(bvh_text(still, SKELETON, MIXAMO, without=lacking))
    clip = read_bvh(path)
    assert any("it has no spine1, spine2" in note for note in clip.notes)
    found, _ = places(clip.motion, clip.skeleton)
    wanted, _ = places(still)
    there = [i for i, name in enumerate(JOINT_NAMES) if name not in lacking]
    np.testing.assert_allclose(found[:, there], wanted[:, there], atol=1e-4)
    assert np.linalg.norm(found - wanted, axis=-1).max() < 0.12


def test_a_limb_that_is_missing_is_named(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    gone = ("left_elbow", "left_wrist")
    path.write_text(bvh_text(motion, SKELETON, MIXAMO, without=gone))
    with pytest.raises(KinestError, match=r"found no joint named like left_elbow, left_wrist.*"
                       r"its joints are Hips, .*--joints FILE"):  # fmt: skip
        read_bvh(path)


def test_odd_names_are_given(motion, tmp_path, kinest):
    odd = {name: f"q{index:02d}" for index, name in enumerate(JOINT_NAMES)}
    path, given = tmp_path / "clip.bvh", tmp_path / "names.yaml"
    path.write_text(bvh_text(motion, SKELETON, odd))
    with pytest.raises(KinestError, match="found no joint named like left_hip"):
        read_bvh(path)
    assert_same(read_bvh(path, BvhChoice(odd)), motion, mm=0.1, degrees=0.01)
    given.write_text(yaml.safe_dump(odd))
    out = tmp_path / "clip.npz"
    args = ("convert", path, "--to", "amass", "--out", out, "--joints", given)
    assert kinest(*args)[0] == 0
    np.testing.assert_allclose(places(*load_clip(out))[0], places(motion)[0], atol=1e-4)
    wrong = {
        "[1]": "write lines like",
        "a: b: c": "cannot be read",
        "left_hip: nope": "no joint 'nope'",
        "tail: q01": "no joint 'tail'",
    }
    for text, said in wrong.items():
        given.write_text(text)
        status, _, err = kinest(*args, "--overwrite")
        assert (status, said in err) == (2, True), err


def test_left_and_right_exchanged(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    swapped = {
        name: MIXAMO[name.replace("left_", "?").replace("right_", "left_").replace("?", "right_")]
        for name in JOINT_NAMES
    }
    path.write_text(bvh_text(motion, SKELETON, swapped))
    with pytest.raises(KinestError, match="toes point backward: left and right are swapped"):
        read_bvh(path)


def test_the_unit_of_cmu(motion, tmp_path):
    """Inches by 0.45, in which CMU's recordings and all that were made of them are."""
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(motion, SKELETON, MIXAMO, unit=0.0254 / 0.45))
    assert_same(read_bvh(path), motion, mm=0.1, degrees=0.01)


def test_a_unit_that_nothing_tells(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(motion, SKELETON, MIXAMO, unit=0.17))
    with pytest.raises(KinestError, match=r"units tall.*--unit 0.0564"):
        read_bvh(path)
    assert_same(read_bvh(path, BvhChoice(unit="0.17")), motion, mm=0.1, degrees=0.01)
    with pytest.raises(KinestError, match="--unit ell: give one of m, dm"):
        read_bvh(path, BvhChoice(unit="ell"))


def test_a_rest_pose_of_nobody_who_stands(motion, tmp_path):
    """All bones along one axis at rest, as some systems export; a frame shows a T-pose."""
    standing = motion.local_rotations.copy()
    standing[7] = np.eye(3)
    standing[7, 0] = Y_UP_FROM_ROS.T
    standing = Motion(standing, motion.root_position, motion.fps)
    rest = {j: _onto(offset) for j, offset in enumerate(_bones()) if offset is not None}
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(standing, SKELETON, MIXAMO, rest=rest))
    clip = read_bvh(path)
    assert_same(clip, standing, mm=0.1, degrees=0.01)
    assert any("frame 7, the most upright one" in note for note in clip.notes)
    assert_same(read_bvh(path, BvhChoice(rest_frame=7)), standing, mm=0.1, degrees=0.01)
    with pytest.raises(KinestError, match="its frames are 0 to"):
        read_bvh(path, BvhChoice(rest_frame=99))


def test_a_rest_pose_of_nobody_whose_arms_hang(motion, tmp_path):
    """Somebody who walks with hanging arms, turned by 37 degrees: the likest moment is found."""
    turn = Rotation.from_euler("z", 37.0, degrees=True).as_matrix()
    local, down = motion.local_rotations.copy(), arms_down()
    local[:, 0] = turn @ local[:, 0]
    local[:, 16:18] = [down[16], down[17]]
    local[:, 18:22] = np.eye(3)
    walk = Motion(local, motion.root_position @ turn.T, motion.fps)
    rest = {j: _onto(offset) for j, offset in enumerate(_bones()) if offset is not None}
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(walk, SKELETON, MIXAMO, rest=rest))
    clip = read_bvh(path)
    assert any("the most upright one" in note for note in clip.notes)
    found, turned = places(clip.motion, clip.skeleton)
    wanted, turned_wanted = places(walk)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    # What the moment itself is turned by is lost: of the pelvis a few degrees, whichever way they
    # walk; limbs are turned as their bones are.
    cosine = (np.einsum("njab,njab->nj", turned, turned_wanted) - 1) / 2
    off = np.degrees(np.arccos(np.clip(cosine, -1, 1))).max(axis=0)
    assert off[0] < 12.0 and off[[1, 2, 4, 5, 16, 17, 18, 19]].max() < 15.0
    with pytest.raises(
        KinestError, match=r"neither its rest pose.*nor any frame is a standing pose.*--rest-frame"
    ):
        bent = walk.local_rotations.copy()
        bent[:, 1:3] = Rotation.from_euler("x", -80, degrees=True).as_matrix()
        path.write_text(
            bvh_text(Motion(bent, walk.root_position, 60.0), SKELETON, MIXAMO, rest=rest)
        )
        read_bvh(path)


def _bones():
    first = {parent: child for child, parent in reversed(list(enumerate(PARENTS)))}
    return [SKELETON.rest_offsets[first[j]] if j in first else None for j in range(22)]


def _onto(bone):
    """A rotation that turns a bone to +X."""
    return Rotation.align_vectors([[1.0, 0, 0]], [bone / np.linalg.norm(bone)])[0].as_matrix()


@pytest.mark.parametrize("rate", [30.0, 120.0])
def test_other_rates_become_60(tmp_path, rate):
    slow = generate("standing", SKELETON, 4, 2.0)
    path = tmp_path / "clip.bvh"
    path.write_text(bvh_text(Motion(slow.local_rotations, slow.root_position, rate), SKELETON, OLD))
    clip = read_bvh(path)
    assert clip.motion.fps == 60.0
    assert len(clip.motion) == int((len(slow) - 1) * 60 / rate) + 1
    found, wanted = places(clip.motion, clip.skeleton)[0], places(slow)[0]
    found, wanted = (found[::2], wanted) if rate == 30 else (found, wanted[::2])
    # Faster sources are low-passed, which rounds off what is made to move twice as fast here.
    np.testing.assert_allclose(found, wanted, atol=2e-3 if rate == 30 else 8e-3)


def test_files_that_break_off(motion, tmp_path):
    path = tmp_path / "clip.bvh"
    whole = bvh_text(motion, SKELETON, MIXAMO)
    path.write_text(whole[: int(len(whole) * 0.7)])
    clip = read_bvh(path)
    assert 10 < len(clip.motion) < len(motion)
    assert "is truncated" in clip.notes[0]
    for text, said in (
        (whole[:700], "HIERARCHY, followed by MOTION"),
        (whole[: whole.index("MOTION") + 60], "0 complete frames"),
        (whole.replace("}", "", 1), "HIERARCHY is truncated"),
        (whole.replace("Frame Time:", "Time:"), "are missing"),
        (whole.replace("CHANNELS 3", "CHANNELS three", 1), "channels; 0 to 6"),
        (whole.replace("ROOT", "BOOT"), "'BOOT' is not expected there"),
        (whole[:-40] + " x 0.1\n" + whole[-40:], "'x' in its MOTION is not a number"),
    ):
        path.write_text(text)
        with pytest.raises(KinestError, match=r"motion file .*clip.bvh.*") as error:
            read_bvh(path)
        assert said in str(error.value), str(error.value)


def test_bounds(tmp_path):
    path = tmp_path / "deep.bvh"
    deep = "".join(f"JOINT a{i} {{ OFFSET 0 0 0 CHANNELS 0 " for i in range(2000))
    path.write_text("HIERARCHY ROOT r { OFFSET 0 0 0 CHANNELS 1 Xposition " + deep + "MOTION x")
    with pytest.raises(KinestError, match="128 levels"):
        parse_bvh(path)
    wide = "JOINT a { OFFSET 0 0 0 CHANNELS 0 } " * 1000
    rows = "0\n" * 20_000
    path.write_text(
        "HIERARCHY ROOT r { OFFSET 0 0 0 CHANNELS 1 Xposition " + wide
        + "} MOTION Frames: 20000 Frame Time: 0.01\n" + rows
    )  # fmt: skip
    with pytest.raises(KinestError, match="exceed the limit: cut"):
        parse_bvh(path)
