# SPDX-License-Identifier: Apache-2.0
"""Controllers and tracked hands: which of them a pose was held with, and that both are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kinest_ros.body.joints import HAND_SLOTS, SLOTS
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.tracking.frame import DEVICES

if TYPE_CHECKING:
    from kinest_ros.calibration.mounts import MountEstimate
    from kinest_ros.calibration.samples import Samples

HANDS = SLOTS[HAND_SLOTS]
#: What the source calls a device, as a key of `kinest_ros.calibration.devices.HAND_DEVICES`.
_KNOWN = {"controller": "controller", "hand": "wrist"}
_WORDS = {"": "what nobody named", "controller": "a controller", "hand": "a tracked hand"}


def device_of(window: Samples) -> str:
    """Return what both hands' samples come from, one of `DEVICES`.

    Raises:
        Refusal: more than one kind of device.
    """
    found = {
        hand: sorted({DEVICES[index] for index in window.tracks[hand].devices.tolist()})
        for hand in HANDS
        if hand in window.tracks
    }
    kinds = sorted({kind for kinds in found.values() for kind in kinds})
    if len(kinds) > 1:
        said = "; ".join(
            f"{hand} was {' and '.join(_WORDS[kind] for kind in kinds)}"
            for hand, kinds in found.items()
        )
        raise Refusal(
            "devices",
            f"the hands were not tracked by one kind of device while the pose was held ({said}): "
            "use controllers in both hands or in none, all the time",
        )
    return kinds[0] if kinds else ""


def prior_of(device: str, hand_device: str) -> str:
    """Return what the hands' offsets are assumed from: what the source says, else the user."""
    return _KNOWN.get(device, hand_device)


def by_kind(
    found: Mapping[str, MountEstimate], device: str
) -> tuple[dict[str, MountEstimate], dict[str, MountEstimate]]:
    """Return the mounts of controllers and of all but the hands, and those of tracked hands."""
    if device != "hand":
        return dict(found), {}
    hands = {slot: mount for slot, mount in found.items() if slot in HANDS}
    return {slot: mount for slot, mount in found.items() if slot not in HANDS}, hands
