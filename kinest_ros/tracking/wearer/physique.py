# SPDX-License-Identifier: Apache-2.0
"""The wearer's bones over time: given, or estimated from how high the head is held."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.wearer.arm_growth import ArmGrowth
from kinest_ros.tracking.wearer.bones import Bones
from kinest_ros.tracking.wearer.stature import StatureEstimator

#: Changes of the arms' length that make another skeleton to be described.
DESCRIBED_STEP = 0.02


class Physique:
    """The skeleton that holds now, and the bones that are on their way to it.

    Attributes:
        skeleton: the one that is assumed; the network is told of it.
        estimator: of the stature; None where that is known.
        arms: how much longer than the skeleton's they are.
    """

    def __init__(
        self,
        skeleton: Skeleton,
        estimate_stature: bool,
        tick_rate: float,
        arms_known: bool = False,
    ) -> None:
        """Start with a skeleton; it is replaced when the stature is estimated.

        Args:
            skeleton: of the wearer.
            estimate_stature: whether its stature is a guess.
            tick_rate: Hz.
            arms_known: whether its arms are the wearer's own, and must not grow.
        """
        self.skeleton = self._first = skeleton
        self.estimator = StatureEstimator() if estimate_stature else None
        self._bones = Bones(skeleton.rest_offsets, tick_rate)
        self.arms = ArmGrowth(tick_rate, arms_known)
        self._remembered = 1.0
        self._grown = (skeleton.rest_offsets, 1.0, skeleton.rest_offsets)
        self._described = (skeleton, 1.0, skeleton)

    @property
    def rest_offsets(self) -> np.ndarray:
        """The bones in use, (22, 3) m; the same array while they stay the same."""
        bones, factor, grown = self._grown
        if bones is not self._bones.offsets or factor != self.arms.factor:
            bones, factor = self._bones.offsets, self.arms.factor
            grown = self.arms.grown(bones)
            self._grown = (bones, factor, grown)
        return grown

    @property
    def described(self) -> Skeleton:
        """The skeleton with its arms as long as they are, to two percent."""
        skeleton, factor, described = self._described
        if skeleton is not self.skeleton or abs(factor - self.arms.factor) >= DESCRIBED_STEP:
            skeleton, factor = self.skeleton, self.arms.factor
            described = skeleton
            if factor != 1.0:
                name = f"{skeleton.name}, arms {100.0 * (factor - 1.0):.0f} % longer"
                described = Skeleton(self.arms.grown(skeleton.rest_offsets), name)
            self._described = (skeleton, factor, described)
        return described

    @property
    def stature_known(self) -> bool:
        """Whether somebody or the head's height has told it."""
        return self.estimator is None or self.estimator.known

    def become(self, skeleton: Skeleton, at_once: bool, arm_growth: float = 1.0) -> None:
        """Take a skeleton that is known: it is not estimated any more.

        Args:
            skeleton: of the wearer.
            at_once: without growing there.
            arm_growth: how much longer than its own the arms were found to be.
        """
        self.estimator = None
        self._remembered = arm_growth
        self.arms.known = skeleton.own
        self.arms.start(arm_growth)
        self.skeleton = self._first = skeleton
        self._bones.grow(skeleton.rest_offsets)
        if at_once:
            self._bones.finish()

    def look(
        self,
        index: int,
        height: float,
        upright: float,
        place: tuple[float, float] | None = None,
    ) -> bool:
        """Take a tick (see `StatureEstimator.look`); return whether the skeleton changed."""
        if self.estimator is None or not self.estimator.look(index, height, upright, place):
            return False
        self.skeleton = Skeleton.from_stature(self.estimator.stature, "estimated stature")
        self._bones.grow(self.skeleton.rest_offsets)
        return True

    def meet(self, positions: np.ndarray, hands: np.ndarray, met: np.ndarray) -> None:
        """Take where the joints (22, 3) are before the hands (2, 3) are met; see `ArmGrowth`."""
        self.arms.look(positions, hands, met, self.skeleton.rest_offsets)

    def remember_arms(self) -> float:
        """Begin with arms as long as they are now after each reset; return the factor."""
        self._remembered = self.arms.factor
        return self._remembered

    def headset_was_off(self) -> None:
        """Note that somebody else may wear it now; the skeleton stays until they are measured."""
        if self.estimator is not None:
            self.estimator.forget()
            self.arms.start(1.0)

    def advance(self, ticks: int) -> bool:
        """Let the bones grow for some ticks; return whether they changed."""
        return self._bones.advance(ticks)

    def reset(self) -> bool:
        """Be as at the start, at once; return whether the skeleton changed."""
        if self.estimator is not None:
            self.estimator.reset()
        changed = self.skeleton is not self._first
        self.skeleton = self._first
        self.arms.start(self._remembered)
        self._bones.set(self._first.rest_offsets)
        return changed
