# SPDX-License-Identifier: Apache-2.0
"""The table of joints and slots."""

from __future__ import annotations

from kinest_ros.body.joints import (
    JOINT_INDEX,
    JOINT_NAMES,
    LEVELS,
    LOWER_BODY,
    MIRROR,
    MIRROR_SLOTS,
    NUM_JOINTS,
    NUM_SLOTS,
    PARENTS,
    SLOT_JOINTS,
    SLOTS,
    UPPER_BODY,
)


def test_joints_are_smpls_first_22() -> None:
    assert len(JOINT_NAMES) == len(set(JOINT_NAMES)) == len(PARENTS) == NUM_JOINTS == 22
    assert JOINT_NAMES[0] == "pelvis"
    assert JOINT_NAMES[15] == "head"
    assert JOINT_NAMES[18:] == ("left_elbow", "right_elbow", "left_wrist", "right_wrist")
    assert all(JOINT_NAMES[index] == name for name, index in JOINT_INDEX.items())


def test_chains_from_the_ends_to_the_root() -> None:
    def chain(joint: int) -> list[str]:
        return [] if joint < 0 else [JOINT_NAMES[joint], *chain(PARENTS[joint])]

    spine = ["spine3", "spine2", "spine1", "pelvis"]
    arm = ["wrist", "elbow", "shoulder", "collar"]
    leg = ["foot", "ankle", "knee", "hip"]
    assert chain(15) == ["head", "neck", *spine]
    for side in ("left", "right"):
        ends = chain(JOINT_INDEX[f"{side}_wrist"])
        assert ends == [f"{side}_{name}" for name in arm] + spine
        assert chain(JOINT_INDEX[f"{side}_foot"]) == [f"{side}_{name}" for name in leg] + ["pelvis"]


def test_levels_hold_the_joints_of_equal_depth() -> None:
    depth = [0] * 22
    for joint in range(1, 22):
        depth[joint] = depth[PARENTS[joint]] + 1
    levels = [list(range(start, stop)) for start, stop in LEVELS]
    assert [joint for level in levels for joint in level] == list(range(22))
    assert all({depth[joint] for joint in level} == {d} for d, level in enumerate(levels))


def test_mirror_swaps_sides_and_keeps_the_tree() -> None:
    for joint, twin in enumerate(MIRROR):
        assert MIRROR[twin] == joint
        assert ("left" in JOINT_NAMES[joint]) == ("right" in JOINT_NAMES[twin])
        if joint:
            assert MIRROR[PARENTS[joint]] == PARENTS[twin]
    assert sum(joint != twin for joint, twin in enumerate(MIRROR)) == 16


def test_upper_and_lower_body_share_the_joints() -> None:
    assert sorted(UPPER_BODY + LOWER_BODY) == list(range(22))
    assert {JOINT_NAMES[joint].split("_")[-1] for joint in LOWER_BODY} == {
        "pelvis",
        "hip",
        "knee",
        "ankle",
        "foot",
    }


def test_slots_are_bound_to_their_joints() -> None:
    assert len(SLOTS) == NUM_SLOTS == 6
    assert SLOT_JOINTS == (15, 20, 21, 0, 7, 8)
    assert [SLOTS[slot] for slot in MIRROR_SLOTS] == [
        "head",
        "right_hand",
        "left_hand",
        "pelvis",
        "right_foot",
        "left_foot",
    ]
    for slot, twin in enumerate(MIRROR_SLOTS):
        assert SLOT_JOINTS[twin] == MIRROR[SLOT_JOINTS[slot]]
