# SPDX-License-Identifier: Apache-2.0
"""How large the errors of the finished pose are, given what is known at a tick.

The network says how large it expects its own errors to be. It learns that on the people it learns
from, and it does not see what the steps after it do. Here its word is scaled by what shows live
how well it knows this person: how far its wrists are from the hand trackers before they are moved
there, and how far its lower foot is from the floor. Joints with trackers are known otherwise: they
are off by what is left to their tracker, and by the tracker's own error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from kinest_ros.body.joints import HEAD_SLOT, JOINT_NAMES, NUM_JOINTS, SLOT_JOINTS, SLOTS
from kinest_ros.errors import KinestError

#: m, what a tracker with its mount is taken to be off by.
TRACKER_ERROR = 0.005
#: m, the misfit at which the network's word is neither raised nor lowered, and what is added to
#: every misfit: no smaller one says anything.
TYPICAL_MISFIT, LEAST_MISFIT = 0.05, 0.02
#: m, what bones that are a little too long or short leave to the trackers: that is in the factors.
#: More says that tracker and body contradict each other, and puts all of the limb in doubt.
TOLERATED = 0.10
#: m, the largest error that is expected of a joint without a tracker: no limb reaches farther, so
#: this stands for knowing nothing of it.
LARGEST_ERROR = 1.0

_Misfit = TypeVar("_Misfit", float, np.ndarray)
_SLOT_JOINTS = np.array(SLOT_JOINTS)
_USUAL_SLOTS = ("head", "left_hand", "right_hand")


def _helper(joint: str) -> int:
    """Return the slot whose tracker says most about a joint."""
    side, _, part = joint.partition("_")
    if part in ("knee", "ankle", "foot"):
        return SLOTS.index(f"{side}_foot")
    if part in ("collar", "shoulder", "elbow", "wrist"):
        return SLOTS.index(f"{side}_hand")
    return SLOTS.index("head" if joint in ("neck", "head") else "pelvis")


#: (22,) the slot whose tracker helps each joint most.
HELPERS = np.array([_helper(name) for name in JOINT_NAMES])
_BY_BODY_TRACKERS = np.isin(HELPERS, [SLOTS.index(s) for s in SLOTS if s not in _USUAL_SLOTS])


@dataclass(frozen=True)
class Evidence:
    """What is known of a body's errors at one tick, or at N of them, stacked.

    Attributes:
        sigma: (..., 22) m, the position errors that the network expects of itself.
        valid: (..., 6) bool, slots with a tracker.
        residuals: (..., 6) m, how far the joints of the finished pose are from those trackers;
            anything where not valid.
        hands: (...,) m, how far the network's wrists were from their trackers of late.
        floor: (...,) m, how far its lower foot was from the floor of late.
    """

    sigma: np.ndarray
    valid: np.ndarray
    residuals: np.ndarray
    hands: np.ndarray
    floor: np.ndarray

    @property
    def helped(self) -> np.ndarray:
        """(..., 22) bool, joints whose limb or trunk has a tracker."""
        return self.valid[..., HELPERS]


@dataclass(frozen=True)
class ErrorModel:
    """Corrects what the network expects of its errors; fitted to held-out motion.

    A joint without a tracker of its own is expected to be off by
    `factor * sigma * hands' ** hands_power * floor' ** floor_power`, the misfits relative to the
    typical one; where a pelvis or foot tracker helps (HELPERS), by `factor * sigma`; never by more
    than LARGEST_ERROR. What is left to a tracker beyond TOLERATED adds to all joints of its limb
    (`contradiction`). As it is made by default, it corrects nothing but joints with trackers.

    Attributes:
        alone: (22,) factors of joints whose limb has no tracker.
        helped: (22,) factors of joints whose limb has one (HELPERS).
        hands_power: how much the misfit of the hands says.
        floor_power: how much that of the floor says.
    """

    alone: np.ndarray = field(default_factory=lambda: np.ones(NUM_JOINTS))
    helped: np.ndarray = field(default_factory=lambda: np.ones(NUM_JOINTS))
    hands_power: float = 0.0
    floor_power: float = 0.0

    def sizes(self, evidence: Evidence) -> np.ndarray:
        """Return the expected position errors (..., 22), m."""
        scale = misfit_scale(evidence, self.hands_power, self.floor_power)
        factors = np.where(evidence.helped, self.helped, self.alone)
        said: np.ndarray = evidence.sigma * factors * scale
        said = np.hypot(said, contradiction(evidence))
        # Infinite is of a network that says nothing of its errors: that stays.
        sizes = np.where(np.isfinite(said), np.minimum(said, LARGEST_ERROR), said)
        left = np.hypot(evidence.residuals, TRACKER_ERROR)
        sizes[..., _SLOT_JOINTS] = np.where(evidence.valid, left, sizes[..., _SLOT_JOINTS])
        return sizes

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, factors by joint."""
        return {
            "alone": _by_joint(self.alone),
            "helped": _by_joint(self.helped),
            "hands_power": round(self.hands_power, 4),
            "floor_power": round(self.floor_power, 4),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ErrorModel:
        """Read what as_dict made; more keys may be there.

        Raises:
            KinestError: a value that is missing or not usable.
        """
        try:
            tables = [
                np.array([float(values[name][joint]) for joint in JOINT_NAMES])
                for name in ("alone", "helped")
            ]
            powers = [float(values[name]) for name in ("hands_power", "floor_power")]
        except (KeyError, TypeError, ValueError) as error:
            raise KinestError(
                f"the correction of the confidence cannot be read ({error}); make it again with "
                "kinest calibrate-confidence, or take it out"
            ) from error
        positive = all((table > 0.0).all() and np.isfinite(table).all() for table in tables)
        if not positive or not np.isfinite(powers).all():
            raise KinestError(
                "the correction of the confidence has factors that are not positive; make it again "
                "with kinest calibrate-confidence, or take it out"
            )
        return cls(tables[0], tables[1], powers[0], powers[1])


#: Of weights that were not calibrated.
UNCORRECTED = ErrorModel()


def factors_by_misfit(model: ErrorModel, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return factors (22,) of joints with trackers (6,) that misfits do not and do scale."""
    helped = valid[HELPERS]
    factors = np.where(helped, model.helped, model.alone)
    unscaled = helped & _BY_BODY_TRACKERS
    return np.where(unscaled, factors, 0.0), np.where(unscaled, 0.0, factors)


def misfit_scale(evidence: Evidence, hands_power: float, floor_power: float) -> np.ndarray:
    """Return what the misfits raise or lower the expected errors by (..., 22)."""
    scale = np.asarray(relative_misfit(evidence.hands)) ** hands_power
    scale = scale * np.asarray(relative_misfit(evidence.floor)) ** floor_power
    return np.where(evidence.helped & _BY_BODY_TRACKERS, 1.0, scale[..., None])


def contradiction(evidence: Evidence) -> np.ndarray:
    """Return how far the trackers are from where the body can have them, by joint (..., 22), m.

    By the tracker of the limb (HELPERS), or by the head's, from which all of the body hangs.
    """
    over = np.where(evidence.valid, np.maximum(evidence.residuals - TOLERATED, 0.0), 0.0)
    return np.maximum(over[..., HELPERS], over[..., HEAD_SLOT, None])


def relative_misfit(misfit: _Misfit) -> _Misfit:
    """Return misfits, m, relative to the typical one; 1 at that."""
    return (misfit + LEAST_MISFIT) / (TYPICAL_MISFIT + LEAST_MISFIT)


def _by_joint(factors: np.ndarray) -> dict[str, float]:
    return {name: round(float(v), 4) for name, v in zip(JOINT_NAMES, factors, strict=True)}
