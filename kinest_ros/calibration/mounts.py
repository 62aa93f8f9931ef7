# SPDX-License-Identifier: Apache-2.0
"""Where each body link is in its tracker's axes, from a held pose and the body's size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.rotations_numpy import axis_rotation, matrices_from_vectors
from kinest_ros.calibration import devices
from kinest_ros.calibration.body_size import SIDES, BodySize, shoulders
from kinest_ros.calibration.held_pose import HeldPose
from kinest_ros.calibration.proportions import Proportions
from kinest_ros.calibration.refusal import Refusal
from kinest_ros.tracking.devices.mount import Mount

#: Heights of body parts over stature between which their trackers must be.
_PLACES = {"pelvis": (0.40, 0.72), "left_foot": (-0.05, 0.28), "right_foot": (-0.05, 0.28)}
_FEET = ("left_foot", "right_foot")


@dataclass(frozen=True)
class MountEstimate:
    """A mount, how well it is known, and how much the tracker moved meanwhile.

    Attributes:
        mount: tracker_from_link.
        xyz_sigma: (3,) m, standard deviation in the tracker's axes.
        rpy_sigma: (3,) rad, about the tracker's axes.
        move: m, root mean square of the tracker's motion while the pose was held.
        turn: rad, likewise.
    """

    mount: Mount
    xyz_sigma: tuple[float, float, float]
    rpy_sigma: tuple[float, float, float]
    move: float
    turn: float


@dataclass(frozen=True)
class _Link:
    """World pose of a link, and standard deviations along and about some axes (3, 3) columns."""

    position: np.ndarray
    rotation: np.ndarray
    axes: np.ndarray
    sigma: tuple[float, float, float]
    turn_sigma: tuple[float, float, float]


def mounts(pose: HeldPose, size: BodySize, proportions: Proportions) -> dict[str, MountEstimate]:
    """Return the mount of every tracker of the pose.

    Raises:
        Refusal: a pelvis or foot tracker that is nowhere near its body part.
    """
    links = {"head": _head(pose, size), **_hands(pose, size, proportions)}
    head_joint = links["head"].position
    for slot in pose.positions:
        if slot in _PLACES:
            _check_place(slot, pose, size)
            links[slot] = _standing(slot, pose, size, proportions, head_joint)
    return {slot: _mount(slot, pose, links[slot]) for slot in pose.positions}


def _mount(slot: str, pose: HeldPose, link: _Link) -> MountEstimate:
    tracker = pose.rotations[slot]
    mount = Mount.from_rotation(
        tracker.T @ (link.position - pose.positions[slot]), tracker.T @ link.rotation
    )
    # Variances along the link's axes, seen along the tracker's.
    squares = (tracker.T @ link.axes) ** 2
    noise = pose.turn[slot]
    return MountEstimate(
        mount,
        _three(np.sqrt(squares @ np.square(link.sigma))),
        _three(np.sqrt(squares @ np.square(link.turn_sigma) + noise**2)),
        pose.move[slot],
        pose.turn[slot],
    )


def _three(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in values)
    return x, y, z


def _head(pose: HeldPose, size: BodySize) -> _Link:
    """The head link: tilt is shared between how the headset sits and where the head looks."""
    tracker = pose.rotations["head"]
    share = devices.HEADSET_TILT**2 / (devices.HEADSET_TILT**2 + devices.GAZE_TILT**2)
    # The turn that sets the tracker upright, about a horizontal axis.
    axis = np.cross(tracker[:, 2], (0.0, 0.0, 1.0))
    sine = float(np.linalg.norm(axis))
    tilt = np.arctan2(sine, tracker[2, 2])
    upright = matrices_from_vectors(share * tilt * axis / max(sine, 1e-9))
    rotation = upright @ tracker
    offset = np.array((-size.eyes_forward.value, 0.0, -size.eyes_up.value))
    left_over = devices.HEADSET_TILT * devices.GAZE_TILT
    tilt_sigma = left_over / np.hypot(devices.HEADSET_TILT, devices.GAZE_TILT)
    return _Link(
        position=pose.positions["head"] + rotation @ offset,
        rotation=rotation,
        axes=rotation,
        sigma=(size.eyes_forward.sigma, 0.005, size.eyes_up.sigma),
        turn_sigma=(tilt_sigma, tilt_sigma, 0.03),
    )


def arm_rotations(pose: HeldPose, size: BodySize, proportions: Proportions) -> np.ndarray:
    """Return world_from_joint (2, 3, 3) of the arms, left and right, in SMPL axes.

    The arm points from the shoulder to the hand tracker. About its own length it is turned as in
    the pose that was meant: palms down in T, towards the thighs in I; the elbow's fold faces
    forward in both.
    """
    found = []
    for index, side in enumerate(SIDES):
        sign = 1.0 if side == "left" else -1.0
        meant = np.eye(3)
        if pose.kind == "I":
            meant = axis_rotation("z", -sign * np.pi / 2.0)
        # SMPL's body axes in the body's (x forward, y left, z up).
        meant = JOINT_FROM_LINK.T @ meant
        along = meant @ (sign, 0.0, 0.0)
        arm = pose.in_body(f"{side}_hand") - shoulders(size, proportions)[index]
        found.append(pose.world_from_body @ _shortest(along, arm) @ meant)
    return np.stack(found)


def _shortest(start: np.ndarray, stop: np.ndarray) -> np.ndarray:
    """Return the smallest rotation (3, 3) from one direction to another, less than half a turn."""
    axis = np.cross(start, stop)
    sine = float(np.linalg.norm(axis))
    angle = np.arctan2(sine, start @ stop)
    return matrices_from_vectors(axis * (angle / max(sine, 1e-9)))


def _hands(pose: HeldPose, size: BodySize, proportions: Proportions) -> dict[str, _Link]:
    links = {}
    for index, (side, joint) in enumerate(
        zip(SIDES, arm_rotations(pose, size, proportions), strict=True)
    ):
        slot = f"{side}_hand"
        shoulder = shoulders(size, proportions)[index]
        arm = pose.in_body(slot) - shoulder
        along = pose.world_from_body @ (arm / np.linalg.norm(arm))
        links[slot] = _Link(
            position=pose.positions[slot] - size.hand_ahead.value * along,
            rotation=joint @ JOINT_FROM_LINK,
            axes=joint,  # x along the forearm
            sigma=(size.hand_ahead.sigma, devices.SIDEWAYS, devices.SIDEWAYS),
            turn_sigma=(devices.HAND_TWIST, devices.WRIST_BEND, devices.WRIST_BEND),
        )
    return links


def _standing(
    slot: str, pose: HeldPose, size: BodySize, proportions: Proportions, head_joint: np.ndarray
) -> _Link:
    """Pelvis or ankle of somebody who stands upright below the head."""
    stature, body = size.stature.value, pose.world_from_body
    pelvis = head_joint + body @ (proportions.pelvis * stature)
    if slot == "pelvis":
        sigma = (devices.SIDEWAYS, 0.015, devices.STANCE / 2.0)
        tilt = devices.HIP_TILT
        return _Link(pelvis, body, body, sigma, (tilt, tilt, 0.07))
    # Under the tracker sideways, since feet may stand wide; below the hips from front to back.
    place = (pose.positions[slot] - pelvis) @ body
    place[0] = 0.0
    ankle = pelvis + body @ place
    ankle[2] = size.floor_height.value + proportions.ankle * stature
    sigma = (devices.STANCE, devices.SIDEWAYS, float(np.hypot(0.01, size.floor_height.sigma)))
    return _Link(ankle, body, body, sigma, (0.09, 0.09, devices.FOOT_TURN))


def _check_place(slot: str, pose: HeldPose, size: BodySize) -> None:
    low, high = _PLACES[slot]
    height = float(pose.positions[slot][2]) - size.floor_height.value
    stature = size.stature.value
    if not low * stature <= height <= high * stature:
        raise Refusal(
            "feet",
            f"the {slot} tracker is {height:.2f} m above the floor, where a person of "
            f"{stature:.2f} m has no {slot.replace('_', ' ')}: check which tracker is which",
        )
    if slot in _FEET:
        left = pose.in_body("left_foot")[1] if "left_foot" in pose.positions else np.inf
        right = pose.in_body("right_foot")[1] if "right_foot" in pose.positions else -np.inf
        if left <= right:
            raise Refusal(
                "feet",
                "the left_foot tracker is to the right of the right_foot tracker: exchange their "
                "topics",
            )
