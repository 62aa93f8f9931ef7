# SPDX-License-Identifier: Apache-2.0
"""Write rosbag2 directories: tracker poses, and bodies as the node publishes them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Literal

import numpy as np
from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys.store import Typestore

from kinest_ros.bags import topics
from kinest_ros.bags.body_messages import (
    FullBodyMessage,
    JointStateMessage,
    TransformsMessage,
    pose_wire,
    text_message,
)
from kinest_ros.bags.types import typestore
from kinest_ros.bags.wire import WireMessage, stamp_numbers
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import discard, put_in_place, unfinished_folder
from kinest_ros.human_description.joint_angles import JOINT_STATE_NAMES, JointAngles
from kinest_ros.human_description.urdf import human_urdf
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.frame import TrackerFrame

#: Metadata version that `ros2 bag` of Humble, Jazzy and later all read.
_METADATA_VERSION: Literal[8] = 8


class BodyBagWriter:
    """A new bag, to be used in a with statement; messages should come in the order of time.

    The bag is there when the with statement ends, whole, in place of one that was there. Until
    then it grows under a temporary name beside it (`.NAME.XXXXXXXX.part/NAME`), where it stays if
    the writer is killed; left through an exception, it is removed.
    """

    def __init__(
        self,
        path: str | Path,
        skeleton: Skeleton | None = None,
        overwrite: bool = False,
        storage: str = "mcap",
    ) -> None:
        """Check the place; nothing is written before the with statement.

        Args:
            path: folder to create.
            skeleton: of the bodies to be written; saved as skeleton.npz beside the metadata.
            overwrite: replace a bag that is there already; never anything but a bag.
            storage: "mcap" or "sqlite3".

        Raises:
            KinestError: something is there already that may not be replaced.
        """
        self.path = Path(path)
        self._skeleton = skeleton
        self._storage = StoragePlugin.MCAP if storage == "mcap" else StoragePlugin.SQLITE3
        if self.path.exists():
            is_bag = (self.path / "metadata.yaml").is_file()
            if not is_bag and not (self.path.is_dir() and not any(self.path.iterdir())):
                raise KinestError(f"{self.path} exists and is not a bag; choose another --out")
            if is_bag and not overwrite:
                raise KinestError(
                    f"{self.path} exists; choose another --out, or replace it with --overwrite"
                )
        self._described: Skeleton | None = None
        self._poses: dict[str, WireMessage] = {}
        self._angles, self._joint_state = JointAngles(), JointStateMessage(JOINT_STATE_NAMES)
        self._full_body = FullBodyMessage()
        self._transforms = TransformsMessage(skeleton) if skeleton is not None else None
        self._connections: dict[str, Connection] = {}

    def __enter__(self) -> BodyBagWriter:
        """Create the bag."""
        try:
            self._unfinished = unfinished_folder(self.path)
            self._writer = Writer(
                self._unfinished, version=_METADATA_VERSION, storage_plugin=self._storage
            )
            self._writer.open()
        except OSError as error:
            raise KinestError(f"cannot write {self.path}: {error.strerror or error}") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the bag, or remove it after an exception."""
        try:
            self._writer.close()
            if kind is None:
                if self._skeleton is not None:
                    self._skeleton.save(self._unfinished / "skeleton.npz")
                put_in_place(self._unfinished, self.path)
        except OSError as failed:
            raise KinestError(f"cannot write {self.path}: {failed.strerror or failed}") from None
        finally:
            discard(self._unfinished)

    def write_raw(
        self,
        topic: str,
        msgtype: str,
        stamp_ns: int,
        data: bytes,
        latched: bool = False,
        types: Typestore | None = None,
    ) -> None:
        """Write a serialised (CDR) message at its time in the bag, ns.

        Args:
            topic: full name.
            msgtype: its type.
            stamp_ns: time in the bag.
            data: the message.
            latched: whether it counts for who listens later.
            types: that define the message; ours when None.
        """
        if topic not in self._connections:
            depth = 1 if latched else (100 if topic == topics.TF else 10)
            self._connections[topic] = self._writer.add_connection(
                topic,
                msgtype,
                typestore=types or typestore(),
                offered_qos_profiles=[topics.offered_qos(depth, latched)],
            )
        self._writer.write(self._connections[topic], stamp_ns, data)

    def write_frame(
        self,
        frame: TrackerFrame,
        received_ns: int | None = None,
        names: dict[str, str] | None = None,
    ) -> None:
        """Write the poses of a tracker frame, one PoseStamped per slot.

        Args:
            frame: the poses; its stamp goes into the headers.
            received_ns: time in the bag; the stamp when None.
            names: topic by slot; the default names when None.
        """
        names = names or dict(topics.POSE_TOPICS)
        wire = self._poses.get(frame.frame_id) or pose_wire(frame.frame_id)
        self._poses[frame.frame_id] = wire
        wire.write("stamp", stamp_numbers(frame.stamp_ns))
        for slot, pose in frame.poses.items():
            wire.write("pose", np.concatenate((pose.position, pose.quaternion)))
            time_ns = received_ns or frame.stamp_ns
            self.write_raw(names[slot], topics.POSE_TYPE, time_ns, wire.tobytes())

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Describe the bodies to come, whose size has become known, by another skeleton."""
        self._skeleton = skeleton

    def write_body(self, body: BodyPose, received_ns: int | None = None) -> None:
        """Write /tf, joint states and body, after the robot description where it is new."""
        if self._skeleton is None or self._transforms is None:
            raise ValueError("write_body() needs the skeleton")
        time, frame = body.stamp_ns if received_ns is None else received_ns, body.frame_id
        if self._described is not self._skeleton:
            self._described = self._skeleton
            urdf = text_message(human_urdf(self._skeleton))
            self.write_raw(topics.ROBOT_DESCRIPTION, topics.STRING_TYPE, time, urdf, latched=True)
        self.write_raw(topics.TF, topics.TF_TYPE, time, self._transforms.fill(body, frame))
        angles = self._joint_state.fill(body.stamp_ns, *self._angles.update(body))
        self.write_raw(topics.JOINT_STATES, topics.JOINT_STATE_TYPE, time, angles)
        self.write_raw(topics.BODY, topics.BODY_TYPE, time, self._full_body.fill(body, frame, 0.0))

    def write_ground_truth(self, body: BodyPose) -> None:
        """Write a true body, at its own stamp."""
        message = self._full_body.fill(body, body.frame_id, 0.0)
        self.write_raw(topics.GROUND_TRUTH, topics.BODY_TYPE, body.stamp_ns, message)
