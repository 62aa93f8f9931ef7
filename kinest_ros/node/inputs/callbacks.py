# SPDX-License-Identifier: Apache-2.0
"""What an input calls with what it has read."""

from __future__ import annotations

from collections.abc import Callable

from kinest_ros.tracking.frame import TrackerFrame

#: Takes a frame, in the axes it came in, and the topic to name in warnings about it.
OnFrame = Callable[[TrackerFrame, str], None]
#: Takes a topic and what is wrong with what comes from it; called as often as it is wrong.
OnWarning = Callable[[str, str], None]
