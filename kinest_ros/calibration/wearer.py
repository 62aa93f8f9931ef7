# SPDX-License-Identifier: Apache-2.0
"""What a BodyTracker is told about its wearer, from all that the user may have given.

What is set explicitly comes before the calibration, and the calibration before defaults:

- skeleton: a skeleton file; else the stature given (with the calibration's arm span); else the
  calibration; else it is estimated while running.
- mount of a slot: the one given, unless it is the identity; else the calibration's; else the
  identity.
- mount of a tracked hand, where the source tells it from a controller: likewise, and in the end
  OpenXR's definition (`kinest_ros.tracking.devices.device_mounts`).
- floor height and exchanged hands: from the calibration alone.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kinest_ros.calibration.hand_kinds import HANDS
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.tracking.wearer.wearer import Wearer

if TYPE_CHECKING:  # it brings scipy, which who has no calibration does without
    from kinest_ros.calibration.calibration import Calibration


def wearer(
    settings: TrackerSettings,
    stature: float | None = None,
    skeleton_file: str | Path | None = None,
    calibration: Calibration | None = None,
) -> Wearer:
    """Bring parameters and calibration together.

    Args:
        settings: with the mounts that were given.
        stature: body height in m; None or 0 where it was not given.
        skeleton_file: .npz with rest_offsets; None or empty where it was not given.
        calibration: if there is one.

    Raises:
        KinestError: a skeleton file that cannot be read, an implausible stature.
    """
    who = Wearer.given(settings, stature, skeleton_file)
    if calibration is None:
        return who
    skeleton = who.skeleton
    if not skeleton_file:
        skeleton = calibration.skeleton_for(stature) if stature else calibration.skeleton
    measured = {slot: found.mount for slot, found in calibration.mounts.items()}
    given = {slot: mount for slot, mount in settings.mounts.items() if mount != Mount()}
    hands = calibration.hand_mounts
    if not hands and calibration.hand_device == "wrist":
        # Calibrated when the source did not tell: of all devices, they are tracked hands'.
        hands = {hand: calibration.mounts[hand] for hand in HANDS if hand in measured}
    seen = {hand: found.mount for hand, found in hands.items()}
    said = {hand: mount for hand, mount in settings.hand_mounts.items() if mount != Mount()}
    settings = replace(
        settings,
        mounts={**measured, **given},
        hand_mounts={**seen, **said},
        floor_height=calibration.floor_height.value,
        swap_hands=calibration.hands_swapped,
    )
    growth = 1.0 if skeleton.own else calibration.arm_growth
    return Wearer(skeleton, False, settings, growth)
