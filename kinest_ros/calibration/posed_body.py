# SPDX-License-Identifier: Apache-2.0
"""The calibrated body in the pose it was calibrated in, hung on its trackers."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS
from kinest_ros.calibration.calibration import Calibration
from kinest_ros.calibration.held_pose import HeldPose
from kinest_ros.tracking.fitting.posing import HEAD, positions_from_head


def link_pose(pose: HeldPose, calibration: Calibration, slot: str) -> tuple[np.ndarray, np.ndarray]:
    """Return where a tracker says its link is: position (3,) m and world_from_link (3, 3)."""
    found = calibration.mounts.get(slot) or calibration.hand_mounts[slot]
    mount, rotation = found.mount, pose.rotations[slot]
    return pose.positions[slot] + rotation @ np.array(mount.xyz), rotation @ mount.rotation


def posed_body(pose: HeldPose, calibration: Calibration) -> np.ndarray:
    """Return the joints (22, 3) in m: upright below the head, arms straight along the wrists."""
    world = np.tile(pose.world_from_body @ JOINT_FROM_LINK.T, (NUM_JOINTS, 1, 1))
    place, turn = link_pose(pose, calibration, "head")
    world[HEAD] = turn @ JOINT_FROM_LINK.T
    for side in ("left", "right"):
        _, turn = link_pose(pose, calibration, f"{side}_hand")
        for name in ("shoulder", "elbow", "wrist"):
            world[JOINT_INDEX[f"{side}_{name}"]] = turn @ JOINT_FROM_LINK.T
    return positions_from_head(world, calibration.skeleton.rest_offsets, place)
