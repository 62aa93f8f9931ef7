# SPDX-License-Identifier: Apache-2.0
"""Reading AMASS-style clips and changing their frame rate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.amass import load_amass, resample
from tests.search import examples


def _spin(count, fps, speed, joints=2):
    """Constant rotation about one axis [rad/s], and a straight path."""
    times = np.arange(count) / fps
    axis = np.array([0.6, 0.0, 0.8])
    quaternions = Rotation.from_rotvec(times[:, None] * speed * axis).as_quat()
    return quaternions[:, None].repeat(joints, 1), times[:, None] * [1.0, -2.0, 0.5], axis


def test_a_folder_is_no_clip(tmp_path):
    with pytest.raises(KinestError, match="is a folder: give a clip"):
        load_amass(tmp_path)


@settings(max_examples=examples(30))
@given(st.sampled_from([20.0, 30.0, 50.0, 60.0]), st.floats(-6, 6), st.integers(10, 80))
def test_resampling_keeps_uniform_motion(fps, speed, count):
    quaternions, positions, axis = _spin(count, fps, speed)
    resampled, moved = resample(quaternions, positions, fps)
    times = np.arange(len(moved)) / 60.0
    assert times[-1] <= (count - 1) / fps + 1e-9 < times[-1] + 1 / 60 + 1e-6
    np.testing.assert_allclose(moved, times[:, None] * [1.0, -2.0, 0.5], atol=1e-9)
    expected = Rotation.from_rotvec(times[:, None] * speed * axis)
    error = (expected.inv() * Rotation.from_quat(resampled[:, 1])).magnitude()
    assert error.max() < 2e-3


def test_sign_flips_of_quaternions_do_not_matter():
    quaternions, positions, _ = _spin(40, 30.0, 2.0)
    flipped = quaternions.copy()
    flipped[::3] *= -1
    a, _ = resample(quaternions, positions, 30.0)
    b, _ = resample(flipped, positions, 30.0)
    np.testing.assert_allclose(np.abs((a * b).sum(-1)), 1.0, atol=1e-12)


def test_fast_sources_lose_their_marker_noise_but_not_their_motion():
    rng = np.random.default_rng(0)
    times = np.arange(600) / 120.0
    path = np.stack((np.sin(2 * np.pi * times), np.cos(2 * np.pi * times), times), axis=1)
    quaternions = np.tile([0.0, 0.0, 0.0, 1.0], (600, 1, 1))
    noisy = path + rng.normal(0, 0.002, path.shape)
    _, smooth = resample(quaternions, noisy, 120.0)
    truth = path[::2]
    inner = slice(20, -20)
    assert np.abs(smooth - truth)[inner].std() < 0.6 * np.abs(noisy[::2] - truth)[inner].std()
    assert np.abs(smooth - truth)[inner].max() < 0.006


def _clip(path, **changes):
    poses = np.zeros((31, 66))
    poses[:, 3:6] = np.linspace(0, 1, 31)[:, None] * [0.0, 0.0, 0.7]
    fields = {
        "poses": poses,
        "trans": np.tile([0.0, 0.0, 0.95], (31, 1)),
        "mocap_framerate": 30.0,
        "rest_offsets": Skeleton.from_stature(1.7).rest_offsets,
        "trans_is_pelvis": True,
        **changes,
    }
    np.savez(path, **{key: value for key, value in fields.items() if value is not None})
    return path


def test_a_clip_comes_back_at_60_hz(tmp_path):
    motion, skeleton = load_amass(_clip(tmp_path / "clip.npz"))
    assert len(motion) == 61
    assert motion.fps == 60.0
    assert skeleton.stature == pytest.approx(1.7)
    angle = Rotation.from_matrix(motion.local_rotations[:, 1]).as_rotvec()
    np.testing.assert_allclose(angle[:, 2], np.linspace(0, 0.7, 61), atol=1e-3)
    np.testing.assert_allclose(motion.root_position, np.tile([0, 0, 0.95], (61, 1)), atol=1e-9)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"poses": None}, "lacks poses"),
        ({"mocap_framerate": None}, "lacks mocap_framerate"),
        ({"trans_is_pelvis": None}, "trans_is_pelvis"),
        ({"rest_offsets": None}, "rest_offsets"),
        ({"poses": np.zeros((31, 60))}, r"poses \(31, 60\)"),
        ({"trans": np.full((31, 3), np.nan)}, "not finite"),
    ],
)
def test_what_is_wrong_with_a_clip_is_said(tmp_path, changes, said):
    with pytest.raises(KinestError, match=said):
        load_amass(_clip(tmp_path / "clip.npz", **changes))


def test_a_missing_or_damaged_clip_is_named(tmp_path):
    with pytest.raises(KinestError, match=r"none\.npz does not exist"):
        load_amass(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 but not really")
    with pytest.raises(KinestError, match=r"bad\.npz"):
        load_amass(tmp_path / "bad.npz")


def test_real_clips_stand_on_the_floor(shared_data):
    from kinest_ros.body.kinematics import forward_kinematics_np

    for source in ("bandai", "papagina", "convseq"):
        clip = sorted((shared_data / "motion" / source).glob("*.npz"))[0]
        motion, skeleton = load_amass(clip)
        positions, _ = forward_kinematics_np(
            motion.local_rotations, skeleton.rest_offsets, motion.root_position
        )
        lowest_toe = positions[:, [10, 11], 2].min(axis=1)
        assert -0.03 < np.percentile(lowest_toe, 10) < 0.08
        assert (positions[:, 15, 2] > positions[:, 0, 2]).all()


def _body_model(path):
    """A small file of SMPL's format: its 24 vertices are the joints, one beta makes it taller."""
    skeleton = Skeleton.from_stature(1.6)
    joints = np.concatenate((skeleton.rest_positions() + [0.01, -0.24, 0.03], np.zeros((2, 3))))
    parents = [-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19, 20, 21]
    np.savez(
        path, v_template=joints, J_regressor=np.eye(24), shapedirs=0.1 * joints[:, :, None],
        kintree_table=np.array([parents, range(24)]),
    )  # fmt: skip
    return path


