# SPDX-License-Identifier: Apache-2.0
"""The 22 body joints of SMPL, in SMPL's order, and the tracker slots bound to them."""

JOINT_NAMES: tuple[str, ...] = (
    "pelvis",
    "left_hip",
    "right_hip",
    "spine1",
    "left_knee",
    "right_knee",
    "spine2",
    "left_ankle",
    "right_ankle",
    "spine3",
    "left_foot",
    "right_foot",
    "neck",
    "left_collar",
    "right_collar",
    "head",
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
)
NUM_JOINTS = len(JOINT_NAMES)
JOINT_INDEX: dict[str, int] = {name: index for index, name in enumerate(JOINT_NAMES)}

#: Parent of each joint; -1 for the pelvis. A parent always comes before its children.
PARENTS: tuple[int, ...] = (
    -1,
    0,
    0,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9,
    9,
    9,
    12,
    13,
    14,
    16,
    17,
    18,
    19,
)

#: Joints of equal depth stand next to each other in SMPL's order: (first, past the last) by depth.
LEVELS: tuple[tuple[int, int], ...] = (
    (0, 1),
    (1, 4),
    (4, 7),
    (7, 10),
    (10, 15),
    (15, 18),
    (18, 20),
    (20, 22),
)


def _mirrored(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name[len("left_") :]
    if name.startswith("right_"):
        return "left_" + name[len("right_") :]
    return name


#: MIRROR[j] is the joint that takes j's place when left and right are swapped.
MIRROR: tuple[int, ...] = tuple(JOINT_INDEX[_mirrored(name)] for name in JOINT_NAMES)


def left_and_right(name: str) -> slice:
    """Return where the two joints of a name, like "knee", stand: next to each other."""
    left, right = JOINT_INDEX[f"left_{name}"], JOINT_INDEX[f"right_{name}"]
    assert right == left + 1
    return slice(left, right + 1)


#: The split of the joints in which the literature reports upper and lower body errors.
UPPER_BODY: tuple[int, ...] = (3, 6, 9, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
LOWER_BODY: tuple[int, ...] = (0, 1, 2, 4, 5, 7, 8, 10, 11)

#: What can be tracked, and the joint each slot is bound to.
SLOTS: tuple[str, ...] = ("head", "left_hand", "right_hand", "pelvis", "left_foot", "right_foot")
NUM_SLOTS = len(SLOTS)
HEAD_SLOT, PELVIS_SLOT = SLOTS.index("head"), SLOTS.index("pelvis")
HAND_SLOTS, FOOT_SLOTS = slice(1, 3), slice(4, 6)
#: Pelvis and feet.
BODY_SLOTS = slice(PELVIS_SLOT, FOOT_SLOTS.stop)
SLOT_JOINTS: tuple[int, ...] = tuple(
    JOINT_INDEX[name]
    for name in ("head", "left_wrist", "right_wrist", "pelvis", "left_ankle", "right_ankle")
)
#: MIRROR_SLOTS[s] is the slot that takes s's place when left and right are swapped.
MIRROR_SLOTS: tuple[int, ...] = tuple(SLOTS.index(_mirrored(name)) for name in SLOTS)
