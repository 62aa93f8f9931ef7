# SPDX-License-Identifier: Apache-2.0
"""The wearer's bones over time: given, or estimated from how high the head is held."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.wearer.bones import Bones
from kinest_ros.tracking.wearer.stature import StatureEstimator


class Physique:
    """The skeleton that holds now, and the bones that are on their way to it."""

    def __init__(self, skeleton: Skeleton, estimate_stature: bool, tick_rate: float) -> None:
        """Start with a skeleton; it is replaced when the stature is estimated."""
        self.skeleton = self._first = skeleton
        self.estimator = StatureEstimator() if estimate_stature else None
        self._bones = Bones(skeleton.rest_offsets, tick_rate)

    @property
    def rest_offsets(self) -> np.ndarray:
        """The bones in use, (22, 3) m; the same array while they stay the same."""
        return self._bones.offsets

    @property
    def stature_known(self) -> bool:
        """Whether somebody or the head's height has told it."""
        return self.estimator is None or self.estimator.known

    def become(self, skeleton: Skeleton, at_once: bool) -> None:
        """Take a skeleton that is known: it is not estimated any more."""
        self.estimator = None
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

    def headset_was_off(self) -> None:
        """Note that somebody else may wear it now; the skeleton stays until they are measured."""
        if self.estimator is not None:
            self.estimator.forget()

    def advance(self, ticks: int) -> bool:
        """Let the bones grow for some ticks; return whether they changed."""
        return self._bones.advance(ticks)

    def reset(self) -> bool:
        """Be as at the start, at once; return whether the skeleton changed."""
        if self.estimator is not None:
            self.estimator.reset()
        changed = self.skeleton is not self._first
        self.skeleton = self._first
        self._bones.set(self._first.rest_offsets)
        return changed
