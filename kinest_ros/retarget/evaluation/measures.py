# SPDX-License-Identifier: Apache-2.0
"""The measures of a retargeted motion, from what went in and what came out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import mujoco
import numpy as np

from kinest_ros.retarget.evaluation.poses import RobotMotion, States, posed
from kinest_ros.retarget.evaluation.rotation_offset import mean_rotation_error
from kinest_ros.retarget.motions import BodyMotion
from kinest_ros.retarget.solver.collisions import CollisionPairs
from kinest_ros.retarget.solver.jacobians import Jacobians
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.targets.ahead import Ahead
from kinest_ros.retarget.targets.human import CHEST, ENDS, HINGES, PELVIS, ROOTS, TOES

#: m and m/s: the human's toe is in contact where it is lower and slower.
_CONTACT_HEIGHT, _CONTACT_SPEED = 0.05, 0.15
#: m, by which links overlap that count as in collision.
_OVERLAP = 0.005
#: rad/s, over which a joint's move is a jump.
_JUMP = 15.0
#: m, in which both ends of a sole are equally low.
_LEVEL = 0.002

#: What is measured: name -> (unit, digits in the table).
MEASURES: dict[str, tuple[str, int]] = {
    "cpu_p50": ("ms", 2),
    "cpu_p99": ("ms", 2),
    "arm": ("°", 2),
    "leg": ("°", 2),
    "hand": ("% of arm", 2),
    "hand_turn": ("°", 1),
    "pelvis": ("°", 2),
    "chest": ("°", 2),
    "slide": ("cm/s", 2),
    "human_slide": ("cm/s", 2),
    "sole_height": ("mm", 2),
    "sole_depth": ("mm", 2),
    "sole_tilt": ("°", 2),
    "collision": ("% of frames", 2),
    "overlap": ("mm", 1),
    "outside": ("frames", 0),
    "fastest": ("rad/s", 1),
    "jumps": ("frames", 0),
    "jerk": ("rad/s³", 0),
}
#: Those of which the worst counts over several motions; the others are means over frames.
WORST = ("overlap", "fastest", "sole_depth")
SUMS = ("outside", "jumps")


@dataclass(frozen=True)
class Measured:
    """Measures of one motion.

    Attributes:
        name: of the motion.
        frames: number of frames.
        contacts: frames with a foot in contact, both feet counted.
        values: by name in `MEASURES`; NaN where the robot lacks what is measured.
    """

    name: str
    frames: int
    contacts: int
    values: dict[str, float]


def measure(retargeter: Retargeter, motion: BodyMotion, result: RobotMotion) -> Measured:
    """Measure a retargeted motion.

    Args:
        retargeter: which made it; its robot and limits.
        motion: what went in.
        result: what came out, frame by frame.
    """
    robot = retargeter.robot
    if not retargeter.coordinates.base:
        motion = _ahead(motion, retargeter.proportions.forward)
    states = posed(retargeter, result)
    fps = 1e9 * (len(motion) - 1) / max(float(motion.stamps_ns[-1] - motion.stamps_ns[0]), 1.0)
    values = dict.fromkeys(MEASURES, np.nan)
    values["cpu_p50"], values["cpu_p99"] = np.percentile(result.milliseconds[1:], (50, 99))
    values.update(_directions(motion, states))
    values["pelvis"] = mean_rotation_error(motion.rotations[:, PELVIS], states.pelvis)
    values["chest"] = mean_rotation_error(motion.rotations[:, CHEST], states.chest)
    feet, count = _feet(motion, states, fps)
    values.update(feet)
    values.update(_collisions(retargeter, result))
    joints = result.joints
    low, high = robot.lower - 1e-9, robot.upper + 1e-9
    values["outside"] = float(((joints < low) | (joints > high)).any(axis=1).sum())
    speed = np.abs(np.diff(joints, axis=0)) * fps
    values["fastest"] = float(speed.max())
    values["jumps"] = float((speed > _JUMP).any(axis=1).sum())
    driven = joints[:, retargeter.coordinates.joints]
    values["jerk"] = float(np.abs(np.diff(driven, n=3, axis=0)).mean() * fps**3)
    return Measured(motion.name, len(motion), count, values)


def _ahead(motion: BodyMotion, forward: np.ndarray) -> BodyMotion:
    """Return a motion as a base that stays sees it."""
    ahead = Ahead(forward)
    humans = [ahead.apply(motion.human(frame)) for frame in range(len(motion))]
    return replace(
        motion,
        positions=np.array([human.positions for human in humans]),
        rotations=np.array([human.rotations for human in humans]),
    )


def _directions(motion: BodyMotion, states: States) -> dict[str, float]:
    found = {}
    places = motion.positions
    if states.arms is not None:
        roots, hinges, ends = (states.arms[:, :, part] for part in range(3))
        human = [places[:, index[2:]] for index in (ROOTS, HINGES, ENDS)]
        found["arm"] = 0.5 * (
            _angle(hinges - roots, human[1] - human[0]) + _angle(ends - hinges, human[2] - human[1])
        )
        length = np.linalg.norm(hinges - roots, axis=-1) + np.linalg.norm(ends - hinges, axis=-1)
        theirs = np.linalg.norm(human[1] - human[0], axis=-1)
        theirs = theirs + np.linalg.norm(human[2] - human[1], axis=-1)
        off = (ends - roots) / length[..., None] - (human[2] - human[0]) / theirs[..., None]
        found["hand"] = 100.0 * float(np.linalg.norm(off, axis=-1).mean())
    if states.hands is not None:
        found["hand_turn"] = 0.5 * sum(
            mean_rotation_error(motion.rotations[:, joint], states.hands[:, side])
            for side, joint in enumerate(ENDS[2:])
        )
    if states.legs is not None:
        mine = states.legs[:, :, 2] - states.legs[:, :, 0]
        found["leg"] = _angle(mine, places[:, ENDS[:2]] - places[:, ROOTS[:2]])
    return found


def _angle(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean angle between vectors (..., 3), degrees."""
    cross = np.linalg.norm(np.cross(first, second), axis=-1)
    return float(np.degrees(np.arctan2(cross, (first * second).sum(axis=-1))).mean())


