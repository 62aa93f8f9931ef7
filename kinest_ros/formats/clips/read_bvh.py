# SPDX-License-Identifier: Apache-2.0
"""Read whole-body motion from BVH, on whatever skeleton, onto SMPL's 22 joints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, NUM_JOINTS, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    quaternions_from_matrices,
    unit,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.bvh_file import BvhFile, parse_bvh
from kinest_ros.formats.clips.joint_names import map_joints
from kinest_ros.formats.clips.rest_axes import (
    body_axes,
    limb_corrections,
    metres_per_unit,
    stands,
)
from kinest_ros.formats.clips.rest_offsets import rest_offsets
from kinest_ros.formats.clips.standing_frame import heading_kept, standing_frame
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.amass import TARGET_FPS, resample

#: ros_from_world where Y is up and +Z ahead.
_ROS_FROM_Y_UP = JOINT_FROM_LINK.T
#: Bones that differ from rigid ones by more, m, are told of.
_BENDING = 0.01


@dataclass(frozen=True)
class BvhChoice:
    """Options for what a file does not state, or states ambiguously.

    Attributes:
        joints: our joint to the file's name.
        unit: a name of `rest_axes.UNITS`, or metres; None: by the body's size.
        up: "y" or "z"; None: by how the body is in most frames.
        rest_frame: number from 0 of a frame in which the body stands as at rest; None: as it is
            with all rotations zero, or, if that is nobody who stands, the frame that is likest.
    """

    joints: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None
    up: str | None = None
    rest_frame: int | None = None


@dataclass(frozen=True)
class BvhClip:
    """A clip, with what was found out about its file.

    Attributes:
        motion: at 60 frames per second unless asked otherwise.
        skeleton: its bones.
        joints: the file's joint of each of ours.
        notes: what is to be said: the unit and axes that were found, joints that are not there.
    """

    motion: Motion
    skeleton: Skeleton
    joints: dict[str, str]
    notes: tuple[str, ...]


def read_bvh(path: str | Path, choice: BvhChoice | None = None, fps: float = TARGET_FPS) -> BvhClip:
    """Read a clip.

    Joints that the file has keep their positions; those of ours that it lacks stand between
    their neighbours and do not bend. Files of other frame rates are resampled as AMASS's clips are.

    Raises:
        KinestError: naming the file, what was found in it, and the option that mends it.
    """
    path, choice = Path(path), choice or BvhChoice()
    bvh = parse_bvh(path)
    try:
        return _clip(path, bvh, choice, fps)
    except KinestError as error:
        raise KinestError(f"motion file {path}: {error}") from None


def _clip(path: Path, bvh: BvhFile, choice: BvhChoice, fps: float) -> BvhClip:
    joints = map_joints(bvh.names, bvh.parents, choice.joints)
    positions, rotations = bvh.world()
    frame, found = _rest_frame(bvh, joints, positions, choice.rest_frame)
    rest = positions[frame] if frame is not None else _rest(bvh)
    if frame is not None:
        rotations = rotations @ np.swapaxes(rotations[frame], -1, -2)
    places = {name: rest[index] for name, index in joints.items()}
    scale = metres_per_unit(places, choice.unit)
    smpl_from_file = body_axes(places)
    if frame is not None:  # somebody in motion does not face along an axis
        left = places["left_hip"] - places["right_hip"]
        smpl_from_file = heading_kept(smpl_from_file, left)
    ros_from_file, said = _world(positions, joints, smpl_from_file, choice.up, frame is None)
    inner = {name: scale * smpl_from_file @ (p - places["pelvis"]) for name, p in places.items()}
    corrections = limb_corrections(inner, meant=frame is None)
    world = np.full((len(positions), NUM_JOINTS, 3, 3), np.nan)
    spots = np.full((len(positions), NUM_JOINTS, 3), np.nan)
    for name, index in joints.items():
        ours = JOINT_INDEX[name]
        turned = ros_from_file @ rotations[:, index] @ smpl_from_file.T
        world[:, ours] = turned @ corrections.get(ours, np.eye(3))
        spots[:, ours] = scale * positions[:, index] @ ros_from_file.T
    missing = [name for name in JOINT_NAMES if name not in joints]
    _fill_in(world, spots, inner, _toes(bvh, joints, scale * smpl_from_file))
    local = world.copy()
    local[:, 1:] = np.swapaxes(world[:, PARENTS[1:]], -1, -2) @ world[:, 1:]
    offsets = rest_offsets(local, spots)
    made, _ = forward_kinematics_np(local, offsets, spots[:, 0])
    off = float(np.linalg.norm(made - spots, axis=-1).max())
    notes = [*bvh.notes, f"{path.name}: a unit is {scale:g} m, {said}"]
    if found:
        notes.append(
            f"{path.name}: its rest pose is not a standing pose; frame {frame}, the most "
            "upright one, is used instead (--rest-frame N for another)"
        )
    if missing:
        notes.append(
            f"{path.name}: it has no {', '.join(missing)}: interpolated between their neighbours"
        )
    if corrections and frame is None:
        hung = ", ".join(JOINT_NAMES[joint] for joint in corrections)
        notes.append(f"{path.name}: its rest pose is not a T-pose; corrected: {hung}")
    if off > _BENDING:
        notes.append(
            f"{path.name}: its skeleton bends where ours is rigid; joint positions are off by up "
            f"to {100 * off:.1f} cm"
        )
    quaternions = quaternions_from_matrices(local)
    quaternions, roots = resample(quaternions, spots[:, 0], _rate(bvh.frame_time), fps)
    motion = Motion(matrices_from_quaternions(quaternions), roots, fps)
    named = {name: bvh.names[index] for name, index in joints.items()}
    return BvhClip(motion, Skeleton(offsets, str(path)), named, tuple(notes))


def _rate(frame_time: float) -> float:
    """Return frames per second: a whole number where the frame time is one, rounded."""
    rate = 1.0 / frame_time
    return float(round(rate)) if abs(rate - round(rate)) < 2e-4 * rate else rate


def _rest_frame(
    bvh: BvhFile, joints: Mapping[str, int], positions: np.ndarray, said: int | None
) -> tuple[int | None, bool]:
    """Return the frame that shows the body at rest, and whether it had to be found.

    None: as it is with all rotations zero.
    """
    if said is not None:
        if not 0 <= said < len(positions):
            raise KinestError(f"--rest-frame {said}: its frames are 0 to {len(positions) - 1}")
        return said, False
    rest = _rest(bvh)
    if stands({name: rest[index] for name, index in joints.items()}):
        return None, False
    frame = standing_frame(positions, joints)
    return frame, frame is not None


def _rest(bvh: BvhFile) -> np.ndarray:
    """Return the joints' positions (J, 3) with all rotations zero."""
    rest = np.zeros((len(bvh.names), 3))
    for joint, parent in enumerate(bvh.parents):
        rest[joint] = bvh.offsets[joint] + (rest[parent] if parent >= 0 else 0.0)
    return rest


