#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hands each body to a retargeter that takes SMPL-style frames, such as GMR.

    python examples/06_gmr_subscriber.py                 prints what it would hand over
    python examples/06_gmr_subscriber.py --topic /kinest/anna/body

GMR and its like want one dictionary per frame: joint name to (position, orientation), both in the
world (Z up, metres), the orientation as a quaternion **w first**, in SMPL's joint axes. To retarget
to a robot, give `retarget` in `main` to your retargeter, for example:

    retargeter = GeneralMotionRetargeting(src_human="smplx", tgt_robot="unitree_g1")
    retarget = retargeter.retarget          # frame -> robot joint positions
"""

from __future__ import annotations

import argparse
import contextlib
from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, quaternions_from_matrices
from kinest_ros.tracking.fitting.posing import world_rotations

Frame = dict[str, tuple[np.ndarray, np.ndarray]]


def smpl_frame(positions: np.ndarray, local_rotations: np.ndarray) -> Frame:
    """Return a body as a retargeter's frame.

    Args:
        positions: (22, 3) joint positions in the world, m.
        local_rotations: (22, 4) quaternions xyzw in SMPL axes, [0] world_from_pelvis, the others
            parent_from_joint, as in FullBodyState.

    Returns:
        By joint name, position (3,) in m and world_from_joint (4,) as a quaternion wxyz.
    """
    world = world_rotations(matrices_from_quaternions(local_rotations))
    wxyz = np.roll(quaternions_from_matrices(world), 1, axis=-1)
    return {
        name: (position, quaternion)
        for name, position, quaternion in zip(JOINT_NAMES, np.asarray(positions), wxyz, strict=True)
    }


def frame_of(message: Any) -> Frame:
    """Return a kinest_ros/FullBodyState as a retargeter's frame."""
    positions = np.array([(p.x, p.y, p.z) for p in message.positions])
    rotations = np.array([(q.x, q.y, q.z, q.w) for q in message.local_rotations])
    return smpl_frame(positions, rotations)


def show(frame: Frame) -> None:
    """Print where pelvis and wrists are."""
    for name in ("pelvis", "left_wrist", "right_wrist"):
        position, quaternion = frame[name]
        print(f"{name:12s} {np.round(position, 2)} m, wxyz {np.round(quaternion, 2)}")
    print(flush=True)


def main() -> None:
    """Subscribe and hand over, until Ctrl-C."""
    import rclpy
    from rclpy.qos import QoSProfile, ReliabilityPolicy

    from kinest_ros.msg import FullBodyState

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--topic", default="/kinest/body", help="default: /kinest/body")
    chosen, ros = parser.parse_known_args()
    retarget = show
    rclpy.init(args=ros)
    node = rclpy.create_node("retarget_example")
    # A robot wants the newest body and not a queue of old ones.
    qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
    node.create_subscription(
        FullBodyState, chosen.topic, lambda message: retarget(frame_of(message)), qos
    )
    with contextlib.suppress(KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
        rclpy.spin(node)
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
