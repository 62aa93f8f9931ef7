# SPDX-License-Identifier: Apache-2.0
"""Which input_basis fits the samples: where is up, and where is forward?

Up shows in the held pose: with a wrong vertical there is no upright T- or I-pose. Forward does not:
``unity`` data read as ``openxr`` (or the reverse) is a mirror image in which left and right stay
what they are, and a person in T-pose looks alike from both sides. What tells them apart is motion:
people turn their heads about a point behind the eyes, and work with their hands in front.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.frames import heading_yaw
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, unit_quaternions
from kinest_ros.calibration.held_pose import held_pose
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.calibration.samples import Samples
from kinest_ros.tracking.devices.basis import BASES

#: Heights (m) of a head that stands on the floor; others speak against a basis.
STANDING = (0.8, 2.3)
#: Basis whose data is the mirror image, forward to back, of another's.
MIRRORED = {"openxr": "unity", "unity": "openxr"}
#: Log-likelihood ratio from which forward counts as known.
KNOWN = 3.0
#: Eyes in front of the axis the head turns about, m, and how much people differ.
_LEVER, _LEVER_SIGMA = 0.09, 0.04
#: A hand that is this far (m) ahead of or behind the head says where forward is; and how much
#: it can say at most, since a hand that stays somewhere is no new evidence.
_HAND_AHEAD, _HANDS_WEIGHT = 0.25, 4.0
_STEP_SECONDS = 0.08


def fitting_bases(samples: Samples, window: Samples, seconds: float) -> list[str]:
    """Return the bases in which the window is an upright pose with the head at a person's height.

    Args:
        samples: all there is, as received, to tell forward from back.
        window: the part in which the pose was held, as received.
        seconds: length of the window.
    """
    fitting = []
    for basis in BASES:
        try:
            pose = held_pose(window.in_basis(basis), seconds)
        except Refusal:
            continue
        if STANDING[0] <= pose.positions["head"][2] <= STANDING[1]:
            fitting.append(basis)
    if len(fitting) > 1:
        evidence = {basis: forward_evidence(samples.in_basis(basis)) for basis in fitting}
        fitting = [basis for basis in fitting if evidence[basis] > -KNOWN]
    return fitting


def forward_evidence(samples: Samples) -> float:
    """Return the log-likelihood ratio of the samples as they are against their mirror image.

    Args:
        samples: in the ROS basis, as the declared basis gives it.

    Returns:
        Over `KNOWN`: x is forward. Under -`KNOWN`: the samples are mirrored, front to back.
        Between: nobody moved enough to tell.
    """
    if "head" not in samples.tracks:
        return 0.0
    return _lever_evidence(samples) + _hands_evidence(samples)


def _lever_evidence(samples: Samples) -> float:
    head = samples.tracks["head"]
    if len(head.stamps_ns) < 20:
        return 0.0
    times = head.stamps_ns * 1e-9
    step = max(round(_STEP_SECONDS / float(np.median(np.diff(times)))), 1)
    rotations = matrices_from_quaternions(unit_quaternions(head.quaternions))
    moves = head.positions[step:] - head.positions[:-step]
    turns = rotations[step:] - rotations[:-step]
    turning = np.linalg.norm(turns, axis=(1, 2)) > 0.03
    if turning.sum() < 20 * step:
        return 0.0
    # position = neck + rotation @ lever: least squares over what the head did while it turned.
    design, wanted = turns[turning].reshape(-1, 3), moves[turning].reshape(-1)
    lever, _, rank, _ = np.linalg.lstsq(design, wanted, rcond=None)
    if rank < 3:
        return 0.0
    # Overlapping steps are not independent.
    variance = np.var(wanted - design @ lever) * 3.0 * step
    sigma = np.hypot(np.sqrt((np.linalg.inv(design.T @ design) * variance)[0, 0]), _LEVER_SIGMA)
    return float(np.clip(2.0 * _LEVER * lever[0] / sigma**2, -8.0, 8.0))


def _hands_evidence(samples: Samples) -> float:
    head = samples.tracks["head"]
    yaw = np.unwrap(heading_yaw(matrices_from_quaternions(unit_quaternions(head.quaternions))))
    ahead = behind = 0
    for slot in ("left_hand", "right_hand"):
        hand = samples.tracks.get(slot)
        if hand is None:
            continue
        at = [np.interp(hand.stamps_ns, head.stamps_ns, column) for column in head.positions.T]
        facing = np.interp(hand.stamps_ns, head.stamps_ns, yaw)
        away = hand.positions - np.stack(at, axis=1)
        forward = away[:, 0] * np.cos(facing) + away[:, 1] * np.sin(facing)
        ahead += int((forward > _HAND_AHEAD).sum())
        behind += int((forward < -_HAND_AHEAD).sum())
    if ahead + behind < 30:
        return 0.0
    return _HANDS_WEIGHT * (ahead - behind) / (ahead + behind)
