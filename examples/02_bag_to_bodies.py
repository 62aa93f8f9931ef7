#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A rosbag2 with tracker poses becomes arrays for NumPy: bodies and joint angles, without ROS.

    python examples/02_bag_to_bodies.py                       a made-up bag
    python examples/02_bag_to_bodies.py --bag my_bag --stature 1.80 --out bodies.npz

The file holds stamps (N,) ns, positions (N, 22, 3) m, local_rotations (N, 22, 4) xyzw in SMPL axes,
and angles (N, 63) rad of the URDF's joints, whose names are in joint_names.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from kinest_ros import BodyTracker, read_tracker_frames
from kinest_ros.cli.main import main as kinest
from kinest_ros.human_description.joint_angles import JOINT_STATE_NAMES, JointAngles


def made_up_bag(folder: Path) -> Path:
    """Return a bag of five seconds of walking."""
    bag = folder / "walking"
    kinest(["synth", "--performance", "walking", "--duration", "5", "--out", str(bag)])
    return bag


def convert(bag: Path, out: Path, stature: float | None) -> None:
    """Push every frame of a bag and save what comes out."""
    tracker, angles = BodyTracker.build(stature=stature), JointAngles()
    bodies, joints = [], []
    for frame in read_tracker_frames(bag):
        for body in tracker.push(frame):
            bodies.append(body)
            joints.append(angles.update(body)[0])
    np.savez(
        out,
        stamps=np.array([body.stamp_ns for body in bodies]),
        positions=np.stack([body.positions for body in bodies]),
        local_rotations=np.stack([body.local_rotations for body in bodies]),
        angles=np.stack(joints),
        joint_names=np.array(JOINT_STATE_NAMES),
    )
    walked = np.linalg.norm(bodies[-1].positions[0, :2] - bodies[0].positions[0, :2])
    print(f"{out}: {len(bodies)} bodies; from start to end the pelvis moved by {walked:.2f} m")


def main() -> None:
    """Convert the bag that is given, or a made-up one."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bag", type=Path, help="rosbag2 folder or .mcap file")
    parser.add_argument("--stature", type=float, help="body height in m; else it is estimated")
    parser.add_argument("--out", type=Path, default=Path("bodies.npz"), help="default: bodies.npz")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        convert(args.bag or made_up_bag(Path(folder)), args.out, args.stature)


if __name__ == "__main__":
    main()
