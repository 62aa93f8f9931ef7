# SPDX-License-Identifier: Apache-2.0
"""Robot motion as csv, npz, or the pickle that GMR's tools and trainers read.

Pickles are written and never read: reading one runs whatever is in it.
"""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np

from kinest_ros.files.whole import whole_file, write_whole
from kinest_ros.retarget.evaluation.poses import RobotMotion
from kinest_ros.retarget.robot.robot import Robot


def frame_rate(motion: RobotMotion) -> float:
    """Return frames per second."""
    seconds = (int(motion.stamps_ns[-1]) - int(motion.stamps_ns[0])) * 1e-9
    return (len(motion) - 1) / seconds if seconds > 0.0 else 60.0


def write_csv(path: Path, robot: Robot, motion: RobotMotion) -> None:
    """Write rows x y z, qx qy qz qw, joints in tree order; no header, as LAFAN1's retargets."""
    rows = np.concatenate([motion.base_positions, motion.base_rotations, motion.joints], axis=1)
    with whole_file(path) as stream:
        np.savetxt(stream, rows, delimiter=",", fmt="%.6f")


def write_npz(path: Path, robot: Robot, motion: RobotMotion) -> None:
    """Write named arrays: fps, stamps_ns, base_position, base_rotation (xyzw), joint_names,
    joint_positions, joint_velocities.
    """  # noqa: D205
    with whole_file(path) as stream:
        np.savez_compressed(
            stream,
            fps=frame_rate(motion),
            stamps_ns=motion.stamps_ns,
            base_position=motion.base_positions,
            base_rotation=motion.base_rotations,
            joint_names=np.array(robot.names),
            joint_positions=motion.joints,
            joint_velocities=motion.velocities,
        )


def write_gmr(path: Path, robot: Robot, motion: RobotMotion) -> None:
    """Write a pickled dictionary: fps, root_pos, root_rot (xyzw), dof_pos, as GMR and TWIST."""
    content = {
        "fps": frame_rate(motion),
        "root_pos": motion.base_positions,
        "root_rot": motion.base_rotations,
        "dof_pos": motion.joints,
        "local_body_pos": None,
        "link_body_list": None,
    }
    write_whole(path, pickle.dumps(content, protocol=4))
