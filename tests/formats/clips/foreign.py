# SPDX-License-Identifier: Apache-2.0
"""BVH as other programs write it: other names, units, axes and rest poses, of motion that is known.

Made without the package's own writer, so that reader and writer are not wrong alike.
"""

import numpy as np
from scipy.spatial.transform import Rotation

from kinest_ros.body.joints import JOINT_NAMES, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np

MIXAMO = dict(
    zip(
        JOINT_NAMES,
        [
            "Hips",
            "LeftUpLeg",
            "RightUpLeg",
            "Spine",
            "LeftLeg",
            "RightLeg",
            "Spine1",
            "LeftFoot",
            "RightFoot",
            "Spine2",
            "LeftToeBase",
            "RightToeBase",
            "Neck",
            "LeftShoulder",
            "RightShoulder",
            "Head",
            "LeftArm",
            "RightArm",
            "LeftForeArm",
            "RightForeArm",
            "LeftHand",
            "RightHand",
        ],
        strict=True,
    )
)
BIPED = dict(
    zip(
        JOINT_NAMES,
        [
            "Pelvis",
            "L Thigh",
            "R Thigh",
            "Spine",
            "L Calf",
            "R Calf",
            "Spine1",
            "L Foot",
            "R Foot",
            "Spine2",
            "L Toe0",
            "R Toe0",
            "Neck",
            "L Clavicle",
            "R Clavicle",
            "Head",
            "L UpperArm",
            "R UpperArm",
            "L Forearm",
            "R Forearm",
            "L Hand",
            "R Hand",
        ],
        strict=True,
    )
)
OLD = dict(
    zip(
        JOINT_NAMES,
        [
            "Hips",
            "LeftHip",
            "RightHip",
            "Chest",
            "LeftKnee",
            "RightKnee",
            "Chest2",
            "LeftAnkle",
            "RightAnkle",
            "Chest3",
            "LeftToe",
            "RightToe",
            "Neck",
            "LeftCollar",
            "RightCollar",
            "Head",
            "LeftShoulder",
            "RightShoulder",
            "LeftElbow",
            "RightElbow",
            "LeftWrist",
            "RightWrist",
        ],
        strict=True,
    )
)


def _in_order(names: str) -> dict[str, str]:
    return dict(zip(JOINT_NAMES, names.split(), strict=True))


#: Names as OptiTrack's Motive, DAZ and Poser, SOMA and rigs whose joints end in JNT have them.
OTHERS = {
    "motive": _in_order(
        "Hip LThigh RThigh Ab LShin RShin Ab2 LFoot RFoot Chest LToe RToe Neck LShoulder RShoulder "
        "Head LUArm RUArm LFArm RFArm LHand RHand"
    ),
    "daz": _in_order(
        "hip lThighBend rThighBend abdomenLower lShin rShin abdomenUpper lFoot rFoot chestLower "
        "lToe rToe neckLower lCollar rCollar head lShldrBend rShldrBend lForearmBend rForearmBend "
        "lHand rHand"
    ),
    "poser": _in_order(
        "hip lthigh rthigh waist lshin rshin abdomen lfoot rfoot chest ltoe rtoe neck lcollar "
        "rcollar head lshldr rshldr lforearm rforearm lhand rhand"
    ),
    "soma": _in_order(
        "Hips LeftLeg RightLeg Spine1 LeftShin RightShin Spine2 LeftFoot RightFoot Chest "
        "LeftToeBase RightToeBase Neck1 LeftShoulder RightShoulder Head LeftArm RightArm "
        "LeftForeArm RightForeArm LeftHand RightHand"
    ),
    "jnt": _in_order(
        "hips_JNT l_upleg_JNT r_upleg_JNT spine_JNT l_leg_JNT r_leg_JNT spine1_JNT l_foot_JNT "
        "r_foot_JNT spine2_JNT l_toebase_JNT r_toebase_JNT neck_JNT l_shoulder_JNT r_shoulder_JNT "
        "head_JNT l_arm_JNT r_arm_JNT l_forearm_JNT r_forearm_JNT l_hand_JNT r_hand_JNT"
    ),
}
OTHERS["an actor's"] = {ours: f"Skeleton 001_{theirs}" for ours, theirs in MIXAMO.items()}
#: file_from_ros of worlds with Y up and +Z ahead, and with Z up as in ROS.
Y_UP = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
Z_UP = np.eye(3)
_ARMS = {"left": (16, 18, 20), "right": (17, 19, 21)}


