# SPDX-License-Identifier: Apache-2.0
"""Whether a name that a user gives can be that of a topic or a service."""

from __future__ import annotations

import re

from kinest_ros.errors import KinestError

#: As rclpy's validate_topic_name, which raises an error of its own that spans lines.
_TOKEN = r"[A-Za-z_{][A-Za-z0-9_{}]*"
_NAME = re.compile(rf"(~/|/)?{_TOKEN}(/{_TOKEN})*")


def check_topic(name: str, what: str) -> str:
    """Return the name.

    Args:
        name: as the user gave it, with or without a namespace.
        what: parameter or option that it was given as, for the message.

    Raises:
        KinestError: no topic and no service can have that name.
    """
    if not _NAME.fullmatch(name):
        raise KinestError(
            f"{what} is '{name}', which cannot be a name in ROS: use letters, digits, _ and /, and "
            "begin each part with a letter or _"
        )
    return name
