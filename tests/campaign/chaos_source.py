# SPDX-License-Identifier: Apache-2.0
"""A head and two hands whose places are a function of their stamps, so that anybody can check."""

from __future__ import annotations

import argparse
import math
import time

import numpy as np
import rclpy
from geometry_msgs.msg import PoseStamped

from kinest_ros.tracking.frame import TrackerPose
from tests.node.pose_messages import pose_message

_AT = {"head": (0.0, 0.0, 1.6), "left_hand": (0.3, 0.25, 1.1), "right_hand": (0.3, -0.25, 1.1)}


def place(slot: str, stamp_ns: int) -> np.ndarray:
    """Return where a tracker is, m: up to 0.6 m/s, so that what is 0.1 s old is seen."""
    t = (stamp_ns % 1_000_000_000_000) * 1e-9
    swing = (0.15 * math.sin(2.0 * t), 0.15 * math.sin(2.6 * t), 0.03 * math.sin(3.1 * t))
    return np.array(_AT[slot]) + swing


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=72.0)
    parser.add_argument("--offset", type=float, default=0.0, help="of the clock, s")
    chosen = parser.parse_args()
    rclpy.init()
    node = rclpy.create_node("chaos_source")
    publishers = {
        slot: node.create_publisher(PoseStamped, f"/kinest/{slot}/pose", 10) for slot in _AT
    }
    due = time.monotonic()
    while True:
        stamp = time.time_ns() + round(chosen.offset * 1e9)
        for slot, publisher in publishers.items():
            pose = TrackerPose(place(slot, stamp), np.array((0.0, 0.0, 0.0, 1.0)))
            publisher.publish(pose_message(pose, stamp, "world"))
        due = max(due + 1.0 / chosen.rate, time.monotonic() - 0.1)
        time.sleep(max(due - time.monotonic(), 0.0))


if __name__ == "__main__":
    main()
