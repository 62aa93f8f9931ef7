# SPDX-License-Identifier: Apache-2.0
"""AMASS-style clips: reading .npz files and bringing them to 60 frames per second."""

from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.signal import butter, sosfiltfilt
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.motion.clip import Motion

TARGET_FPS = 60.0
#: Cut-off for sources faster than 60 fps, Hz: at 120 fps, what lies above is marker noise.
LOW_PASS_HZ = 12.0


def load_amass(path: str | Path, fps: float = TARGET_FPS) -> tuple[Motion, Skeleton]:
    """Read an AMASS-style clip with its skeleton.

    Args:
        path: .npz with poses (N, >= 66) axis-angle [rad] in SMPL order, trans (N, 3) [m],
            mocap_framerate, rest_offsets (22, 3) [m] and trans_is_pelvis = True (trans is the
            pelvis joint's position in a world with Z up).
        fps: frame rate of the result.

    Returns:
        The motion at fps, and the clip's skeleton.

    Raises:
        KinestError: a missing key, a wrong shape, or trans that is not the pelvis.
    """
    path = Path(path)
    if not path.is_file():
        raise KinestError(f"motion file {path} does not exist")
    try:
        with np.load(path, allow_pickle=False) as archive:
            data = {key: archive[key] for key in archive.files if key in _KEYS}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise KinestError(f"motion file {path} is not a readable .npz file: {error}") from error
    missing = sorted(_REQUIRED - data.keys())
    if missing:
        raise KinestError(f"motion file {path} lacks {', '.join(missing)}")
    if "rest_offsets" not in data or not bool(data.get("trans_is_pelvis", False)):
        raise KinestError(
            f"motion file {path} has no rest_offsets or no trans_is_pelvis: an original AMASS file "
            "does not say where the pelvis is. Add both keys from the rest joints of its body "
            "model (kinest_ros.body.smpl_files): pelvis = trans + rest position of joint 0"
        )
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
    rotations = Rotation.from_rotvec(poses[:, : 3 * NUM_JOINTS].reshape(-1, 3))
    quaternions = rotations.as_quat().reshape(-1, NUM_JOINTS, 4)
    source_fps = float(data["mocap_framerate"])
    quaternions, trans = resample(quaternions, trans, source_fps, fps)
    matrices = Rotation.from_quat(quaternions.reshape(-1, 4)).as_matrix()
    motion = Motion(matrices.reshape(-1, NUM_JOINTS, 3, 3), trans, fps)
    return motion, Skeleton(np.asarray(data["rest_offsets"], float), str(path))


_REQUIRED = {"poses", "trans", "mocap_framerate"}
_KEYS = _REQUIRED | {"rest_offsets", "trans_is_pelvis"}


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
        sos = butter(2, LOW_PASS_HZ, fs=source_fps, output="sos")
        values = sosfiltfilt(sos, values, axis=0, padlen=min(15, count - 1))
    if abs(source_fps - fps) > 1e-6:
        times = np.arange(count) / source_fps
        frames = int(np.floor((count - 1) * fps / source_fps + 1e-6)) + 1
        values = CubicSpline(times, values, axis=0)(np.arange(frames) / fps)
    quaternions = values[:, :-3].reshape(len(values), -1, 4)
    quaternions = quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True)
    return quaternions, values[:, -3:]
