# SPDX-License-Identifier: Apache-2.0
"""Small AMASS-style clips for tests."""

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate


def write_clips(folder, count=2, seconds=2.0, names="clip{}.npz"):
    """Write clips of somebody standing about into a new folder."""
    body = Skeleton.from_stature(1.7)
    folder.mkdir(parents=True)
    for seed in range(count):
        motion = generate("standing", body, seed, seconds)
        vectors = Rotation.from_matrix(motion.local_rotations.reshape(-1, 3, 3)).as_rotvec()
        np.savez(
            folder / names.format(seed), poses=vectors.reshape(len(motion), 66),
            trans=motion.root_position, mocap_framerate=60.0, trans_is_pelvis=True,
            rest_offsets=body.rest_offsets,
        )  # fmt: skip
