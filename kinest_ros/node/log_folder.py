# SPDX-License-Identifier: Apache-2.0
"""The folder of ROS's log files, and another one where that cannot be written.

Without a folder ROS does not start at all, so a container or a robot with a read-only home would
have no body for want of a log.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from kinest_ros.errors import KinestError


def find_log_folder() -> None:
    """Set ROS_LOG_DIR to a temporary folder, and say so, where the default cannot be written.

    The default is $ROS_HOME/log, or ~/.ros/log (rcl_logging_interface). Sets ROS_HOME where HOME is
    not set, as in a service of systemd.

    Raises:
        KinestError: ROS_LOG_DIR itself names a folder that cannot be written.
    """
    named = os.environ.get("ROS_LOG_DIR")
    if named:
        if trouble := _trouble(Path(named).expanduser()):
            raise KinestError(
                f"ROS_LOG_DIR is {named}, which cannot be written ({trouble}): name another folder"
            )
        return
    folder = Path(os.environ.get("ROS_HOME") or "~/.ros")
    try:
        folder = folder.expanduser()
    except RuntimeError:
        trouble = "there is no home folder"
    else:
        if not os.environ.get("HOME"):  # as in a service: rcl does not ask further
            os.environ["ROS_HOME"] = str(folder)
        folder = folder / "log"
        trouble = _trouble(folder)
    if trouble:
        other = os.environ["ROS_LOG_DIR"] = tempfile.mkdtemp(prefix="ros_log_")
        print(
            f"note: {folder} cannot be written ({trouble}); ROS logs to {other}. Set ROS_LOG_DIR "
            "to a folder of your own",
            file=sys.stderr,
        )


def _trouble(folder: Path) -> str:
    """Return why no file can be made in a folder; empty where it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)
