# SPDX-License-Identifier: Apache-2.0
"""/tf and /tf_static: a frame per tracker, looked up in a fixed frame at every stamp that comes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from kinest_ros.decoding.decoder import Channel, Decoded, Decoder, OnWarning
from kinest_ros.decoding.hands_in_use import HandsInUse, parameter_of, tracked_hands
from kinest_ros.decoding.options import InputOptions
from kinest_ros.decoding.transform_tree import TransformTree
from kinest_ros.decoding.transforms import Transform
from kinest_ros.errors import KinestError
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

#: Queue length at least: many nodes share /tf.
TF_DEPTH = 1000
_KIND = "tf2_msgs/msg/TFMessage"
_TF = Channel("/tf", _KIND, least_depth=TF_DEPTH)
_STATIC = Channel("/tf_static", _KIND, latched=True, least_depth=TF_DEPTH)


class TfDecoder(Decoder):
    """Hears each transform once and polls nothing; frames are named by ``source.<slot>``."""

    def __init__(self, options: InputOptions, on_warning: OnWarning) -> None:
        """Settle the frames.

        Raises:
            KinestError: a frame that this node publishes itself.
        """
        super().__init__(options, on_warning)
        self._frames = {
            slot: options.sources.get(slot, f"{slot}_tracker").strip("/")
            for slot in options.trackers
        }
        self._frames |= {
            hand: frame.strip("/")
            for hand, frame in tracked_hands(options.trackers, options.hand_sources).items()
        }
        named = {parameter_of(key): frame for key, frame in self._frames.items()}
        for parameter, frame in {**named, "tf_fixed_frame": options.tf_fixed_frame}.items():
            if frame in options.own_frames:
                prefix = "" if "/" in frame else "set body_id to give those a prefix, or "
                raise KinestError(
                    f"parameter '{parameter}' is '{frame}', a frame that this node publishes as "
                    f"part of a body: {prefix}choose another frame"
                )
        self._names = {slot: f"/tf ({frame})" for slot, frame in self._frames.items()}
        self.forget()

    @property
    def channels(self) -> tuple[Channel, ...]:
        """/tf and /tf_static."""
        return _TF, _STATIC

    def forget(self) -> None:
        """Begin with no transforms."""
        options = self._options
        self._hands = HandsInUse(options.hand_sources)
        patience = {key: options.timeouts[key.partition(".")[0]] for key in self._frames}
        self._tree = TransformTree(options.tf_fixed_frame, self._frames, patience)

    def missing(self) -> str | None:
        """Return which frame cannot be looked up, and why."""
        for slot in {**self._options.sources, "head": None}:
            missing = self._tree.missing(slot)
            if missing:
                return f"source.{slot}: {missing}"
        return None

    def conflicts(self) -> list[str]:
        """Return which frames on the way to a tracker have two parents; /tf itself is shared."""
        return self._tree.conflicts()

    def why_unheard(self, slot: str) -> str:
        """Return why the tracker's frame cannot be looked up."""
        missing = self._tree.missing(slot)
        if missing:
            return f"source.{slot}: {missing}"
        frame = self._frames[slot]
        return f"/tf: no transform of '{frame}' overlaps in time with the rest of its chain"

    def decode(self, channel: str, topic: str, message: Any) -> Iterator[Decoded]:
        """Yield the poses that the transforms of one message complete, one frame each."""
        if channel == _STATIC.name:
            self._take_static(message)
            return
        own = self._options.own_frames
        for stamped in message.transforms:
            child = stamped.child_frame_id.strip("/")
            if child in own:  # the body, 22 of them in each message of our own
                continue
            header = stamped.header
            poses = self._tree.push(
                header.frame_id.strip("/"),
                child,
                header.stamp.sec * 1_000_000_000 + header.stamp.nanosec,
                _transform(stamped.transform),
            )
            for pose in poses:
                seen = TrackerPose(np.array(pose.transform[:3]), np.array(pose.transform[3:]))
                found = self._hands.pose(pose.slot, seen, pose.stamp_ns)
                if found is not None:
                    frame = TrackerFrame(pose.stamp_ns, dict([found]), self._options.tf_fixed_frame)
                    yield frame, self._names[pose.slot]
        for slot, text in self._tree.complaints():
            self._on_warning(self._names[slot], text)

    def _take_static(self, message: Any) -> None:
        for stamped in message.transforms:
            self._tree.push_static(
                stamped.header.frame_id.strip("/"),
                stamped.child_frame_id.strip("/"),
                _transform(stamped.transform),
            )


def _transform(message: Any) -> Transform:
    t, q = message.translation, message.rotation
    return t.x, t.y, t.z, q.x, q.y, q.z, q.w
