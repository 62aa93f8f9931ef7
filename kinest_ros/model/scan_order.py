# SPDX-License-Identifier: Apache-2.0
"""The unified kinematic scan orders of KineST (arXiv 2512.16791)."""

#: From one hand up the arm, collar, head side, other arm, spine, root, then both legs.
KINEMATIC_ORDER: tuple[int, ...] = (
    21, 19, 17, 14, 15, 12, 20, 18, 16, 13, 9, 6, 3, 0, 1, 4, 7, 10, 2, 5, 8, 11,
)  # fmt: skip

#: The order in the released code: joint 7 (left ankle) is left out, its token contributes zero.
RELEASED_ORDER: tuple[int, ...] = tuple(joint for joint in KINEMATIC_ORDER if joint != 7)
