# SPDX-License-Identifier: Apache-2.0
"""What a body becomes, live and in bags: one builder per message, which keeps it serialised."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kinest_ros.bags.topics import BODY_TYPE, JOINT_STATE_TYPE, POSE_TYPE, STRING_TYPE, TF_TYPE
from kinest_ros.bags.types import blank, typestore
from kinest_ros.bags.wire import WireField, WireMessage, stamp_numbers
from kinest_ros.body.joints import JOINT_INDEX, PARENTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.human_description.link_transforms import (
    link_frame_names,
    link_offsets,
    link_rotations,
)
from kinest_ros.tracking.body_pose import BodyPose

_HIPS = [JOINT_INDEX["left_hip"], JOINT_INDEX["right_hip"]]


class TransformsMessage:
    """/tf: the 22 links, and ``body_<id>`` where REP-155 is asked for."""

    def __init__(
        self,
        skeleton: Skeleton,
        body_id: str = "",
        rep155_frame: str = "",
        root_only: bool = False,
    ) -> None:
        """Lay the message out.

        Args:
            skeleton: the body's bone lengths.
            body_id: the links are named ``<body_id>/pelvis`` and so on; empty: no prefix.
            rep155_frame: adds a frame of this name, with the axes of the pelvis link and its
                origin in the middle between the hips; empty: no such frame.
            root_only: without the links that hang on another one.
        """
        names = link_frame_names(body_id)
        self._names = names[:1] if root_only else names
        self._rest_offsets = skeleton.rest_offsets
        self._body_frame = rep155_frame
        self._stamps = len(self._names) + bool(rep155_frame)
        self._frame: str | None = None

    def fill(self, body: BodyPose, world_frame: str) -> bytes:
        """Return the serialised message (CDR) of one body.

        Args:
            body: all transforms carry its stamp; its bones replace the skeleton's where it has any.
            world_frame: parent of the pelvis link; the others' parents are their joint's, and their
                axes those of REP-103 at T-pose (x forward, y left, z up).
        """
        if world_frame != self._frame:
            self._wire, self._frame = self._lay_out(world_frame), world_frame
            self._written: np.ndarray | None = None
        if body.rest_offsets is not None:
            self._rest_offsets = body.rest_offsets
        if self._rest_offsets is not self._written:
            # Bones change only while the wearer's size is becoming known.
            self._wire.write("bones", link_offsets(self._rest_offsets)[1 : len(self._names)])
            self._written = self._rest_offsets
        rotations = link_rotations(body)
        self._wire.write("stamps", stamp_numbers(body.stamp_ns, self._stamps))
        self._wire.write("position", body.positions[0])
        self._wire.write("rotations", rotations[: len(self._names)])
        if self._body_frame:
            self._wire.write("body position", body.positions[_HIPS].mean(axis=0))
            self._wire.write("body rotation", rotations[0])
        return self._wire.tobytes()

    def _lay_out(self, world_frame: str) -> WireMessage:
        transforms = [
            _transform(name, world_frame if parent < 0 else self._names[parent])
            for name, parent in zip(self._names, PARENTS[: len(self._names)], strict=True)
        ]
        fields = {
            "position": _vectors([transforms[0].transform.translation]),
            "bones": _vectors([t.transform.translation for t in transforms[1:]]),
            "rotations": _quaternions([t.transform.rotation for t in transforms]),
        }
        if self._body_frame:
            body = _transform(self._body_frame, world_frame)
            fields["body position"] = _vectors([body.transform.translation])
            fields["body rotation"] = _quaternions([body.transform.rotation])
            transforms.append(body)
        fields["stamps"] = _stamps([t.header.stamp for t in transforms])
        message = blank(TF_TYPE)
        message.transforms = transforms
        return WireMessage(message, fields)


class JointStateMessage:
    """Angles and velocities of joints whose names stay."""

    def __init__(self, names: Sequence[str]) -> None:
        count = len(names)
        message = blank(JOINT_STATE_TYPE)
        message.name = list(names)
        message.position, message.velocity = np.zeros(count), np.zeros(count)

        self._wire = WireMessage(
            message,
            {
                "stamps": _stamps([message.header.stamp]),
                "positions": _array(message, "position"),
                "velocities": _array(message, "velocity"),
            },
        )

    def fill(self, stamp_ns: int, positions: np.ndarray, velocities: np.ndarray) -> bytes:
        """Return the serialised message (CDR).

        Args:
            stamp_ns: of the header.
            positions: (N,) rad, of sliding joints m, in the order of the names.
            velocities: (N,) rad/s, of sliding joints m/s.
        """
        self._wire.write("stamps", stamp_numbers(stamp_ns))
        self._wire.write("positions", positions)
        self._wire.write("velocities", velocities)
        return self._wire.tobytes()


class FullBodyMessage:
    """~/body: rotations in SMPL axes, joint positions in the world, and how sure they are."""

    def __init__(self) -> None:
        self._frame: str | None = None

    def fill(self, body: BodyPose, world_frame: str, latency: float) -> bytes:
        """Return the serialised message (CDR) of one body.

        Args:
            body: local rotations (22, 4) xyzw in SMPL axes, positions (22, 3) m in the world.
            world_frame: frame_id of the header.
            latency: s, from the newest sample's arrival to now; 0 offline.
        """
        if world_frame != self._frame:
            self._wire, self._frame = self._lay_out(world_frame), world_frame
        write = self._wire.write
        write("stamps", stamp_numbers(body.stamp_ns))
        write("rotations", body.local_rotations)
        write("positions", body.positions)
        write("tracker_valid", body.tracker_valid)
        write("tracker_state", body.tracker_state)
        write("confidence", body.confidence)
        write("contacts", body.contacts)
        write("latency", np.array(latency))
        return self._wire.tobytes()

    @staticmethod
    def _lay_out(world_frame: str) -> WireMessage:
        message = blank(BODY_TYPE)
        message.header.frame_id = world_frame

        def set_latency(values: list[float]) -> None:
            message.latency = values[0]

        fields = {
            "stamps": _stamps([message.header.stamp]),
            "rotations": _quaternions(message.local_rotations),
            "positions": _vectors(message.positions),
            "tracker_valid": _array(message, "tracker_valid"),
            "tracker_state": _array(message, "tracker_state"),
            "confidence": _array(message, "confidence"),
            "contacts": _array(message, "contacts"),
            "latency": WireField(np.float32, 1, set_latency),
        }
        return WireMessage(message, fields)


def pose_wire(frame_id: str) -> WireMessage:
    """Return a PoseStamped with the fields stamp and pose: position (3) m, then (4) xyzw."""
    message = blank(POSE_TYPE)
    message.header.frame_id = frame_id
    position, turn = message.pose.position, message.pose.orientation

    def assign(values: list[float]) -> None:
        position.x, position.y, position.z, turn.x, turn.y, turn.z, turn.w = values

    return WireMessage(
        message,
        {"stamp": _stamps([message.header.stamp]), "pose": WireField(np.float64, 7, assign)},
    )


def text_message(text: str) -> bytes:
    """Return a serialised std_msgs/String."""
    message = blank(STRING_TYPE)
    message.data = text
    return bytes(typestore().serialize_cdr(message, STRING_TYPE))


def _transform(child: str, parent: str) -> Any:
    transform = blank("geometry_msgs/msg/TransformStamped")
    transform.child_frame_id, transform.header.frame_id = child, parent
    return transform


def _array(message: Any, name: str) -> WireField:
    """Return the field of an array of numbers, as long as it is."""
    first = getattr(message, name)

    def assign(values: list[Any]) -> None:
        setattr(message, name, np.array(values, first.dtype))

    return WireField(first.dtype.type, len(first), assign)


def _stamps(targets: Sequence[Any]) -> WireField:
    return _numbers(np.int32, targets, ("sec", "nanosec"))


def _vectors(targets: Sequence[Any]) -> WireField:
    return _numbers(np.float64, targets, ("x", "y", "z"))


def _quaternions(targets: Sequence[Any]) -> WireField:
    return _numbers(np.float64, targets, ("x", "y", "z", "w"))


def _numbers(kind: type, targets: Sequence[Any], names: tuple[str, ...]) -> WireField:
    """Return the field made of the named numbers of several messages of one type."""

    def assign(values: list[Any]) -> None:
        found = iter(values)
        for target in targets:
            for name in names:
                setattr(target, name, next(found))

    return WireField(kind, len(targets) * len(names), assign)
