# SPDX-License-Identifier: Apache-2.0
"""A calibration: everything known of the wearer of the trackers, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.axes import KNOWN, MIRRORED, fitting_bases, forward_evidence
from kinest_ros.calibration.body_size import Value, body_size
from kinest_ros.calibration.hand_kinds import by_kind, device_of, prior_of
from kinest_ros.calibration.held_pose import HOLD_SECONDS, HeldPose, held_pose
from kinest_ros.calibration.mounts import MountEstimate, mounts
from kinest_ros.calibration.proportions import Proportions, with_arm_span
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.calibration.samples import Samples

#: Refusals that wrong axes can be the cause of.
_AXES_MAY_BE_WRONG = ("head_not_level", "head_turned", "no_pose", "arms_bent", "height")


@dataclass(frozen=True)
class Calibration:
    """What was found out about a person and the devices; lengths in m, angles in rad.

    Attributes:
        pose: "T" or "I".
        stature: body height.
        arm_span: fingertip to fingertip.
        floor_height: z of the floor in the trackers' frame.
        mounts: tracker_from_link by slot; of the hands, with controllers or whatever tracks them
            by default.
        hand_mounts: the same of tracked hands, where the source tells them from controllers.
        hands_swapped: whether the trackers called left_hand and right_hand are exchanged.
        input_basis: axes the poses were read with.
        hand_device: what the hands' offsets were assumed from.
        arm_growth: by which factor arms grew later to meet the hands, in sessions with it.
        residuals: what the fit leaves: `head_height`, `left_reach`, `right_reach` (m), `chi2`.
        warnings: what the user should know.
        created: when, ISO 8601, or empty.
    """

    pose: str
    stature: Value
    arm_span: Value
    floor_height: Value
    mounts: Mapping[str, MountEstimate]
    hand_mounts: Mapping[str, MountEstimate] = field(default_factory=dict)
    hands_swapped: bool = False
    input_basis: str = "ros"
    hand_device: str = "controller"
    arm_growth: float = 1.0
    residuals: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    created: str = ""

    @property
    def skeleton(self) -> Skeleton:
        """The default skeleton scaled to the stature, its arms to the arm span."""
        return self.skeleton_for(self.stature.value)

    def skeleton_for(self, stature: float) -> Skeleton:
        """Return the skeleton with another stature and this arm span."""
        name = f"calibrated, stature {stature:.2f} m, arm span {self.arm_span.value:.2f} m"
        return with_arm_span(Skeleton.from_stature(stature), self.arm_span.value, name)


def calibrate(
    samples: Samples,
    input_basis: str = "ros",
    hand_device: str = "controller",
    stature: float | None = None,
    skeleton: Skeleton | None = None,
    seconds: float = HOLD_SECONDS,
    created: str = "",
) -> Calibration:
    """Calibrate from the last seconds of the samples.

    Args:
        samples: raw samples as received; earlier ones than the pose help to tell the axes.
        input_basis: the axes they are taken to be in.
        hand_device: "controller" or "wrist", where the samples do not tell what they are of.
        stature: body height in m, where the user knows it.
        skeleton: the user's own skeleton; its size and arms are kept.
        seconds: length of the held pose.
        created: time to note down, ISO 8601.

    Raises:
        Refusal: with the reason.
    """
    window = samples.last(seconds)
    declared = window.in_basis(input_basis)
    device = device_of(window)
    try:
        pose = held_pose(declared, seconds)
        return _calibrated(
            pose, samples, input_basis, device, hand_device, stature, skeleton, created
        )
    except Refusal as refusal:
        if refusal.code in _AXES_MAY_BE_WRONG:
            fitting = fitting_bases(samples, window, seconds)
            if fitting and input_basis not in fitting:
                raise Refusal(
                    "axes",
                    f"the axes look wrong: with input_basis '{input_basis}' {refusal}; the same "
                    f"poses are an upright pose with input_basis '{' or '.join(fitting)}': set it",
                ) from None
        raise


def _calibrated(
    pose: HeldPose,
    samples: Samples,
    input_basis: str,
    device: str,
    hand_device: str,
    stature: float | None,
    skeleton: Skeleton | None,
    created: str,
) -> Calibration:
    hand_device = prior_of(device, hand_device)
    known = skeleton is not None
    base = skeleton or Skeleton.from_stature()
    proportions = Proportions.of(base)
    if skeleton is not None:
        stature = skeleton.stature
    size = body_size(pose, proportions, hand_device, stature, arms_known=known)
    found = mounts(pose, size, proportions)
    warnings = [f"no mount for it: {text}" for text in pose.left_out]
    if pose.hands_swapped:
        warnings.append(
            "left and right hand are exchanged: taken into account here; better exchange their "
            "topics and calibrate again"
        )
    if not size.floor_known:
        warnings.append(
            f"the origin is at the head's height and not on the floor; the floor is "
            f"{size.floor_height.value:.2f} m ± {size.floor_height.sigma:.2f} m below"
            + ("" if stature else ": give the stature for a better figure")
        )
    asymmetry = _asymmetry(found)
    if asymmetry > np.radians(35.0):
        warnings.append(
            f"the two hand devices are turned differently, by {np.degrees(asymmetry):.0f}°: was "
            "one palm turned another way than the other?"
        )
    if input_basis in MIRRORED and forward_evidence(samples.in_basis(input_basis)) < -KNOWN:
        warnings.append(
            f"front and back look exchanged: head and hands moved as if input_basis were "
            f"'{MIRRORED[input_basis]}' and not '{input_basis}'"
        )
    others, hands = by_kind(found, device)
    return Calibration(
        pose=pose.kind,
        stature=size.stature,
        arm_span=size.arm_span,
        floor_height=size.floor_height,
        mounts=others,
        hand_mounts=hands,
        hands_swapped=pose.hands_swapped,
        input_basis=input_basis,
        hand_device=hand_device,
        residuals={
            "head_height": size.height_residual,
            "left_reach": size.reach_residuals["left"],
            "right_reach": size.reach_residuals["right"],
            "hands_asymmetry": asymmetry,
            "chi2": size.chi2,
        },
        warnings=tuple(warnings),
        created=created,
    )


def _asymmetry(found: Mapping[str, MountEstimate]) -> float:
    """Angle (rad) between the left hand's mount and the mirror image of the right hand's."""
    mirror = np.diag((1.0, -1.0, 1.0))
    left = found["left_hand"].mount.rotation
    right = mirror @ found["right_hand"].mount.rotation @ mirror
    cosine = (np.trace(left.T @ right) - 1.0) / 2.0
    return float(np.arccos(np.clip(cosine, -1.0, 1.0)))
