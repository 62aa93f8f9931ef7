# SPDX-License-Identifier: Apache-2.0
"""motion_capture_tracking_interfaces/NamedPoseArray, as motion_capture_tracking sends it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kinest_ros.decoding.decoder import Channel
from kinest_ros.decoding.named_poses import NamedPosesDecoder


class NamedPoseArrayDecoder(NamedPosesDecoder):
    """Bodies that are not tracked are missing from the message."""

    array = Channel("poses", "motion_capture_tracking_interfaces/msg/NamedPoseArray")

    def entries(self, topic: str, message: Any) -> Iterator[tuple[str, Any]]:
        """Yield all names and poses."""
        return ((entry.name, entry.pose) for entry in message.poses)
