# SPDX-License-Identifier: Apache-2.0
"""What is known of headsets, controllers and people before anything is measured.

A held pose shows where the devices are, not where the joints are: how far the wrist is behind a
controller, or how far the base of the skull is below the eyes, comes from here. Every value has a
standard deviation, and the measurement moves it as far as it can tell better.
"""

from __future__ import annotations

from dataclasses import dataclass

from kinest_ros.errors import KinestError


@dataclass(frozen=True)
class Prior:
    """A normal distribution: mean and standard deviation, in the unit of the quantity."""

    mean: float
    sigma: float


#: Body height, m, where the head height says it anyway; and where nothing does.
STATURE_OPEN = Prior(1.70, 0.25)
STATURE_PEOPLE = Prior(1.70, 0.10)
#: Body height, m, that the user gave.
STATURE_GIVEN_SIGMA = 0.01
#: Arm span over stature: army surveys (Gordon et al. 1989) have means of 1.04 (men) and 1.03
#: (women), civilian ones 1.01 to 1.03.
SPAN_RATIO = Prior(1.03, 0.035)
#: Height of the tracking system's floor, m: as good as floor calibrations of headsets are.
FLOOR = Prior(0.0, 0.02)
#: The same where the user gave the stature, so that the head height measures the floor.
FLOOR_STATURE_GIVEN = Prior(0.0, 0.05)
#: Headsets report the point between the eyes (OpenXR's VIEW space). Forward of the head joint, m:
#: the base of the skull is about below the ear. Head turns in recordings show 0.06 to 0.12.
EYES_FORWARD = Prior(0.09, 0.015)
#: Above the head joint, over stature: eye height 0.936 (Drillis and Contini 1966) less 0.885.
EYES_UP = Prior(0.051, 0.006)
#: Tilt of a worn headset against the head, and of a head that means to look straight ahead, rad.
HEADSET_TILT, GAZE_TILT = 0.07, 0.09
#: Posture: a person who stands upright is this much off in height, m.
POSTURE = 0.01
#: Straightness of arms and place of the shoulders in the pose, m along the arm.
REACH = 0.02
#: Sideways place of a device on the body part it is attached to, m.
SIDEWAYS = 0.03
#: Turn of a hand against the arm in the pose, rad: about the forearm, and of the wrist.
HAND_TWIST, WRIST_BEND = 0.25, 0.15
#: Stance and turn of a foot or of the hips against what upright standing assumes, m and rad.
STANCE, FOOT_TURN, HIP_TILT = 0.04, 0.15, 0.09

#: Distance from the wrist joint to the device along the forearm, towards the fingers, m.
#: A controller's grip pose is the middle of the fist (OpenXR's definition); hand tracking and
#: trackers strapped to the wrist report the wrist itself.
HAND_DEVICES: dict[str, Prior] = {
    "controller": Prior(0.08, 0.02),
    "wrist": Prior(0.0, 0.015),
}


def hand_prior(device: str) -> Prior:
    """Return the distance of a kind of hand device from the wrist.

    Raises:
        KinestError: no such kind.
    """
    if device not in HAND_DEVICES:
        raise KinestError(f"hand_device is '{device}'; use one of {', '.join(HAND_DEVICES)}")
    return HAND_DEVICES[device]
