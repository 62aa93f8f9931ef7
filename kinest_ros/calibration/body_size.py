# SPDX-License-Identifier: Apache-2.0
"""Stature, arm length, floor and device distances from a held pose: one fit with priors.

Three numbers are measured (the head's height, each hand's distance from its shoulder), six are
wanted; the rest of the knowledge is in :mod:`kinest_ros.calibration.devices`. The fit weighs both
(maximum a posteriori), and the curvature at its optimum says how far each number can be trusted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.calibration import devices
from kinest_ros.calibration.devices import Prior
from kinest_ros.calibration.held_pose import HeldPose, rough_stature
from kinest_ros.calibration.proportions import Proportions
from kinest_ros.calibration.refusal import Refusal

SIDES = ("left", "right")
#: Head heights (m) at which the origin lies at the head and not on the floor (OpenXR's LOCAL).
HEAD_AT_ORIGIN = (-0.6, 0.75)
#: Sum of squared normalised residuals at which no one standing person fits: 3.5 sigma.
CONTRADICTION = 12.0
#: Statures (m) that are accepted.
STATURES = (1.0, 2.3)


@dataclass(frozen=True)
class Value:
    """An estimate and its standard deviation."""

    value: float
    sigma: float


@dataclass(frozen=True)
class BodySize:
    """What a held pose says about body and devices, m.

    Attributes:
        stature: body height.
        arm_span: fingertip to fingertip.
        floor_height: of the floor in the trackers' frame.
        eyes_forward: of the head tracker from the head joint, along where the head looks.
        eyes_up: likewise, upwards.
        hand_ahead: of the hand trackers from the wrists, along the forearm.
        height_residual: what the head's height is more than the fit.
        reach_residuals: by side, what the distance from shoulder to tracker is longer than the fit.
        floor_known: whether the tracking system's floor was taken for the floor.
        chi2: how far all is from what was expected, in squared standard deviations.
    """

    stature: Value
    arm_span: Value
    floor_height: Value
    eyes_forward: Value
    eyes_up: Value
    hand_ahead: Value
    height_residual: float
    reach_residuals: dict[str, float]
    floor_known: bool
    chi2: float


def body_size(
    pose: HeldPose,
    proportions: Proportions,
    hand_device: str = "controller",
    stature: float | None = None,
    arms_known: bool = False,
) -> BodySize:
    """Fit the body to the pose.

    Args:
        pose: a held T- or I-pose.
        proportions: of the skeleton that is scaled to the person.
        hand_device: a key of `kinest_ros.calibration.devices.HAND_DEVICES`.
        stature: body height in m, where it is known.
        arms_known: whether the arms of `proportions` are the person's own.

    Raises:
        Refusal: head and arms do not belong to one standing person.
    """
    head_z = float(pose.positions["head"][2])
    hands = np.stack([pose.in_body(f"{side}_hand") for side in SIDES])
    at_origin = HEAD_AT_ORIGIN[0] < head_z < HEAD_AT_ORIGIN[1]
    tall, floor = _size_priors(head_z, stature, at_origin)
    arm_mean = proportions.arm_scale(devices.SPAN_RATIO.mean)
    arm = Prior(arm_mean, proportions.arm_scale(devices.SPAN_RATIO.mean
                                                + devices.SPAN_RATIO.sigma) - arm_mean)  # fmt: skip
    if arms_known:
        arm = Prior(1.0, 0.01)
    ahead = devices.hand_prior(hand_device)
    priors = (tall, floor, arm, ahead, devices.EYES_FORWARD, devices.EYES_UP)
    means = np.array([prior.mean for prior in priors])
    sigmas = np.array([prior.sigma for prior in priors])

    def reaches(x: np.ndarray) -> np.ndarray:
        """Shoulder to hand tracker, measured, (2,) m."""
        return np.linalg.norm(hands - _shoulders(x, proportions), axis=1)

    def residuals(x: np.ndarray) -> np.ndarray:
        height = head_z - x[1] - (proportions.head + x[5]) * x[0]
        reach = reaches(x) - (x[2] * proportions.arm * x[0] + x[3])
        return np.concatenate(
            ([height / devices.POSTURE], reach / devices.REACH, (x - means) / sigmas)
        )

    start = means.copy()
    if stature is None:
        start[0] = rough_stature(head_z - floor.mean, float(np.linalg.norm(hands, axis=1).mean()))
    # Loaded when a body is measured: it would take a tenth of the node's start.
    from scipy.optimize import least_squares

    found = least_squares(residuals, start, x_scale=sigmas)
    x, chi2 = found.x, float(2.0 * found.cost)
    covariance = np.linalg.inv(found.jac.T @ found.jac)
    sigma = np.sqrt(np.diag(covariance))
    if chi2 > CONTRADICTION or not STATURES[0] <= x[0] <= STATURES[1]:
        raise Refusal("height", _contradiction(head_z, hands, proportions, stature, x))
    # span = 2 s (shoulder + a arm + hand): its gradient by (s, a).
    gradient = np.zeros(6)
    gradient[0] = proportions.span(x[2])
    gradient[2] = 2.0 * proportions.arm * x[0]
    return BodySize(
        stature=Value(float(x[0]), float(sigma[0])),
        arm_span=Value(float(gradient[0] * x[0]), float(np.sqrt(gradient @ covariance @ gradient))),
        floor_height=Value(float(x[1]), float(sigma[1])),
        eyes_forward=Value(float(x[4]), float(sigma[4])),
        eyes_up=Value(float(x[5] * x[0]), float(sigma[5] * x[0])),
        hand_ahead=Value(float(x[3]), float(sigma[3])),
        height_residual=float(found.fun[0]) * devices.POSTURE,
        reach_residuals={
            side: float(residual)
            for side, residual in zip(SIDES, found.fun[1:3] * devices.REACH, strict=True)
        },
        floor_known=not at_origin,
        chi2=chi2,
    )


def shoulders(size: BodySize, proportions: Proportions) -> np.ndarray:
    """Return the shoulders (2, 3) from the head tracker, in the body's axes, m."""
    eyes_up = size.eyes_up.value / size.stature.value
    x = (size.stature.value, 0.0, 0.0, 0.0, size.eyes_forward.value, eyes_up)
    return _shoulders(np.array(x), proportions)