def _feet(motion: BodyMotion, states: States, fps: float) -> tuple[dict[str, float], int]:
    toes, heels = states.toes, states.heels
    if toes is None or heels is None or states.corners is None or states.tilt is None:
        return {}, 0
    human = motion.positions[:, TOES]
    human_speed = np.linalg.norm(np.diff(human[..., :2], axis=0), axis=-1) * fps
    contact = (human[1:, :, 2] < _CONTACT_HEIGHT) & (human_speed < _CONTACT_SPEED)
    contact &= human[:-1, :, 2] < _CONTACT_HEIGHT
    count = int(contact.sum())
    if not count:
        return {}, 0
    speeds = [np.linalg.norm(np.diff(end[..., :2], axis=0), axis=-1) * fps for end in (toes, heels)]
    heights = [0.5 * (end[1:, :, 2] + end[:-1, :, 2]) for end in (toes, heels)]
    slide = np.where(heights[0] < heights[1], speeds[0], speeds[1])
    # A flat foot that pivots about one end does not slide.
    level = np.abs(heights[0] - heights[1]) < _LEVEL
    slide = np.where(level, np.minimum(*speeds), slide)
    lowest = states.corners[1:].min(axis=2)
    return {
        "slide": 100.0 * float(slide[contact].mean()),
        "human_slide": 100.0 * float(human_speed[contact].mean()),
        "sole_height": 1e3 * float(np.abs(lowest[contact]).mean()),
        "sole_depth": 1e3 * float(max(-states.corners.min(), 0.0)),
        "sole_tilt": float(np.degrees(states.tilt[1:][contact]).mean()),
    }, count


def _collisions(retargeter: Retargeter, result: RobotMotion) -> dict[str, float]:
    robot = retargeter.robot
    coordinates = retargeter.coordinates
    moving = {robot.joints[index] for index in coordinates.joints}
    pairs = CollisionPairs(robot, moving, Jacobians(robot, coordinates))
    data = mujoco.MjData(robot.model)
    deepest = np.zeros(len(result.qpos))
    for frame, qpos in enumerate(result.qpos):
        data.qpos[:] = qpos
        mujoco.mj_kinematics(robot.model, data)
        deepest[frame] = min((d for _, d, _ in pairs.near(data, 0.001)), default=0.0)
    return {
        "collision": 100.0 * float((deepest < -_OVERLAP).mean()),
        "overlap": 1e3 * float(max(-deepest.min(), 0.0)),
    }


def joined(parts: list[Measured], name: str = "all") -> Measured:
    """Return the measures over several motions, each frame counting alike."""
    frames = np.array([part.frames for part in parts], float)
    contacts = np.array([part.contacts for part in parts], float)
    values = {}
    for key in MEASURES:
        each = np.array([part.values[key] for part in parts])
        weight = contacts if key.startswith(("slide", "human", "sole")) else frames
        known = np.isfinite(each)
        if not known.any():
            values[key] = np.nan
        elif key in WORST:
            values[key] = float(each[known].max())
        elif key in SUMS:
            values[key] = float(each[known].sum())
        else:
            values[key] = float(np.average(each[known], weights=np.maximum(weight[known], 1e-9)))
    return Measured(name, int(frames.sum()), int(contacts.sum()), values)
