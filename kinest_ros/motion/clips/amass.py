# SPDX-License-Identifier: Apache-2.0
"""AMASS-style clips: reading .npz files and bringing them to 60 frames per second."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import TOE_JOINT_HEIGHT, Skeleton
from kinest_ros.body.smpl_files import load_rest_joints
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import load_arrays
from kinest_ros.motion.clip import Motion

TARGET_FPS = 60.0
#: Cut-off for sources faster than 60 fps, Hz: at 120 fps, what lies above is marker noise.
LOW_PASS_HZ = 12.0


def load_amass(
    path: str | Path,
    fps: float = TARGET_FPS,
    body_model: str | Path | None = None,
    approximate: bool = False,
    as_published: bool = False,
) -> tuple[Motion, Skeleton]:
    """Read an AMASS-style clip with its skeleton.

    Our own clips say where the pelvis is: rest_offsets (22, 3) [m] and trans_is_pelvis = True.
    An original AMASS file has neither; its pelvis is trans plus the rest pelvis of its body model.

    Args:
        path: .npz with poses (N, >= 66) axis-angle [rad] in SMPL order, trans (N, 3) [m] in a world
            with Z up, and mocap_framerate; optional rest_offsets, trans_is_pelvis, betas.
        fps: frame rate of the result.
        body_model: SMPL, SMPL-H or SMPL-X file for original AMASS clips, with the clip's betas.
        approximate: without a body model, take the default skeleton and trans for the pelvis, and
            put the feet on the floor: good enough to learn rotations from, not to measure with.
        as_published: prepare the clip as AvatarPoser (Jiang et al., ECCV 2022) and the papers
            after it do, so that tables compare: every second frame of 120 Hz clips with no
            filter, the body model's mean shape (betas zero), and the first frame left out.

    Returns:
        The motion at fps, and the clip's skeleton.

    Raises:
        KinestError: a missing key, a wrong shape, or a pelvis that is not known.
    """
    path = Path(path)
    data = _read(path)
    poses, trans = np.asarray(data["poses"], float), np.asarray(data["trans"], float)
    if poses.ndim != 2 or poses.shape[1] < 3 * NUM_JOINTS or trans.shape != (len(poses), 3):
        raise KinestError(
            f"motion file {path}: poses {poses.shape} and trans {trans.shape} must be (N, >= 66) "
            "and (N, 3)"
        )
    if len(poses) < 2 or not (np.isfinite(poses).all() and np.isfinite(trans).all()):
        raise KinestError(
            f"motion file {path} has fewer than 2 frames or values that are not finite"
        )
    if as_published:
        data.pop("betas", None)
    skeleton, pelvis = _body(path, data, body_model, approximate)
    rotations = Rotation.from_rotvec(poses[:, : 3 * NUM_JOINTS].reshape(-1, 3))
    quaternions = rotations.as_quat().reshape(-1, NUM_JOINTS, 4)
    source_fps = float(data["mocap_framerate"])
    if as_published:
        stride = _stride(path, source_fps, fps)
        quaternions, roots = quaternions[stride::stride], (trans + pelvis)[stride::stride]
    else:
        quaternions, roots = resample(quaternions, trans + pelvis, source_fps, fps)
    matrices = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix()
    motion = Motion(matrices.reshape(-1, NUM_JOINTS, 3, 3), roots, fps)
    known = bool(data.get("trans_is_pelvis", False)) or body_model is not None
    return (motion if known else _on_the_floor(motion, skeleton)), skeleton


def _stride(path: Path, source_fps: float, fps: float) -> int:
    stride = round(source_fps / fps)
    if stride < 1 or abs(source_fps / stride - fps) > 0.02 * fps:
        raise KinestError(
            f"motion file {path} has {source_fps:g} frames per second; the published protocol "
            f"takes every n-th frame and wants a multiple of {fps:g}: leave such clips out"
        )
    return stride


def _read(path: Path) -> dict[str, np.ndarray]:
    if path.is_dir():
        raise KinestError(f"motion file {path} is a folder: give a clip, an .npz file")
    if not path.is_file():
        raise KinestError(f"motion file {path} does not exist")
    try:
        arrays = load_arrays(path, keys=_KEYS)
        data = {key: array for key, array in arrays.items() if key in _KEYS}
    except (OSError, ValueError) as error:
        raise KinestError(f"motion file {path} is not a readable .npz file: {error}") from error
    # The SMPL-X release of AMASS writes the rate in its own way.
    if "mocap_frame_rate" in data:
        data.setdefault("mocap_framerate", data.pop("mocap_frame_rate"))
    missing = sorted(_REQUIRED - data.keys())
    if missing:
        raise KinestError(f"motion file {path} lacks {', '.join(missing)}")
    return data


def _body(
    path: Path, data: dict[str, np.ndarray], body_model: str | Path | None, approximate: bool
) -> tuple[Skeleton, np.ndarray]:
    """Return the clip's skeleton and what takes trans to the pelvis (3,), m."""
    own = np.asarray(data["rest_offsets"], float) if "rest_offsets" in data else None
    if own is not None and bool(data.get("trans_is_pelvis", False)):
        return Skeleton(own, str(path)), np.zeros(3)
    if body_model is not None:
        betas = np.trim_zeros(np.asarray(data.get("betas", ()), float).ravel(), "b")
        joints = _rest_joints(Path(body_model), tuple(betas))
        offsets = joints - joints[list(PARENTS)]
        return Skeleton(offsets if own is None else own, str(path)), joints[0]
    if approximate:
        default = Skeleton.from_stature()
        return (default if own is None else Skeleton(own, str(path))), np.zeros(3)
    raise KinestError(
        f"motion file {path} has no rest_offsets or no trans_is_pelvis: an original AMASS file "
        "does not say where the pelvis is. Give its body model (--body-model SMPL.npz)"
    )


