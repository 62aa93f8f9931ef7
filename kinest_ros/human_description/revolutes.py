# SPDX-License-Identifier: Apache-2.0
"""The axes of the 63 revolute joints that JointState and the URDF are made of.

Every one of the 21 joints below the pelvis is a chain of three revolutes ``<joint>_x``,
``<joint>_y``, ``<joint>_z`` about **link** axes (REP-103 at the T-pose: x forward, y left, z up),
all zero in the T-pose. A local rotation R (SMPL axes) turns the joint's link by ``C.T @ R @ C``
relative to the parent link, C being :data:`kinest_ros.body.frames.JOINT_FROM_LINK`, and that
matrix is the product of the three revolutes in the order of :data:`AXIS_ORDER`.

Three revolutes have a singularity: where the child's third axis lies along the parent's first one,
the two turn about the same line. It cannot be removed, only put where the joint does not go:

* spine, neck, head, knees, ankles: y-x-z. The large angle is flexion (y) and comes first;
  the singularity is a sideways bend of 90°.
* hips: y-z-x. Singular with the knee turned straight outwards, which is rarer than a thigh
  raised straight sideways (y-x-z).
* feet: x-z-y. Only the toes' bend (y) is large.
* collars: x-y-z. Shrugging (x) and reaching (z) are large, twist about the collar bone (y) is not.
* shoulders: x-z-y. Hanging and overhead arms are ±90° about x, and the twist about the upper arm
  (y) comes to ±90° whenever the forearm lies across the body, so neither may be in the middle.
  With z in the middle the singular pose is the arm pointing along the x axis, that is, straight
  forward: the very pose of a reaching arm. So the first axis alone is turned about z by
  :data:`SHOULDER_TILT`, towards the other side of the body; the singular poses are then an arm
  pointing diagonally across the chest and one pointing diagonally backwards, and the T-pose and
  the forward reach are equally far from them.
* elbows: z-x-y. Flexion (z), nothing (a hinge has no x), then pronation (y).
* wrists: y-z-x. Forearm twist (y) and flexion (x) are large, deviation (z) is not.

The orders were chosen by measurement on motion capture, by how often and how closely each order
comes to its singularity; ``tests/human_description/test_revolutes.py`` repeats it.
"""

from __future__ import annotations

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES

#: Turn of the shoulders' first axis about z, rad: negative on the left, positive on the right.
SHOULDER_TILT = np.pi / 4.0

_ORDER_OF = {
    **dict.fromkeys(("spine1", "spine2", "spine3", "neck", "head", "knee", "ankle"), "yxz"),
    "hip": "yzx",
    "foot": "xzy",
    "collar": "xyz",
    "shoulder": "xzy",
    "elbow": "zxy",
    "wrist": "yzx",
}
_TILTS = {"left_shoulder": -SHOULDER_TILT, "right_shoulder": SHOULDER_TILT}

#: Axes of each joint's three revolutes from parent to child, SMPL joints 1..21.
AXIS_ORDER: tuple[str, ...] = tuple(
    _ORDER_OF[name.removeprefix("left_").removeprefix("right_")] for name in JOINT_NAMES[1:]
)

#: (21, 3) AXIS_ORDER as numbers, 0 for x to 2 for z.
CHAINS: np.ndarray = np.array([["xyz".index(axis) for axis in order] for order in AXIS_ORDER])

#: The 63 joints, in the order of every array of angles here: joint after joint, each as x, y, z
#: (whatever its place in the chain).
JOINT_STATE_NAMES: tuple[str, ...] = tuple(
    f"{joint}_{axis}" for joint in JOINT_NAMES[1:] for axis in "xyz"
)

#: (21,) turn of each joint's first axis about its middle one, rad.
TILTS: np.ndarray = np.array([_TILTS.get(name, 0.0) for name in JOINT_NAMES[1:]])


def _joint_axes() -> np.ndarray:
    axes = np.tile(np.eye(3), (21, 1, 1))
    for joint, (first, middle, _) in enumerate(CHAINS):
        # Rodrigues' formula for a turn of one basis vector about another.
        sideways = np.cross(np.eye(3)[middle], np.eye(3)[first])
        axes[joint, first] = (
            np.cos(TILTS[joint]) * np.eye(3)[first] + np.sin(TILTS[joint]) * sideways
        )
    return axes


#: (21, 3, 3) unit vectors in link axes: JOINT_AXES[j - 1, k] is the axis of joint j's k-th of
#: ``_x``, ``_y``, ``_z``, as the URDF writes it.
JOINT_AXES: np.ndarray = _joint_axes()