def test_original_amass_clips_with_their_body_model(tmp_path):
    original = _clip(
        tmp_path / "clip.npz", rest_offsets=None, trans_is_pelvis=None,
        poses=np.zeros((31, 156)), betas=np.array([1.0] + [0.0] * 15),
    )  # fmt: skip
    model = _body_model(tmp_path / "model.npz")
    motion, skeleton = load_amass(original, body_model=model)
    expected = Skeleton.from_stature(1.6).rest_offsets * 1.1
    np.testing.assert_allclose(skeleton.rest_offsets, expected, atol=1e-9)
    rest_pelvis = np.array([0.01, -0.24, 0.03]) * 1.1
    np.testing.assert_allclose(motion.root_position[0], [0, 0, 0.95] + rest_pelvis, atol=1e-9)


def test_original_amass_clips_without_it_stand_on_the_floor(tmp_path):
    from kinest_ros.body.kinematics import forward_kinematics_np

    poses = np.zeros((31, 156))
    poses[:, 0] = np.pi / 2  # AMASS: Z up, the body's Y
    original = _clip(
        tmp_path / "clip.npz", rest_offsets=None, trans_is_pelvis=None, poses=poses,
        trans=np.tile([0.0, 0.0, 3.0], (31, 1)),
    )  # fmt: skip
    motion, skeleton = load_amass(original, approximate=True)
    assert skeleton.stature == pytest.approx(1.7)
    positions, _ = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    np.testing.assert_allclose(positions[:, [10, 11], 2], 0.02, atol=1e-6)
    with pytest.raises(KinestError, match="--body-model"):
        load_amass(original)


def _original(path, fps, count=25, **changes):
    """A file of exactly AMASS's format: a raised left arm, a path, all the other arrays."""
    poses = np.zeros((count, 156))
    poses[:, 0] = np.pi / 2
    poses[:, 16 * 3 + 1] = np.linspace(0, 1, count)
    fields = {
        "poses": poses,
        "trans": np.linspace(0, 1, count)[:, None] * [1.0, 0.0, 0.0],
        "betas": np.array([1.0] + [0.0] * 15),
        "dmpls": np.zeros((count, 8)),
        "gender": np.array("female"),
        "mocap_framerate": np.array(fps),
        **changes,
    }
    np.savez(path, **{key: value for key, value in fields.items() if value is not None})
    return path


@pytest.mark.parametrize(("fps", "stride"), [(120.0, 2), (60.0, 1), (59.99, 1)])
def test_the_published_protocol_takes_every_nth_frame_of_the_mean_shape(tmp_path, fps, stride):
    clip = _original(tmp_path / "walk_poses.npz", fps)
    model = _body_model(tmp_path / "male.npz")
    motion, skeleton = load_amass(clip, body_model=model, as_published=True)
    # Frame 0 serves for the velocities of the next one only.
    taken = np.arange(stride, 25, stride)
    assert len(motion) == len(taken)
    np.testing.assert_allclose(skeleton.rest_offsets, Skeleton.from_stature(1.6).rest_offsets)
    expected = taken[:, None] / 24 * [1.0, 0.0, 0.0] + [0.01, -0.24, 0.03]
    np.testing.assert_allclose(motion.root_position, expected, atol=1e-9)
    turned = Rotation.from_matrix(motion.local_rotations[:, 16]).as_rotvec()
    np.testing.assert_allclose(turned[:, 1], taken / 24, atol=1e-9)


def test_the_published_protocol_refuses_other_rates(tmp_path):
    clip = _original(tmp_path / "walk_poses.npz", 100.0)
    model = _body_model(tmp_path / "male.npz")
    with pytest.raises(KinestError, match="multiple of 60"):
        load_amass(clip, body_model=model, as_published=True)
    assert len(load_amass(clip, body_model=model)[0]) == 15


def test_the_other_name_of_the_frame_rate(tmp_path):
    clip = _original(
        tmp_path / "walk_stageii.npz", None, mocap_framerate=None, mocap_frame_rate=60.0
    )
    model = _body_model(tmp_path / "male.npz")
    assert len(load_amass(clip, body_model=model)[0]) == 25
