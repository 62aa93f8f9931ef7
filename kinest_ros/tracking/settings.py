# SPDX-License-Identifier: Apache-2.0
"""What a BodyTracker can be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kinest_ros.body.joints import HAND_SLOTS, SLOTS
from kinest_ros.errors import KinestError
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.devices.mount import Mount
from kinest_ros.tracking.sampling.resampler import PATIENCE

#: Longest patience, s: bodies that are later than this are of no use.
MAX_PATIENCE = 1.0


@dataclass(frozen=True)
class TrackerSettings:
    """How tracker poses are read and how closely the body keeps to them.

    Attributes:
        input_basis: axes of the incoming poses, one of `kinest_ros.tracking.devices.basis.BASES`.
        mounts: pose of the body link in the tracker's axes, by slot; identity where left out.
        hand_mounts: the same for tracked hands, by hand, where the source tells them from
            controllers; see `kinest_ros.tracking.devices.device_mounts`.
        tracker_timeout: s without a sample after which a tracker is lost.
        timeouts: the same for single trackers, by slot; tracker_timeout where left out.
        patience: s, how far the head may be past a tick that waits for another tracker; then that
            one is extrapolated.
        frozen_timeout: s after which a pose that repeats to the last bit, while its stamps go on,
            counts as lost; 0: never, nor does a headset that lies still: for simulated people
            without noise.
        snap_wrists: move the arms so that tracked wrists are met exactly, within reach.
        snap_rotations: give the head and tracked wrists the rotations of their trackers.
        snap_body: bend the spine and move the legs so that a tracked pelvis and tracked feet are
            met, within reach, and give them the rotations of their trackers.
        smooth_posture: take the tremor out of the posture relative to the head's heading.
        foot_lock: keep feet that stand from sliding, and feet above the floor.
        max_recovery_speed: m/s, the most that catching up with a tracker that was lost or came
            back adds to the speed of any joint. The network's new estimate of the rest of the body
            adds some more: the default keeps all of it together at about 3 m/s.
        floor_height: z of the floor in the trackers' frame, m.
        swap_hands: take what is called left_hand for the right one, and the reverse.
    """

    input_basis: str = "ros"
    mounts: Mapping[str, Mount] = field(default_factory=dict)
    hand_mounts: Mapping[str, Mount] = field(default_factory=dict)
    tracker_timeout: float = 0.25
    timeouts: Mapping[str, float] = field(default_factory=dict)
    patience: float = PATIENCE
    frozen_timeout: float = 1.0
    snap_wrists: bool = True
    snap_rotations: bool = True
    snap_body: bool = True
    smooth_posture: bool = True
    foot_lock: bool = True
    max_recovery_speed: float = 2.55
    floor_height: float = 0.0
    swap_hands: bool = False

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            KinestError: naming the setting, its value and what it may be.
        """
        basis_matrices(self.input_basis)
        for what, by_slot in (("mount", self.mounts), ("timeout", self.timeouts)):
            for slot in by_slot:
                if slot not in SLOTS:
                    raise KinestError(f"{what} for unknown slot '{slot}'; use {', '.join(SLOTS)}")
        for slot in self.hand_mounts:
            if slot not in SLOTS[HAND_SLOTS]:
                raise KinestError(
                    f"hand_mount for '{slot}', which is no hand; use {', '.join(SLOTS[HAND_SLOTS])}"
                )
        named = {f"timeout of {slot}": value for slot, value in self.timeouts.items()}
        for name, value in {"tracker_timeout": self.tracker_timeout, **named}.items():
            if not 0.03 <= value <= 10.0:
                raise KinestError(f"{name} is {value}; it must lie in [0.03, 10] s")
        if not 0.0 <= self.patience <= MAX_PATIENCE:
            raise KinestError(
                f"patience is {self.patience}; it must lie in [0, {MAX_PATIENCE:g}] s"
            )
        if not (self.frozen_timeout == 0.0 or 0.1 <= self.frozen_timeout <= 3600.0):
            raise KinestError(
                f"frozen_timeout is {self.frozen_timeout}; it must be 0 (never) or lie in "
                "[0.1, 3600] s"
            )
        if not 0.1 <= self.max_recovery_speed <= 100.0:
            raise KinestError(
                f"max_recovery_speed is {self.max_recovery_speed}; it must lie in [0.1, 100] m/s"
            )
        if not -10.0 <= self.floor_height <= 10.0:
            raise KinestError(f"floor_height is {self.floor_height}; it must lie in [-10, 10] m")

    def timeout_of(self, slot: str) -> float:
        """Return the seconds without a sample after which the tracker of a slot is lost."""
        return self.timeouts.get(slot, self.tracker_timeout)
