#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a consumer sees when a controller is lost: state, confidence, and the way back.

    python examples/03_lost_hand.py

A robot that follows the body should slow down or hold where `tracker_state` is not MEASURED, or
where `confidence` falls; the body itself never jumps.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kinest_ros import JOINT_NAMES, SLOTS, BodyTracker, Skeleton, TrackerState
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import START_NS, tracker_frames

LOST = (2.0, 4.0)  # s, when the left controller says nothing
SLOT, WRIST = SLOTS.index("left_hand"), JOINT_NAMES.index("left_wrist")


def main() -> None:
    """Track somebody who reaches about, and say whenever the left hand's state changes."""
    skeleton = Skeleton.from_stature(1.75)
    motion = generate("reaching", skeleton, seed=1, duration=6.0)
    tracker = BodyTracker.build(stature=1.75)
    state, speeds = None, []
    for frame in tracker_frames(motion, skeleton):
        time = (frame.stamp_ns - START_NS) * 1e-9
        if LOST[0] <= time < LOST[1]:
            poses = {slot: pose for slot, pose in frame.poses.items() if slot != "left_hand"}
            frame = replace(frame, poses=poses)
        for body in tracker.push(frame):
            if body.tracker_state[SLOT] != state:
                state = body.tracker_state[SLOT]
                print(
                    f"{(body.stamp_ns - START_NS) * 1e-9:.2f} s: left_hand "
                    f"{TrackerState(state).name}, left wrist's confidence "
                    f"{body.confidence[WRIST]:.2f}"
                )
            speeds.append(body.positions[WRIST])
    speed = np.linalg.norm(np.diff(speeds, axis=0), axis=-1).max() * 60.0
    print(f"fastest that the left wrist moved: {speed:.1f} m/s")


if __name__ == "__main__":
    main()
