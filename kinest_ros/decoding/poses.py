# SPDX-License-Identifier: Apache-2.0
"""Poses in messages as tracker poses."""

from __future__ import annotations

from typing import Any

import numpy as np

from kinest_ros.tracking.frame import TrackerFrame, TrackerPose


def tracker_pose(pose: Any) -> TrackerPose:
    """Return a geometry_msgs/Pose, m and quaternion xyzw, as it came: in its axes, unchecked."""
    p, q = pose.position, pose.orientation
    return TrackerPose(np.array((p.x, p.y, p.z)), np.array((q.x, q.y, q.z, q.w)))


def tracker_frame(header: Any, poses: dict[str, TrackerPose]) -> TrackerFrame:
    """Return poses by slot as a frame with the stamp and frame_id of a std_msgs/Header."""
    stamp = header.stamp
    return TrackerFrame(stamp.sec * 1_000_000_000 + stamp.nanosec, poses, frame_id=header.frame_id)
