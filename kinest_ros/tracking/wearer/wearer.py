# SPDX-License-Identifier: Apache-2.0
"""Who wears the trackers, as far as it is known when a tracker is built."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.wearer.stature import INITIAL_STATURE


@dataclass(frozen=True)
class Wearer:
    """Skeleton and settings.

    Attributes:
        skeleton: of the wearer.
        estimate_stature: whether its stature is still to be estimated.
        settings: mounts, floor and the like.
        arm_growth: how much longer than the skeleton's the arms were found to be earlier.
    """

    skeleton: Skeleton
    estimate_stature: bool
    settings: TrackerSettings
    arm_growth: float = 1.0

    @classmethod
    def given(
        cls,
        settings: TrackerSettings,
        stature: float | None = None,
        skeleton_file: str | Path | None = None,
    ) -> Wearer:
        """Return the wearer without a calibration: a skeleton file comes before the stature.

        Args:
            settings: with the mounts that were given.
            stature: body height in m; None or 0 where it is not known: then it is estimated from
                the head's height over time.
            skeleton_file: .npz with rest_offsets (22, 3); None or empty where there is none.

        Raises:
            KinestError: a skeleton file that cannot be read, an implausible stature.
        """
        if skeleton_file:
            return cls(Skeleton.load(skeleton_file), False, settings)
        if stature:
            return cls(Skeleton.from_stature(stature), False, settings)
        return cls(Skeleton.from_stature(INITIAL_STATURE, "assumed stature"), True, settings)