def _shoulders(x: np.ndarray, proportions: Proportions) -> np.ndarray:
    head_joint = np.array((-x[4], 0.0, -x[5] * x[0]))
    return head_joint + proportions.shoulders * x[0]


def _size_priors(head_z: float, stature: float | None, at_origin: bool) -> tuple[Prior, Prior]:
    """Return what is known of stature and floor before the pose is looked at."""
    if stature is not None:
        tall = Prior(stature, devices.STATURE_GIVEN_SIGMA)
        floor = devices.FLOOR_STATURE_GIVEN
    else:
        tall = devices.STATURE_PEOPLE if at_origin else devices.STATURE_OPEN
        floor = devices.FLOOR
    if at_origin:
        floor = Prior(head_z - 0.936 * tall.mean, 1.0)
    return tall, floor


def _contradiction(
    head_z: float,
    hands: np.ndarray,
    proportions: Proportions,
    stature: float | None,
    x: np.ndarray,
) -> str:
    reach = float(np.linalg.norm(hands - _shoulders(x, proportions), axis=1).mean())
    from_arms = (reach - 0.08) / (proportions.arm_scale(devices.SPAN_RATIO.mean) * proportions.arm)
    seen = f"the head tracker is {head_z:.2f} m above the floor, as a stature of "
    seen += f"{head_z / 0.936:.2f} m would have it"
    other = f"the arms belong to about {from_arms:.2f} m"
    if stature is not None:
        other += f", and the stature given is {stature:.2f} m"
    return (
        f"{seen}, but {other}: stand upright with straight arms; if you do, set the height of the "
        "floor in your tracking system (its floor or room calibration)"
    )
