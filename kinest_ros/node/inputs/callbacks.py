# SPDX-License-Identifier: Apache-2.0
"""What an input calls with what it has read."""

from __future__ import annotations

from collections.abc import Callable

from kinest_ros.decoding.decoder import OnWarning
from kinest_ros.tracking.frame import TrackerFrame

__all__ = ["OnFrame", "OnWarning"]

#: Takes a frame, in the axes it came in, and the topic to name in warnings about it.
OnFrame = Callable[[TrackerFrame, str], None]