@lru_cache(maxsize=512)
def _rest_joints(body_model: Path, betas: tuple[float, ...]) -> np.ndarray:
    return load_rest_joints(body_model, betas)


def _on_the_floor(motion: Motion, skeleton: Skeleton) -> Motion:
    """Return the motion shifted so that the lower toe is, at its lowest, at rest height."""
    positions, _ = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    toes = positions[:, [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]], 2].min(axis=1)
    shift = np.array((0.0, 0.0, TOE_JOINT_HEIGHT - np.percentile(toes, 5)))
    return Motion(motion.local_rotations, motion.root_position + shift, motion.fps)


_REQUIRED = {"poses", "trans", "mocap_framerate"}
_KEYS = _REQUIRED | {"mocap_frame_rate", "rest_offsets", "trans_is_pelvis", "betas"}


def resample(
    quaternions: np.ndarray, positions: np.ndarray, source_fps: float, fps: float = TARGET_FPS
) -> tuple[np.ndarray, np.ndarray]:
    """Bring rotations and positions to another frame rate.

    Faster sources are low-passed first (Butterworth, forward and backward, so without lag).
    Between frames, cubic splines through the sign-aligned quaternions (then normalised) and the
    positions: linear interpolation of 30 fps motion would put a kink, that is jitter, at every
    source frame.

    Args:
        quaternions: (N, J, 4) xyzw.
        positions: (N, 3).
        source_fps: frames per second of the input.
        fps: frames per second of the output.

    Returns:
        quaternions (M, J, 4), of unit length, and positions (M, 3), where
        M = floor((N - 1) fps / source_fps) + 1.
    """
    dots = (quaternions[1:] * quaternions[:-1]).sum(-1, keepdims=True)
    signs = np.cumprod(np.where(dots < 0, -1.0, 1.0), axis=0)
    quaternions = np.concatenate((quaternions[:1], quaternions[1:] * signs))
    count = len(positions)
    values = np.concatenate((quaternions.reshape(count, -1), positions), axis=1)
    if source_fps > 1.05 * TARGET_FPS and count > 16:
        from scipy.signal import butter, sosfiltfilt  # takes a second to load

        sos = butter(2, LOW_PASS_HZ, fs=source_fps, output="sos")
        values = sosfiltfilt(sos, values, axis=0, padlen=min(15, count - 1))
    if abs(source_fps - fps) > 1e-6:
        times = np.arange(count) / source_fps
        frames = int(np.floor((count - 1) * fps / source_fps + 1e-6)) + 1
        from scipy.interpolate import CubicSpline

        values = CubicSpline(times, values, axis=0)(np.arange(frames) / fps)
    quaternions = values[:, :-3].reshape(len(values), -1, 4)
    quaternions = quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True)
    return quaternions, values[:, -3:]
