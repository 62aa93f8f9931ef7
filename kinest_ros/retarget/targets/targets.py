# SPDX-License-Identifier: Apache-2.0
"""All targets of a frame: the human in the robot's proportions."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kinest_ros.retarget.targets.easing import Follower
from kinest_ros.retarget.targets.foot_lock import FootHold, SoleTarget
from kinest_ros.retarget.targets.human import CHEST, ENDS, HEAD, PELVIS, ROOTS, Build, Human
from kinest_ros.retarget.targets.limb_frames import bone_rotations
from kinest_ros.retarget.targets.proportions import LINK_FROM_SMPL, Proportions

_LEFT_HIP, _RIGHT_HIP = ROOTS[:2].tolist()
_ARM_BONES = [2, 3, 6, 7]
_ANKLES, _WRISTS, _SHOULDERS = ENDS[:2], ENDS[2:], ROOTS[2:]
#: Lengths of an arm, by which hands leave the bones' way for their scaled place by default.
MOST = 0.04
#: Share of a leg's length beyond which a standing leg is not stretched.
EXTENSION = 0.985
#: m, over which the pelvis begins to give way to a leg that would be stretched.
SOFT_REACH = 0.02
#: rad/s, stiffness with which the pelvis comes down and up again.
SINK = 20.0


@dataclass
class Targets:
    """What the robot is to do.

    Attributes:
        pelvis: (3, 3) world rotation, of SMPL T-pose axes.
        hips: (3,) m, middle of the hip centres.
        chest: (3, 3).
        head: (3, 3).
        bones: (8, 3, 3) of upper and lower bones: legs, arms, then legs, arms.
        frames: (8, 3, 3) columns direction, flexion axis, product.
        hands: (2, 3) m, wrist from shoulder.
        hand_rotations: (2, 3, 3).
        soles: left and right; empty without legs.
    """

    pelvis: np.ndarray
    hips: np.ndarray
    chest: np.ndarray
    head: np.ndarray
    bones: np.ndarray
    frames: np.ndarray
    hands: np.ndarray
    hand_rotations: np.ndarray
    soles: list[SoleTarget]


class TargetMaker:
    """Makes targets of bodies, one after another; remembers where feet stand."""

    def __init__(
        self, proportions: Proportions, arms: str = "blend", lock: bool = True, legs: bool = True
    ) -> None:
        """Know the robot.

        Args:
            proportions: of the robot.
            arms: "direction": the hand where the bones' directions put it; "position": at the
                human's place scaled by the arms' lengths; "blend": likewise, but not far from
                where the directions put it.
            lock: hold standing feet.
            legs: they are moved.
        """
        self._robot = proportions
        self._most = {"direction": 0.0, "blend": MOST, "position": np.inf}[arms]
        self._lock = lock
        self._holds: list[FootHold] = []
        self._lowered = Follower()
        self._bones = np.concatenate([proportions.upper[2:], proportions.lower[2:]])[:, None]
        self._arm_lengths = proportions.upper[2:] + proportions.lower[2:]
        self._lengths = (proportions.upper + proportions.lower).tolist()
        for limb in proportions.limbs[: 2 if legs else 0]:
            if limb is not None and limb.sole is not None:
                foot = LINK_FROM_SMPL @ limb.end_from_human.T
                self._holds.append(
                    FootHold(
                        foot @ (limb.sole.toe - limb.end_in_end),
                        foot @ (limb.sole.heel - limb.end_in_end),
                    )
                )
        self.reset()

    def reset(self) -> None:
        """Forget where feet stand."""
        for hold in self._holds:
            hold.reset()
        self._lowered.reset()

    @property
    def standing(self) -> list[bool]:
        """Which feet are held."""
        return [hold.held for hold in self._holds]

    def make(
        self,
        human: Human,
        feet: list[tuple[np.ndarray, np.ndarray]],
        dt: float,
    ) -> Targets:
        """Return the frame's targets.

        Args:
            human: the body.
            feet: of the robot as it is: ankle (3,) m, and axes (3, 3) forward, left, up.
            dt: s since the last frame.
        """
        robot, build = self._robot, Build.of(human)
        scale = robot.leg / max(build.leg, 1e-3)
        bones, frames, directions, _ = bone_rotations(human)
        places = human.positions
        hips = scale * 0.5 * (places[_LEFT_HIP] + places[_RIGHT_HIP])
        lift = robot.ankle_height - scale * build.ankle_height
        hips[2] += lift
        soles: list[SoleTarget] = []
        if self._holds:
            x, y = human.rotations[PELVIS, :2, 0].tolist()
            wider = 0.5 * (robot.hip_width - scale * build.hip_width) / max(math.hypot(x, y), 1e-9)
            aside = np.array((wider * x, wider * y, 0.0))
            ankles = scale * places[_ANKLES]
            ankles[:, 2] += lift
            ankles[0] += aside
            ankles[1] -= aside
            axes = human.rotations[_ANKLES] @ LINK_FROM_SMPL.T
            contacts = human.contacts.tolist() if self._lock else (0.0, 0.0)
            for side, hold in enumerate(self._holds):
                soles.append(hold.update(ankles[side], axes[side], contacts[side], feet[side], dt))
            hips[2] -= self._lower(hips, human, soles, dt)
        hands = self._hands(places, build, directions)
        return Targets(
            pelvis=human.rotations[PELVIS],
            hips=hips,
            chest=human.rotations[CHEST],
            head=human.rotations[HEAD],
            bones=bones,
            frames=frames,
            hands=hands,
            hand_rotations=human.rotations[_WRISTS],
            soles=soles,
        )

    def _hands(self, places: np.ndarray, build: Build, directions: np.ndarray) -> np.ndarray:
        if not self._robot.has[2]:
            return np.zeros((2, 3))
        bones = self._bones * directions[_ARM_BONES]
        by_direction = bones[:2] + bones[2:]
        if self._most == 0.0:
            return by_direction
        scale = self._arm_lengths / np.maximum(build.upper[2:] + build.lower[2:], 1e-3)
        scaled = scale[:, None] * (places[_WRISTS] - places[_SHOULDERS])
        apart = scaled - by_direction
        # Arms of other proportions than the person's are not bent out of their directions.
        reach = np.sqrt(np.einsum("ni,ni->n", apart, apart)) / (self._most * self._arm_lengths)
        return np.asarray(by_direction + apart / np.sqrt(1.0 + reach * reach)[:, None])

    def _lower(self, hips: np.ndarray, human: Human, soles: list[SoleTarget], dt: float) -> float:
        """Return by how much the hips have to come down, m, so that standing legs can reach."""
        need = 0.0
        half = 0.5 * self._robot.hip_width * human.rotations[PELVIS][:, 0]
        for sign, sole, length in zip((1.0, -1.0), soles, self._lengths, strict=False):
            if sole.hold <= 0.0:
                continue
            x, y, z = (hips + sign * half - sole.position).tolist()
            reach = EXTENSION * length
            height = math.sqrt(max(reach * reach - x * x - y * y, (0.3 * length) ** 2))
            over = max(z - height + 0.5 * SOFT_REACH, 0.0)
            soft = (
                over * over / (2.0 * SOFT_REACH) if over < SOFT_REACH else over - 0.5 * SOFT_REACH
            )
            need = max(need, sole.hold * soft)
        return max(self._lowered.follow(need, SINK, dt), 0.0)
