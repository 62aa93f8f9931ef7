# SPDX-License-Identifier: Apache-2.0
"""The pelvis over the feet: where the feet are wanted, and how the legs carry the body there."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.rotations_numpy import apply
from kinest_ros.motion.procedural.curves import smooth, smooth_below, soft_min
from kinest_ros.motion.procedural.footsteps import FootTrack
from kinest_ros.motion.procedural.legs import (
    Leg,
    bend_leg,
    fold_height,
    heel_lift,
    place_ankle,
    reach_height,
)
from kinest_ros.motion.procedural.limb_ik import Limb
from kinest_ros.motion.procedural.person import Person
from kinest_ros.motion.procedural.scores import SIDES
from kinest_ros.motion.procedural.trunk import bend

_LOWEST_PULL = 0.6  # of the standing height: feet that are far away pull the pelvis no lower
_CARRIED = 0.13  # m, higher than a stepping foot is lifted
_RELEASE = 5.0  # m of pelvis height per m of foot height beyond that
_FLATTEST_TOES = 2.7  # heel lift (rad) with which a kneeling foot lies stretched on the floor


def wanted_stance(plan: dict[str, np.ndarray], legs: list[Leg], person: Person) -> np.ndarray:
    """(2, N, 3) x, y, yaw that the feet would have if they could slide along."""
    cos, sin = np.cos(plan["base_yaw"]), np.sin(plan["base_yaw"])
    stance = []
    for side, leg in zip(SIDES, legs, strict=True):
        forward = plan[f"{side}_foot_x"] - 0.02
        left = leg.sign * (abs(leg.hip[1]) + person.stance + plan[f"{side}_foot_y"])
        stance.append(
            np.column_stack(
                [
                    plan["base_x"] + cos * forward - sin * left,
                    plan["base_y"] + sin * forward + cos * left,
                    plan["base_yaw"] + leg.sign * plan[f"{side}_foot_yaw"],
                ]
            )
        )
    return np.stack(stance)


def place_pelvis(
    plan: dict[str, np.ndarray],
    legs: list[Leg],
    tracks: list[FootTrack],
    person: Person,
    fps: float,
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """Pelvis position (N, 3), rotation (N, 3, 3) and the heel lift (N,) of both feet."""
    cos, sin = np.cos(plan["base_yaw"]), np.sin(plan["base_yaw"])
    # Over the foot that stands: sideways by a part, so that a step looks like carrying weight.
    middle = np.stack([(plan["base_x"]), (plan["base_y"])], -1)
    load = np.stack([np.where(track.planted, 1.0, 0.0) for track in tracks])
    load = smooth((load / np.maximum(load.sum(0), 1.0)).T, 0.12, fps).T
    feet = np.stack([track.place[:, :2] for track in tracks])
    gap = smooth(np.sum(load[..., None] * feet, 0) - feet.mean(0), 0.08, fps)
    aside = 0.4 * (-sin * gap[:, 0] + cos * gap[:, 1])
    lean = plan["pelvis_pitch"] + 0.6 * plan["spine_pitch"]
    forward = plan["pelvis_x"] - plan["balance"] * 0.17 * np.sin(np.clip(lean, -0.5, 1.7))
    sideways = plan["pelvis_y"] + aside
    pelvis = np.column_stack(
        [
            middle[:, 0] + cos * forward - sin * sideways,
            middle[:, 1] + sin * forward + cos * sideways,
            plan["pelvis_height"] * _standing_height(legs),
        ]
    )
    stride = cos * (feet[1, :, 0] - feet[0, :, 0]) + sin * (feet[1, :, 1] - feet[0, :, 1])
    yaw = plan["base_yaw"] + plan["pelvis_yaw"] + 0.2 * smooth(stride, 0.05, fps)
    roll = plan["pelvis_roll"] + 0.35 * aside
    rotation = bend(plan["pelvis_pitch"], roll, yaw)

    heels, limits, floors = [], [], []
    for side, leg, track in zip(SIDES, legs, tracks, strict=True):
        hip = pelvis + apply(rotation, leg.hip)
        asked = np.minimum(plan[f"{side}_foot_heel"] + track.roll, _FLATTEST_TOES)
        limit = 0.55 + 0.5 * person.knees_out
        needed = np.where(track.planted, heel_lift(leg, track, hip, limit), 0.0)
        heel = smooth(np.maximum(asked, np.where(track.planted, needed, asked)), 0.04, fps)
        heels.append(heel)
        ankle, _ = place_ankle(leg, track, heel)
        drop = pelvis[:, 2] - hip[:, 2]
        # A foot held up in the air need not be reached: it does not pull the body down.
        free = _RELEASE * np.maximum(track.lift - _CARRIED, 0.0)
        limits.append(reach_height(leg, ankle, hip) + drop + free)
        floors.append(fold_height(leg, ankle, hip) + drop)
    lowest = -smooth_below(-np.maximum(*floors), 0.05, fps)
    pelvis[:, 2] = -soft_min(-pelvis[:, 2], -lowest, 0.006)
    highest = smooth_below(np.minimum(*limits), 0.05, fps)
    # Rather let a foot slip that was set too far away than sit down on the floor for it.
    highest = np.maximum(highest, _LOWEST_PULL * _standing_height(legs))
    pelvis[:, 2] = soft_min(pelvis[:, 2], highest, 0.006)
    return pelvis, rotation, heels


def _standing_height(legs: list[Leg]) -> float:
    """Pelvis height (m) over legs that are all but straight."""
    leg = legs[0]
    return leg.ankle_height + 0.996 * leg.length - float(leg.hip[2])


def stand_on(
    leg: Leg,
    track: FootTrack,
    heel: np.ndarray,
    pelvis: np.ndarray,
    rotation: np.ndarray,
    person: Person,
) -> tuple[Limb, np.ndarray]:
    """Solve one leg from the placed pelvis to its foot; returns it with world_from_foot."""
    hip = pelvis + apply(rotation, leg.hip)
    ankle, world_from_foot = place_ankle(leg, track, heel)
    bent = np.clip(1.0 - np.linalg.norm(hip - ankle, axis=-1) / leg.length, 0.0, 1.0)
    pelvis_yaw = np.arctan2(rotation[:, 1, 0], rotation[:, 0, 0])
    turned = np.angle(np.exp(1j * (track.place[:, 2] - pelvis_yaw)))
    # A foot that tips far over (kneeling) says nothing about where its knee points.
    outward = leg.sign * person.knees_out * np.clip(2.0 * bent, 0.0, 1.0)
    outward *= np.clip(1.0 - heel, 0.2, 1.0)
    return bend_leg(leg, hip, ankle, pelvis_yaw + 0.7 * turned + outward), world_from_foot
