# SPDX-License-Identifier: Apache-2.0
"""Builders that refill one message per topic, so a frame allocates next to nothing."""

from __future__ import annotations

from array import array

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, Quaternion, TransformStamped, Vector3
from sensor_msgs.msg import JointState
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage

from kinest_ros.body.joints import NUM_JOINTS, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.msg import FullBodyState
from kinest_ros.node.joint_angles import JOINT_STATE_NAMES
from kinest_ros.node.link_transforms import link_frame_names, link_offsets, link_rotations
from kinest_ros.tracking.body_pose import BodyPose


def set_stamp(stamp: Time, stamp_ns: int) -> None:
    """Write nanoseconds into a Time message."""
    stamp.sec, stamp.nanosec = divmod(stamp_ns, 1_000_000_000)


class TransformsMessage:
    """/tf: the 22 links. Offsets are constant and the stamp is one object shared by all."""

    def __init__(self, skeleton: Skeleton, body_id: str) -> None:
        self._stamp = Time()
        names = link_frame_names(body_id)
        self.message = TFMessage(transforms=[TransformStamped() for _ in names])
        offsets = link_offsets(skeleton).tolist()
        for transform, name, parent, offset in zip(
            self.message.transforms, names, PARENTS, offsets, strict=True
        ):
            transform.header.stamp = self._stamp
            transform.child_frame_id = name
            if parent >= 0:
                transform.header.frame_id = names[parent]
            _set_vector(transform.transform.translation, offset)

    def fill(self, body: BodyPose, world_frame: str) -> TFMessage:
        """Write one body into the message and return it."""
        set_stamp(self._stamp, body.stamp_ns)
        transforms = self.message.transforms
        transforms[0].header.frame_id = world_frame
        _set_vector(transforms[0].transform.translation, body.positions[0].tolist())
        for transform, quaternion in zip(transforms, link_rotations(body).tolist(), strict=True):
            _set_quaternion(transform.transform.rotation, quaternion)
        return self.message


class JointStateMessage:
    """~/joint_states: the names are set once."""

    def __init__(self) -> None:
        self.message = JointState(name=list(JOINT_STATE_NAMES))

    def fill(self, stamp_ns: int, positions: array, velocities: array) -> JointState:
        """Write angles (63,) in rad and velocities (63,) in rad/s, both ``array('d')``."""
        set_stamp(self.message.header.stamp, stamp_ns)
        self.message.position = positions
        self.message.velocity = velocities
        return self.message


class FullBodyMessage:
    """~/body: rotations in SMPL axes, joint positions in the world."""

    def __init__(self) -> None:
        self.message = FullBodyState(
            header=Header(),
            local_rotations=[Quaternion() for _ in range(NUM_JOINTS)],
            positions=[Point() for _ in range(NUM_JOINTS)],
        )

    def fill(self, body: BodyPose, world_frame: str, latency: float) -> FullBodyState:
        """Write one body and its latency in seconds into the message and return it."""
        message = self.message
        set_stamp(message.header.stamp, body.stamp_ns)
        message.header.frame_id = world_frame
        for target, value in zip(
            message.local_rotations, body.local_rotations.tolist(), strict=True
        ):
            _set_quaternion(target, value)
        for target, value in zip(message.positions, body.positions.tolist(), strict=True):
            _set_vector(target, value)
        message.tracker_valid = [bool(v) for v in body.tracker_valid]
        message.confidence = np.asarray(body.confidence, dtype=np.float32)
        message.contacts = np.asarray(body.contacts, dtype=np.float32)
        message.latency = latency
        return message


def _set_vector(target: Point | Vector3, value: list[float]) -> None:
    target.x, target.y, target.z = value


def _set_quaternion(target: Quaternion, value: list[float]) -> None:
    target.x, target.y, target.z, target.w = value
