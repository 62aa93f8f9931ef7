# SPDX-License-Identifier: Apache-2.0
"""From a score to joint rotations: feet first, then pelvis, legs, trunk, head and arms.

Everything is computed in link axes (x forward, y left, z up at rest) and turned into SMPL joint
axes at the end.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_numpy import apply, axis_rotation
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.procedural.arms import Arm, bend_arm
from kinest_ros.motion.procedural.curves import smooth, wander
from kinest_ros.motion.procedural.footsteps import FootTrack, plan_steps, raise_foot
from kinest_ros.motion.procedural.legs import Leg
from kinest_ros.motion.procedural.person import Person
from kinest_ros.motion.procedural.scores import SIDES, Score
from kinest_ros.motion.procedural.stance import place_pelvis, stand_on, wanted_stance
from kinest_ros.motion.procedural.trunk import bend, bend_spine, turn_head

# Small movements that never stop: channel, size (rad, m or the channel's unit).
_SWAY = {
    "pelvis_x": 0.008, "pelvis_y": 0.010, "pelvis_pitch": 0.02, "pelvis_roll": 0.015,
    "pelvis_yaw": 0.03, "pelvis_height": 0.002, "spine_pitch": 0.02, "spine_roll": 0.02,
    "spine_yaw": 0.03, "gaze_yaw": 0.05, "gaze_pitch": 0.04, "gaze_roll": 0.03,
}  # fmt: skip
_ARM_SWAY = {"x": 0.02, "y": 0.02, "z": 0.02, "swivel": 0.08, "twist": 0.1, "flex": 0.08,
             "deviation": 0.05}  # fmt: skip


def perform(
    score: Score,
    person: Person,
    skeleton: Skeleton,
    rng: np.random.Generator,
    duration: float,
    fps: float,
) -> Motion:
    """Play a score on a skeleton."""
    count = max(round(duration * fps), 2)
    # A step needs to know where the body is going: plan past the end and cut.
    times = np.arange(count + round(2.0 * fps)) / fps
    plan = score.sample(times)
    _add_sway(plan, person, rng, times)
    offsets = np.asarray(skeleton.rest_offsets, float) @ JOINT_FROM_LINK  # row vectors: C^T o
    for name in ("base_x", "base_y", "base_yaw"):
        plan[name] = smooth(plan[name], 0.12, fps)
    legs = [Leg.from_offsets(offsets, side) for side in (0, 1)]
    heading = axis_rotation("z", plan["base_yaw"])
    steps = plan_steps(wanted_stance(plan, legs, person), fps, person.step)
    tracks = [
        raise_foot(track, plan[f"{side}_foot_lift"], _held_out(plan, side, leg.sign))
        for side, leg, track in zip(SIDES, legs, steps, strict=True)
    ]
    pelvis, rotation, heels = place_pelvis(plan, legs, tracks, person, fps)

    local = np.broadcast_to(np.eye(3), (len(times), 22, 3, 3)).copy()
    local[:, 0] = rotation
    for side, leg in enumerate(legs):
        limb, world_from_foot = stand_on(leg, tracks[side], heels[side], pelvis, rotation, person)
        local[:, 1 + side] = _between(rotation, limb.world_from_upper)
        local[:, 4 + side] = _between(limb.world_from_upper, limb.world_from_lower)
        local[:, 7 + side] = _between(limb.world_from_lower, world_from_foot)
    _add_upper_body(local, plan, pelvis, rotation, heading, offsets, person, tracks, fps)

    link_from_joint = JOINT_FROM_LINK.T
    joint = JOINT_FROM_LINK @ local @ link_from_joint
    joint[:, 0] = local[:, 0] @ link_from_joint
    return Motion(joint[:count], pelvis[:count], fps)


def _held_out(plan: dict[str, np.ndarray], side: str, sign: float) -> np.ndarray:
    """(N, 2) m, world: where a lifted foot is held beside its place."""
    forward, left = plan[f"{side}_foot_out_x"], sign * plan[f"{side}_foot_out_y"]
    cos, sin = np.cos(plan["base_yaw"]), np.sin(plan["base_yaw"])
    return np.column_stack([cos * forward - sin * left, sin * forward + cos * left])


def _between(world_from_a: np.ndarray, world_from_b: np.ndarray) -> np.ndarray:
    """a_from_b."""
    return np.swapaxes(world_from_a, -1, -2) @ world_from_b


def _add_sway(
    plan: dict[str, np.ndarray], person: Person, rng: np.random.Generator, times: np.ndarray
) -> None:
    sizes = dict(_SWAY)
    sizes.update({f"{side}_arm_{key}": size for side in SIDES for key, size in _ARM_SWAY.items()})
    for channel, size in sizes.items():
        plan[channel] = plan[channel] + wander(times, rng, size * person.sway)
    plan["spine_pitch"] = plan["spine_pitch"] + person.slouch


def _add_upper_body(
    local: np.ndarray,
    plan: dict[str, np.ndarray],
    pelvis: np.ndarray,
    rotation: np.ndarray,
    heading: np.ndarray,
    offsets: np.ndarray,
    person: Person,
    tracks: list[FootTrack],
    fps: float,
) -> None:
    """Fill spine, neck, head and arms into ``local`` (N, 22, 3, 3), link axes."""
    spine = bend_spine(
        plan["spine_pitch"], plan["spine_roll"], plan["spine_yaw"], person.spine_shares
    )
    position, world_from_chest = pelvis, rotation
    for joint, turn in zip((3, 6, 9), spine, strict=True):
        local[:, joint] = turn
        position = position + apply(world_from_chest, offsets[joint])
        world_from_chest = world_from_chest @ turn
    follow = person.gaze_follow
    gaze = bend(
        plan["gaze_pitch"] + follow * (plan["pelvis_pitch"] + plan["spine_pitch"] - person.slouch),
        plan["gaze_roll"] + 0.5 * follow * (plan["pelvis_roll"] + plan["spine_roll"]),
        plan["base_yaw"] + plan["gaze_yaw"] + follow * (plan["pelvis_yaw"] + plan["spine_yaw"]),
    )
    local[:, 12], local[:, 15] = turn_head(world_from_chest, gaze, person.neck_share)

    # Arms swing against the legs, the more the lower they hang.
    stride = np.sum((tracks[1].place[:, :2] - tracks[0].place[:, :2]) * heading[:, :2, 0], -1)
    for side, name in enumerate(SIDES):
        prefix = f"{name}_arm_"
        channels = {key[len(prefix) :]: plan[key] for key in plan if key.startswith(prefix)}
        hanging = np.clip(-1.6 * channels["z"] - 0.5, 0.0, 1.0)
        swing = person.arm_swing * hanging * stride * (0.5 - side) * 2.0
        channels["x"] = channels["x"] + swing * 0.6
        channels["z"] = channels["z"] + 0.25 * np.abs(swing)
        parts = bend_arm(
            Arm.from_offsets(offsets, side),
            channels,
            position,
            world_from_chest,
            heading,
            person.twist_share,
            fps,
        )
        for joint, part in zip((13, 16, 18, 20), parts, strict=True):
            local[:, joint + side] = part
