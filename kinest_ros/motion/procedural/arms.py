# SPDX-License-Identifier: Apache-2.0
"""Arms from shoulder-relative wrist targets. Link axes: x forward, y left, z up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.rotations_numpy import apply, axis_rotation, unit
from kinest_ros.motion.procedural.curves import soft_min
from kinest_ros.motion.procedural.limb_ik import solve_limb
from kinest_ros.motion.procedural.swivel import calm_swivel

_LOWEST_WRIST = 0.05  # m above the floor


@dataclass(frozen=True)
class Arm:
    """Rest offsets of one arm in link axes, m; sign is +1 on the left, -1 on the right."""

    collar: np.ndarray
    shoulder: np.ndarray
    upper: np.ndarray
    fore: np.ndarray
    sign: float

    @classmethod
    def from_offsets(cls, offsets: np.ndarray, side: int) -> Arm:
        """Left (side 0) or right (side 1) arm of (22, 3) link-axes offsets."""
        collar, shoulder, elbow, wrist = (offsets[joint + side] for joint in (13, 16, 18, 20))
        return cls(collar, shoulder, elbow, wrist, 1.0 - 2.0 * side)

    @property
    def length(self) -> float:
        """Shoulder to wrist when stretched, m."""
        return float(np.linalg.norm(self.upper) + np.linalg.norm(self.fore))


def _push_out(vector: np.ndarray) -> np.ndarray:
    """Make a planned path (N, 3) one that an arm can take.

    A path through the shoulder is led round its front; targets end within reach (1 = stretched)
    and where a shoulder goes.
    """
    x, y, z = vector.T
    # A shoulder goes behind the back only low down, and a little when held out.
    back = -0.08 - 0.6 * np.clip(-z - 0.35, 0.0, 0.6) - 0.2 * np.clip(y, 0.0, 1.0)
    vector = np.column_stack([-soft_min(-x, -back, 0.06), y, z])
    near = np.exp(-np.sum(vector**2, -1, keepdims=True) / 0.42**2)
    vector = vector + near * np.array([0.55, 0.28, -0.05])
    radius = np.linalg.norm(vector, axis=-1, keepdims=True)
    return vector / radius * soft_min(radius, np.full_like(radius, 0.992), 0.03)


def _elbow_pole(vector: np.ndarray) -> np.ndarray:
    """Where the elbow likes to point (forward, outward, up) for a wrist vector (N, 3).

    Down and a little out; back when the arm hangs or is held out; outwards when the hand is
    overhead.
    """
    out, up = vector[:, 1], vector[:, 2]
    high, low, wide = np.clip(up, 0.0, 1.0), np.clip(-up, 0.0, 1.0), np.clip(out, 0.0, 1.0)
    return np.column_stack(
        [
            -0.35 - 0.5 * wide + 0.1 * high - 0.5 * low,
            0.5 + 0.6 * high - 0.15 * low,
            -1.0 + 0.75 * high + 0.95 * low,
        ]
    )


def bend_arm(
    arm: Arm,
    channels: dict[str, np.ndarray],
    chest_position: np.ndarray,
    world_from_chest: np.ndarray,
    world_from_heading: np.ndarray,
    twist_share: float,
    fps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Local rotations (N, 3, 3) of collar, shoulder, elbow and wrist.

    Args:
        arm: The arm.
        channels: The arm's channels of the score, (N,) each, without their prefix.
        chest_position: (N, 3) spine3 in the world.
        world_from_chest: (N, 3, 3) of spine3.
        world_from_heading: (N, 3, 3) upright, facing where the body faces.
        twist_share: Part of the forearm's twist that the elbow joint carries.
        fps: Frames per second.
    """
    mirror = np.array([1.0, arm.sign, 1.0])
    plan = _push_out(np.column_stack([channels["x"], channels["y"], channels["z"]]))
    level = channels["level"][:, None]
    offset = (1.0 - level) * apply(world_from_chest, plan * mirror)
    offset += level * apply(world_from_heading, plan * mirror)
    chest_from_world = np.swapaxes(world_from_chest, -1, -2)
    vector = apply(chest_from_world, offset) * mirror

    lift = 0.42 * np.clip(vector[:, 2] + 0.25, 0.0, 1.2) ** 1.5 - 0.06 + channels["shrug"]
    swing = 0.28 * vector[:, 0] * np.clip(1.2 - vector[:, 1], 0.0, 1.5) - 0.05
    collar = axis_rotation("x", arm.sign * lift) @ axis_rotation("z", -arm.sign * swing)
    world_from_collar = world_from_chest @ collar
    shoulder = chest_position + apply(world_from_chest, arm.collar)
    shoulder = shoulder + apply(world_from_collar, arm.shoulder)

    target = shoulder + arm.length * offset
    target[:, 2] = -soft_min(-target[:, 2], np.full(len(target), -_LOWEST_WRIST), 0.05)
    line = unit(target - shoulder)
    pole = apply(world_from_chest, _elbow_pole(vector) * mirror)
    swivel = Rotation.from_rotvec(line * (arm.sign * channels["swivel"])[:, None])
    pole = calm_swivel(line, swivel.apply(pole), fps)
    # At rest the forearm bends forward, so the elbow points back.
    limb = solve_limb(shoulder, target, pole, arm.upper, arm.fore, np.array([-1.0, 0.0, 0.0]))

    twist = channels["twist"]
    world_from_elbow = limb.world_from_lower @ axis_rotation("y", twist_share * twist)
    wrist = (
        axis_rotation("y", (1.0 - twist_share) * twist)
        @ axis_rotation("x", -arm.sign * channels["flex"])
        @ axis_rotation("z", -arm.sign * channels["deviation"])
    )
    return (
        collar,
        np.swapaxes(world_from_collar, -1, -2) @ limb.world_from_upper,
        np.swapaxes(limb.world_from_upper, -1, -2) @ world_from_elbow,
        wrist,
    )
