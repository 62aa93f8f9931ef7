#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Body size and mounts from a T-pose held for two seconds, in a program of your own.

    python examples/04_calibrate.py

Devices are not where joints are: a headset is worn before the eyes and a controller is held in the
fist. The calibration finds out where the joints are as the devices see them. From the command line
the same is `kinest calibrate`; in ROS, the service ~/calibrate.
"""

from __future__ import annotations

import numpy as np

from kinest_ros import BodyTracker, Mount, Skeleton, TrackerFrame, TrackerPose, TrackerSettings
from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.calibration.calibration import calibrate
from kinest_ros.calibration.samples import Samples
from kinest_ros.calibration.summary import summary_lines
from kinest_ros.calibration.wearer import wearer

#: Where the joints are in the axes of the devices, which nobody knows but this example.
MOUNTS = {
    "head": Mount((-0.09, 0.0, -0.08)),
    "left_hand": Mount((0.0, -0.08, 0.0)),
    "right_hand": Mount((0.0, 0.08, 0.0)),
}


def t_pose(stature: float, seconds: float = 2.5, rate: float = 72.0) -> list[TrackerFrame]:
    """Return what the devices of somebody in a T-pose report, with some tremor."""
    skeleton = Skeleton.from_stature(stature)
    joints = skeleton.rest_positions() @ JOINT_FROM_LINK + (0.0, 0.0, skeleton.pelvis_height)
    random = np.random.default_rng(0)
    frames = []
    for sample in range(int(seconds * rate)):
        poses = {}
        for slot, mount in MOUNTS.items():
            # Upright links in an unturned mount: the device is turned as the world is.
            place = joints[SLOT_JOINTS[SLOTS.index(slot)]] - np.asarray(mount.xyz)
            poses[slot] = TrackerPose(place + random.normal(0.0, 0.001, 3), (0.0, 0.0, 0.0, 1.0))
        frames.append(TrackerFrame(round(sample * 1e9 / rate), poses))
    return frames


def main() -> None:
    """Calibrate, say what was found, and track with it."""
    frames = t_pose(stature=1.82)
    # Raises kinest_ros.calibration.refusal.Refusal, in words for the user, if the pose is no good.
    found = calibrate(Samples.from_frames(frames), stature=1.82)
    print("\n".join(summary_lines(found)))
    tracker = BodyTracker.build(wearer=wearer(TrackerSettings(), calibration=found))
    bodies = [body for frame in frames for body in tracker.push(frame)]
    toes = 100.0 * bodies[-1].positions[10:12, 2]
    print(f"tracked with it: toes {toes[0]:.1f} and {toes[1]:.1f} cm above the floor")


if __name__ == "__main__":
    main()