def arms_down():
    """By joint, the rotation from a T-pose to arms that hang at rest."""
    found = {}
    for side, joints in _ARMS.items():
        angle = -np.pi / 2 if side == "left" else np.pi / 2
        found.update(dict.fromkeys(joints, Rotation.from_rotvec((0, 0, angle)).as_matrix()))
    return found


def legs_apart(degrees):
    """By joint, the rotation from a T-pose to straight legs that stand apart at rest."""
    found = {}
    for joints, angle in (((1, 4), np.radians(degrees)), ((2, 5), -np.radians(degrees))):
        found.update(dict.fromkeys(joints, Rotation.from_rotvec((0, 0, angle)).as_matrix()))
    return found


def bvh_text(
    motion, skeleton, names, unit=0.01, world=Y_UP, rest=None, order="ZYX", without=(), extra=()
):
    """A file's text.

    Args:
        motion: the motion, whose frame rate is the file's.
        skeleton: its bones.
        names: the file's joint names by ours.
        unit: metres in one of the file's.
        world: file_from_ros.
        rest: corrections by joint, see arms_down.
        order: of the rotation channels.
        without: our joints that the file lacks; those below hang on what is above.
        extra: names of joints, each put between a joint of ours and its parent: {ours: name}.
    """
    rest, extra = rest or {}, dict(extra)
    positions, turned = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    # The body at rest stands in the file's world as at heading 0 in ours.
    file_from_smpl = world @ Y_UP.T
    fixed = [rest.get(j, np.eye(3)) for j in range(22)]
    turned = np.stack(
        [world @ turned[:, j] @ fixed[j].T @ file_from_smpl.T for j in range(22)], axis=1
    )
    positions = positions @ world.T / unit
    kept = [j for j, name in enumerate(JOINT_NAMES) if name not in without]

    def above(joint):
        parent = PARENTS[joint]
        while parent >= 0 and parent not in kept:
            parent = PARENTS[parent]
        return parent

    lines, columns = ["HIERARCHY"], [positions[:, 0]]
    channels = " ".join(f"{axis}rotation" for axis in order)

    def angles(matrices):
        return Rotation.from_matrix(matrices).as_euler(order.upper(), degrees=True)

    def write(joint, depth):
        indent = "\t" * depth
        parent = above(joint)
        offset = np.zeros(3)
        if parent >= 0:
            bone = np.zeros(3)
            at = joint
            while at != parent:
                bone += skeleton.rest_offsets[at]
                at = PARENTS[at]
            offset = file_from_smpl @ fixed[parent] @ bone / unit
            local = np.swapaxes(turned[:, parent], -1, -2) @ turned[:, joint]
        else:
            local = turned[:, joint]
        name = names[JOINT_NAMES[joint]]
        numbers = "{:.7f} {:.7f} {:.7f}"
        between = extra.get(JOINT_NAMES[joint])
        if between:
            lines.append(f"{indent}JOINT {between}\n{indent}{{")
            lines.append(f"{indent}\tOFFSET 0 0 0\n{indent}\tCHANNELS 3 {channels}")
            columns.append(np.zeros((len(motion), 3)))
        lines.append(f"{indent}{'JOINT' if depth else 'ROOT'} {name}\n{indent}{{")
        lines.append(f"{indent}\tOFFSET {numbers.format(*offset)}")
        if depth:
            lines.append(f"{indent}\tCHANNELS 3 {channels}")
        else:
            lines.append(f"{indent}\tCHANNELS 6 Xposition Yposition Zposition {channels}")
        columns.append(angles(local))
        below = [j for j in kept if above(j) == joint]
        for child in below:
            write(child, depth + 1)
        if not below:
            lines.append(
                f"{indent}\tEnd Site\n{indent}\t{{\n{indent}\t\tOFFSET 0 0 0\n{indent}\t}}"
            )
        lines.append(indent + "}" + (f"\n{indent}}}" if between else ""))

    write(0, 0)
    lines.append(f"MOTION\nFrames:\t{len(motion)}\nFrame Time:\t{1 / motion.fps:.7f}")
    rows = np.concatenate(columns, axis=1)
    lines += [" ".join(f"{value:.6f}" for value in row) for row in rows]
    return "\n".join(lines) + "\n"
