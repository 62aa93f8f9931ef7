# SPDX-License-Identifier: Apache-2.0
"""Whether a clip is the motion that it was written from."""

import numpy as np

from kinest_ros.body.kinematics import forward_kinematics_np
from tests.tracking.fakes import SKELETON


def places(motion, skeleton=SKELETON):
    return forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )


def assert_same(clip, motion, mm=0.01, degrees=0.001, skeleton=SKELETON):
    found, turned = places(clip.motion, clip.skeleton)
    wanted, turned_wanted = places(motion, skeleton)
    assert clip.motion.fps == motion.fps
    np.testing.assert_allclose(found, wanted, atol=mm * 1e-3)
    cosine = (np.einsum("njab,njab->nj", turned, turned_wanted) - 1) / 2
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < max(degrees, 2e-6)