def _world(
    positions: np.ndarray,
    joints: Mapping[str, int],
    smpl_from_file: np.ndarray,
    up: str | None,
    faces_ahead: bool,
) -> tuple[np.ndarray, str]:
    """Return ros_from_file (3, 3), and in words which way is up in it.

    Ahead is where the body faces at rest, if that is a pose of the file's own; +Z else.
    """
    trunk = unit(positions[:, joints["head"]] - positions[:, joints["pelvis"]]).mean(axis=0)
    if up is not None:
        axis = "xyz".index(up)
        sign = 1.0
    else:
        axis = int(np.argmax(np.abs(trunk)))
        sign = float(np.sign(trunk[axis]))
        if abs(trunk[axis]) < 0.7:  # lying, tumbling: as at rest
            axis = int(np.argmax(np.abs(smpl_from_file[1])))
            sign = float(np.sign(smpl_from_file[1, axis]))
    upward = np.zeros(3)
    upward[axis] = sign
    said = f"{'-' if sign < 0 else ''}{'XYZ'[axis]} is up"
    if axis == 2 and sign > 0:
        return np.eye(3), said
    ahead = smpl_from_file[2] - (smpl_from_file[2] @ upward) * upward
    if not faces_ahead or np.linalg.norm(ahead) < 0.5:
        if axis == 1 and sign > 0:
            return _ROS_FROM_Y_UP, said
        ahead = np.eye(3)[(axis + 1) % 3]
    ahead = unit(ahead)
    return np.stack((ahead, np.cross(upward, ahead), upward)), said


def _toes(bvh: BvhFile, joints: Mapping[str, int], scaled: np.ndarray) -> dict[str, np.ndarray]:
    """Return where feet end that have no toe joint, from the ankle, m, in SMPL's axes at rest."""
    found = {}
    for side in ("left", "right"):
        end = scaled @ bvh.ends[joints[f"{side}_ankle"]]
        if np.isfinite(end).all() and end[2] > 0.05:
            found[f"{side}_foot"] = end
    return found


def _fill_in(
    world: np.ndarray,
    spots: np.ndarray,
    rest: Mapping[str, np.ndarray],
    toes: Mapping[str, np.ndarray],
) -> None:
    """Put the joints that are NaN between their neighbours, unbent.

    Args:
        world: (N, 22, 3, 3) world_from_joint; filled in.
        spots: (N, 22, 3) m; filled in.
        rest: positions of the joints that are there, at rest, m, from the pelvis, SMPL's axes.
        toes: where feet end, from the ankle.
    """
    size = np.linalg.norm(rest["left_knee"] - rest["left_hip"]) / 0.245
    default = Skeleton.from_stature(float(np.clip(size, 0.8, 2.6))).rest_offsets
    neck = rest.get("neck", rest["head"])
    chest = rest.get("spine3", 0.75 * neck)
    between = {
        "spine1": ("pelvis", chest * 0.34), "spine2": ("spine1", chest * 0.33),
        "spine3": ("spine2", chest - 0.67 * chest if "spine2" not in rest else chest),
        "neck": ("spine3", 0.6 * (rest["head"] - chest)),
        "left_collar": ("spine3", 0.4 * (rest["left_shoulder"] - chest)),
        "right_collar": ("spine3", 0.4 * (rest["right_shoulder"] - chest)),
    }  # fmt: skip
    if "spine1" in rest and "spine2" not in rest:
        between["spine2"] = ("spine1", 0.5 * (chest - rest["spine1"]))
    for name in ("left_foot", "right_foot"):
        between[name] = (
            name.replace("foot", "ankle"),
            toes.get(name, default[JOINT_INDEX[name]]),
        )
    for name in JOINT_NAMES:
        joint = JOINT_INDEX[name]
        if name in rest:
            continue
        above, offset = between[name]
        parent = JOINT_INDEX[above]
        world[:, joint] = world[:, parent]
        spots[:, joint] = spots[:, parent] + world[:, parent] @ offset
