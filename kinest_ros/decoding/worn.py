# SPDX-License-Identifier: Apache-2.0
"""What was said last of whether the headset is worn, on the topic ``worn`` (std_msgs/Bool)."""

from __future__ import annotations

from dataclasses import replace

from kinest_ros.tracking.frame import TrackerFrame

#: Name of the topic below the node's, and its message type.
WORN_TOPIC = "worn"
WORN_KIND = "std_msgs/msg/Bool"


class WornWord:
    """Marks frames with what was said last; until something is, they stay as they are.

    Attributes:
        said: whether it is worn; None before anything was said.
    """

    said: bool | None = None

    def mark(self, frame: TrackerFrame) -> TrackerFrame:
        """Return a frame that is not worn if the topic or the device says so, and else worn."""
        if self.said is None or frame.worn is False or frame.worn is self.said:
            return frame
        return replace(frame, worn=self.said)
