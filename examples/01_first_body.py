#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three poses in, a whole body out: the tracker without ROS.

    python examples/01_first_body.py

Somebody 1.75 m tall stands in a T-pose, facing along x. Poses are those of the links (x forward,
y left, z up), so upright and facing x is the quaternion (0, 0, 0, 1).
"""

from __future__ import annotations

import math

from kinest_ros import JOINT_NAMES, BodyTracker, TrackerFrame, TrackerPose

UPRIGHT = (0.0, 0.0, 0.0, 1.0)  # xyzw
RATE = 72.0  # Hz, of the headset; bodies come at 60 Hz whatever it is


def main() -> None:
    """Push two seconds of samples and show the last body."""
    tracker = BodyTracker.build(stature=1.75)
    bodies = []
    for sample in range(int(2.0 * RATE)):
        time = sample / RATE
        # Nobody is perfectly still: a tracker that says the same for a second counts as frozen.
        breath = 0.004 * math.sin(1.5 * time)
        poses = {
            "head": TrackerPose((0.0, 0.0, 1.558 + breath), UPRIGHT),
            "left_hand": TrackerPose((-0.02, 0.70, 1.40 + breath), UPRIGHT),
            "right_hand": TrackerPose((-0.02, -0.70, 1.40 + breath), UPRIGHT),
        }
        bodies += tracker.push(TrackerFrame(round(time * 1e9), poses))
    body = bodies[-1]
    print(f"{len(bodies)} bodies, the last one {body.stamp_ns * 1e-9:.2f} s after the first sample")
    for name, position, confidence in zip(
        JOINT_NAMES, body.positions, body.confidence, strict=True
    ):
        x, y, z = position
        print(f"{name:15s} x {x:6.2f}  y {y:6.2f}  z {z:6.2f} m   confidence {confidence:.2f}")


if __name__ == "__main__":
    main()
