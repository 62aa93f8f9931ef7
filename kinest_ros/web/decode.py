# SPDX-License-Identifier: Apache-2.0
"""A POSES message as a tracker frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.web.protocol import DEVICE_CODES, TRACKED
from kinest_ros.web.space import Space

_DEVICES = {code: device for device, code in DEVICE_CODES.items()}


def tracker_frame(
    poses: Mapping[str, Any], stamp_ns: int, space: Space, frame_id: str
) -> TrackerFrame:
    """Return what a page saw at one time.

    What was not measured is left out. A session that shows its page is worn.

    Args:
        poses: the fields of POSES, see `protocol`.
        stamp_ns: of the frame.
        space: the page's.
        frame_id: name for the space that the session began with.
    """
    there = [name for name in TRACKED if poses[f"{name}_device"] in _DEVICES]
    found = {}
    if there:
        position, quaternion = space.to_ros(
            np.array([poses[f"{name}_position"] for name in there]),
            np.array([poses[f"{name}_orientation"] for name in there]),
        )
        for index, name in enumerate(there):
            device = _DEVICES[poses[f"{name}_device"]] if name != "head" else ""
            found[name] = TrackerPose(position[index], quaternion[index], device)
    return TrackerFrame(stamp_ns, found, frame_id, worn=True)
