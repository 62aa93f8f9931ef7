# SPDX-License-Identifier: Apache-2.0
"""Whole-body pose from a headset and two hands, live, for ROS 2.

What most programs need is named here and loaded when it is first used, so that `import kinest_ros`
is quick and needs neither torch nor ROS 2::

    import kinest_ros

    tracker = kinest_ros.BodyTracker.build(stature=1.80)
    for body in tracker.push(kinest_ros.TrackerFrame(stamp_ns, {"head": pose})):
        ...
"""

import importlib
from pkgutil import extend_path
from typing import TYPE_CHECKING, Any

from kinest_ros import moved as _moved

if TYPE_CHECKING:
    from kinest_ros.bags.contents import read_tracker_frames
    from kinest_ros.bags.reader import read_bodies
    from kinest_ros.body.joints import JOINT_NAMES, PARENTS, SLOTS
    from kinest_ros.body.skeleton import Skeleton
    from kinest_ros.calibration.storage import load_calibration
    from kinest_ros.errors import KinestError
    from kinest_ros.model.published.checkpoint import load_released
    from kinest_ros.tracking.body_pose import BodyPose, TrackerState
    from kinest_ros.tracking.body_tracker import BodyTracker
    from kinest_ros.tracking.devices.mount import Mount
    from kinest_ros.tracking.frame import BadTrackerPose, TrackerFrame, TrackerPose
    from kinest_ros.tracking.settings import TrackerSettings

# The generated kinest_ros.msg package may be installed in another folder than this code
# (a checkout in front of an installed copy), so both folders make up one package.
__path__ = extend_path(__path__, __name__)

__version__ = "0.1.0"

_moved.install()

#: Public names and the modules they live in.
_PUBLIC = {
    "BadTrackerPose": "kinest_ros.tracking.frame",
    "BodyPose": "kinest_ros.tracking.body_pose",
    "BodyTracker": "kinest_ros.tracking.body_tracker",
    "JOINT_NAMES": "kinest_ros.body.joints",
    "KinestError": "kinest_ros.errors",
    "Mount": "kinest_ros.tracking.devices.mount",
    "PARENTS": "kinest_ros.body.joints",
    "SLOTS": "kinest_ros.body.joints",
    "Skeleton": "kinest_ros.body.skeleton",
    "TrackerFrame": "kinest_ros.tracking.frame",
    "TrackerPose": "kinest_ros.tracking.frame",
    "TrackerSettings": "kinest_ros.tracking.settings",
    "TrackerState": "kinest_ros.tracking.body_pose",
    "load_calibration": "kinest_ros.calibration.storage",
    "load_released": "kinest_ros.model.published.checkpoint",
    "read_bodies": "kinest_ros.bags.reader",
    "read_tracker_frames": "kinest_ros.bags.contents",
}
__all__ = [
    "JOINT_NAMES",
    "PARENTS",
    "SLOTS",
    "BadTrackerPose",
    "BodyPose",
    "BodyTracker",
    "KinestError",
    "Mount",
    "Skeleton",
    "TrackerFrame",
    "TrackerPose",
    "TrackerSettings",
    "TrackerState",
    "load_calibration",
    "load_released",
    "read_bodies",
    "read_tracker_frames",
]


def __getattr__(name: str) -> Any:
    module = _PUBLIC.get(name)
    if module is None:
        raise AttributeError(f"module 'kinest_ros' has no attribute '{name}'")
    found = globals()[name] = getattr(importlib.import_module(module), name)
    return found


def __dir__() -> list[str]:
    return sorted([*globals(), *_PUBLIC])
