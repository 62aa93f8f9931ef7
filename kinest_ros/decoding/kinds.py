# SPDX-License-Identifier: Apache-2.0
"""The decoders by the name of their input."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping

from kinest_ros.decoding.decoder import Decoder, OnWarning
from kinest_ros.decoding.isaac_teleop import IsaacTeleopDecoder
from kinest_ros.decoding.named_pose_array import NamedPoseArrayDecoder
from kinest_ros.decoding.options import InputOptions
from kinest_ros.decoding.per_tracker import PerTrackerDecoder
from kinest_ros.decoding.rigid_bodies import RigidBodiesDecoder
from kinest_ros.decoding.tf import TfDecoder
from kinest_ros.decoding.tracker_array import TrackerArrayDecoder


def _per_tracker(kind: str, suffix: str) -> Callable[[InputOptions, OnWarning], Decoder]:
    return functools.partial(PerTrackerDecoder, kind=kind, suffix=suffix)


#: How each kind of input is decoded; the names are those of the parameter ``input``.
DECODERS: Mapping[str, Callable[[InputOptions, OnWarning], Decoder]] = {
    "pose": _per_tracker("geometry_msgs/msg/PoseStamped", "pose"),
    "pose_with_covariance": _per_tracker(
        "geometry_msgs/msg/PoseWithCovarianceStamped", "pose_with_covariance"
    ),
    "odometry": _per_tracker("nav_msgs/msg/Odometry", "odometry"),
    "tracker_array": TrackerArrayDecoder,
    "tf": TfDecoder,
    "named_pose_array": NamedPoseArrayDecoder,
    "isaac_teleop": IsaacTeleopDecoder,
    "rigid_bodies": RigidBodiesDecoder,
}
