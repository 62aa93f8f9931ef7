# SPDX-License-Identifier: Apache-2.0
"""Write whole-body motion as an AMASS-style .npz."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations_numpy import rotation_vectors
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.files.whole import whole_file
from kinest_ros.motion.clip import Motion

#: Numbers of a pose in AMASS: 52 joints of SMPL-H, of which the hands' are zero here.
_POSE = 156


def write_amass_clip(motion: Motion, skeleton: Skeleton, path: Path) -> None:
    """Write a clip, which `kinest train` and `evaluate --data` read.

    It has poses (N, 156) axis-angle in rad, trans (N, 3), betas (16,) zero, mocap_framerate; and,
    as our clips do, rest_offsets (22, 3) m and trans_is_pelvis True: trans is where the pelvis is,
    not, as of a body model's file, that less its rest position.

    Raises:
        OSError: it cannot be written.
    """
    poses = np.zeros((len(motion), _POSE))
    vectors = rotation_vectors(motion.local_rotations)
    poses[:, : 3 * NUM_JOINTS] = vectors.reshape(len(motion), -1)
    with whole_file(path) as stream:
        np.savez_compressed(
            stream,
            poses=poses,
            trans=motion.root_position,
            betas=np.zeros(16),
            gender="neutral",
            mocap_framerate=motion.fps,
            rest_offsets=skeleton.rest_offsets,
            trans_is_pelvis=True,
        )
