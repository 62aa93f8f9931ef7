# SPDX-License-Identifier: Apache-2.0
"""Write rosbag2 directories: tracker poses, and bodies as the node publishes them."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer

from kinest_ros.bags import topics
from kinest_ros.bags.messages import MessageFactory
from kinest_ros.bags.types import typestore
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.files.whole import discard, put_in_place, unfinished_folder
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
        self._factory = MessageFactory(skeleton)
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
        self, topic: str, msgtype: str, stamp_ns: int, data: bytes, latched: bool = False
    ) -> None:
        """Write a serialised (CDR) message at its time in the bag, ns."""
        if topic not in self._connections:
            depth = 1 if latched else (100 if topic == topics.TF else 10)
            self._connections[topic] = self._writer.add_connection(
                topic,
                msgtype,
                typestore=typestore(),
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
        for slot, pose in frame.poses.items():
            message = self._factory.pose(frame.stamp_ns, pose, frame.frame_id)
            self._write(names[slot], topics.POSE_TYPE, received_ns or frame.stamp_ns, message)

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Describe the bodies to come, whose size has become known, by another skeleton."""
        self._skeleton = skeleton

    def write_body(self, body: BodyPose, received_ns: int | None = None) -> None:
        """Write /tf, joint states and body, after the robot description where it is new."""
        if self._skeleton is None:
            raise ValueError("write_body() needs the skeleton")
        time = body.stamp_ns if received_ns is None else received_ns
        if self._described is not self._skeleton:
            self._described = self._skeleton
            message = self._factory.string(human_urdf(self._skeleton))
            self._write(topics.ROBOT_DESCRIPTION, topics.STRING_TYPE, time, message, latched=True)
        self._write(topics.TF, topics.TF_TYPE, time, self._factory.transforms(body))
        self._write(
            topics.JOINT_STATES, topics.JOINT_STATE_TYPE, time, self._factory.joint_state(body)
        )
        self._write(topics.BODY, topics.BODY_TYPE, time, self._factory.body(body))

    def write_ground_truth(self, body: BodyPose) -> None:
        """Write a true body, at its own stamp."""
        message = self._factory.body(body)
        self._write(topics.GROUND_TRUTH, topics.BODY_TYPE, body.stamp_ns, message)

    def _write(
        self, topic: str, msgtype: str, stamp_ns: int, message: Any, latched: bool = False
    ) -> None:
        data = bytes(typestore().serialize_cdr(message, msgtype))
        self.write_raw(topic, msgtype, stamp_ns, data, latched)
