# SPDX-License-Identifier: Apache-2.0
"""A retargeted motion, and where the robot's parts are in each of its frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mujoco
import numpy as np

from kinest_ros.retarget.motions import BodyMotion
from kinest_ros.retarget.robot.parts import Limb
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.solver.robot_pose import RobotPose


@dataclass(frozen=True)
class RobotMotion:
    """A robot over N frames.

    Attributes:
        stamps_ns: (N,).
        base_positions: (N, 3) m in the world.
        base_rotations: (N, 4) xyzw, world_from_base.
        joints: (N, n) rad or m, in tree order.
        velocities: (N, n) per second.
        qpos: (N, nq) MuJoCo's coordinates.
        milliseconds: (N,) CPU time of each frame.
        poses: as they came.
    """

    stamps_ns: np.ndarray
    base_positions: np.ndarray
    base_rotations: np.ndarray
    joints: np.ndarray
    velocities: np.ndarray
    qpos: np.ndarray
    milliseconds: np.ndarray
    poses: list[RobotPose]

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.stamps_ns)


@dataclass(frozen=True)
class States:
    """Where parts of the robot are, over N frames; None where it lacks them.

    Attributes:
        pelvis: (N, 3, 3) rotation of SMPL T-pose axes.
        chest: likewise.
        legs: (N, 2, 3, 3) hip, knee, ankle, m.
        arms: (N, 2, 3, 3) shoulder, elbow, wrist, m.
        hands: (N, 2, 3, 3) rotation of SMPL T-pose axes.
        toes: (N, 2, 3) m, front edge of the soles.
        heels: likewise.
        corners: (N, 2, 4) m, heights of the soles' corners.
        tilt: (N, 2) rad, of the soles.
    """

    pelvis: np.ndarray
    chest: np.ndarray
    legs: np.ndarray | None
    arms: np.ndarray | None
    hands: np.ndarray | None
    toes: np.ndarray | None
    heels: np.ndarray | None
    corners: np.ndarray | None
    tilt: np.ndarray | None


def retarget_motion(
    retargeter: Retargeter, motion: BodyMotion, on_frame: Callable[[], None] = lambda: None
) -> RobotMotion:
    """Return what a retargeter makes of a motion."""
    retargeter.reset()
    poses, qpos = [], []
    for frame in range(len(motion)):
        poses.append(retargeter.step(motion.human(frame), int(motion.stamps_ns[frame])))
        qpos.append(retargeter.qpos)
        on_frame()
    return RobotMotion(
        motion.stamps_ns,
        np.array([pose.base_position for pose in poses]),
        np.array([pose.base_rotation for pose in poses]),
        np.array([pose.joints for pose in poses]),
        np.array([pose.velocities for pose in poses]),
        np.array(qpos),
        np.array([pose.milliseconds for pose in poses]),
        poses,
    )


def posed(retargeter: Retargeter, result: RobotMotion) -> States:
    """Return where the robot's parts are."""
    robot, proportions = retargeter.robot, retargeter.proportions
    parts, data = robot.parts, mujoco.MjData(robot.model)
    count = len(result.qpos)
    pelvis, chest = np.zeros((count, 3, 3)), np.zeros((count, 3, 3))
    legs, arms, hands = (np.zeros((count, 2, 3, 3)) for _ in range(3))
    toes, heels = np.zeros((count, 2, 3)), np.zeros((count, 2, 3))
    corners, tilt = np.zeros((count, 2, 4)), np.zeros((count, 2))
    for frame, qpos in enumerate(result.qpos):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(robot.model, data)
        pelvis[frame] = _axes(data, parts.pelvis_body) @ proportions.pelvis_from_human
        chest[frame] = _axes(data, parts.chest_body) @ proportions.chest_from_human
        for store, limbs in ((legs, parts.legs), (arms, parts.arms)):
            for side, limb in enumerate(limbs):
                store[frame, side] = _bones(data, limb)
        for side, limb in enumerate(parts.arms):
            hands[frame, side] = _axes(data, limb.end_body) @ limb.end_from_human
        for side, limb in enumerate(parts.legs):
            if limb.sole is None:
                continue
            rotation, place = _axes(data, limb.end_body), data.xpos[limb.end_body]
            toes[frame, side] = place + rotation @ limb.sole.toe
            heels[frame, side] = place + rotation @ limb.sole.heel
            corners[frame, side] = place[2] + limb.sole.corners @ rotation[2]
            up = (rotation @ limb.end_from_human)[2, 1]
            tilt[frame, side] = np.arccos(np.clip(up, -1.0, 1.0))
    walks = bool(parts.legs) and retargeter.coordinates.base > 0
    return States(
        pelvis,
        chest,
        legs if walks else None,
        arms if parts.arms else None,
        hands if parts.arms and all(limb.distal for limb in parts.arms) else None,
        toes if walks else None,
        heels if walks else None,
        corners if walks else None,
        tilt if walks else None,
    )


def _axes(data: mujoco.MjData, body: int) -> np.ndarray:
    return np.asarray(data.xmat[body]).reshape(3, 3)


def _bones(data: mujoco.MjData, limb: Limb) -> np.ndarray:
    upper = _axes(data, limb.upper_body)
    return np.stack(
        [
            data.xpos[limb.upper_body] + upper @ limb.root_in_upper,
            data.xpos[limb.upper_body] + upper @ limb.hinge_in_upper,
            data.xpos[limb.wrist_body] + _axes(data, limb.wrist_body) @ limb.wrist_in_body,
        ]
    )
