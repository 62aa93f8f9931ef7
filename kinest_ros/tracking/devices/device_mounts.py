# SPDX-License-Identifier: Apache-2.0
"""A hand is held by a controller or tracked by itself, and each has a mount of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from kinest_ros.body.joints import NUM_SLOTS, SLOTS
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.frame import DEVICES

_QUARTER = math.pi / 2.0
#: tracker_from_link of a device that is said to be of a kind and was not calibrated, by OpenXR's
#: definition of the kind's pose and the basis' renaming of its axes. A grip pose is the middle of
#: the fist: x towards the thumb, z back to the wrist. A tracked hand reports the wrist: x along the
#: fingers, z out of the back of the hand.
DEFAULT_MOUNTS: Mapping[str, Mapping[str, Mount]] = {
    "controller": {
        "left_hand": Mount((0.0, 0.0, 0.08), (-_QUARTER, 0.0, 0.0)),
        "right_hand": Mount((0.0, 0.0, 0.08), (_QUARTER, 0.0, 0.0)),
    },
    "hand": {
        "left_hand": Mount((0.0, 0.0, 0.0), (0.0, 0.0, -_QUARTER)),
        "right_hand": Mount((0.0, 0.0, 0.0), (0.0, 0.0, _QUARTER)),
    },
}
_SLOTS = np.arange(NUM_SLOTS)


def mount_of(
    slot: str, device: str, mounts: Mapping[str, Mount], hand_mounts: Mapping[str, Mount]
) -> Mount:
    """Return the mount of a slot while a device of a kind is used there.

    Args:
        slot: where.
        device: one of `DEVICES`.
        mounts: by slot, of controllers and of all whose kind is not known.
        hand_mounts: by slot, of tracked hands.

    Returns:
        The one given, unless it is the identity; else the default of the kind; else the identity.
    """
    given = (hand_mounts if device == "hand" else mounts).get(slot, Mount())
    default = DEFAULT_MOUNTS.get(device, {}).get(slot)
    if device == "hand" and default is None:
        return mounts.get(slot, Mount())
    return default if default is not None and given == Mount() else given


class MountTable:
    """The mounts of all slots for what is tracked there at a tick."""

    def __init__(self, mounts: Mapping[str, Mount], hand_mounts: Mapping[str, Mount]) -> None:
        """Fill the table; see `mount_of`."""
        table = [
            [mount_of(slot, device, mounts, hand_mounts) for slot in SLOTS] for device in DEVICES
        ]
        self._positions = np.array([[mount.xyz for mount in row] for row in table])[..., None]
        self._table = table
        self._key = b""
        self._found: tuple[np.ndarray, np.ndarray] | None = None

    def of(self, devices: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return positions (6, 3, 1) m and rotations (6, 3, 3), tracker_from_link.

        None where all of them are the identity.

        Args:
            devices: (6,) indices of `DEVICES`.
        """
        key = devices.tobytes()
        if key != self._key:
            self._key = key
            places = self._positions[devices, _SLOTS]
            # Of those in use alone: a mount that is turned needs more than numpy.
            rows = enumerate(devices.tolist())
            turns = np.array([self._table[device][slot].rotation for slot, device in rows])
            moved = places.any() or (turns != np.eye(3)).any()
            self._found = (places, turns) if moved else None
        return self._found
