# SPDX-License-Identifier: Apache-2.0
"""A bag's trackers at the stamps of its bodies: between samples, and only where they were valid."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.bags.reader import read_bodies
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.tracked_links import tracked_links
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import true_bodies
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

SKELETON = Skeleton.from_stature(1.7)


def test_poses_between_two_samples(tmp_path: Path) -> None:
    bodies = list(true_bodies(generate("standing", SKELETON, 2, 0.5), SKELETON))
    first, last = bodies[0].stamp_ns, bodies[-1].stamp_ns
    with BodyBagWriter(tmp_path / "bag", SKELETON) as out:
        for share, stamp in ((0.0, first), (1.0, last)):
            turn = Rotation.from_euler("z", share).as_quat()
            poses = {slot: TrackerPose((share, 0.0, 1.5), turn) for slot in ("head", "left_hand")}
            if share:  # a device that broke: no rotation at all
                poses["left_hand"] = TrackerPose((1.0, 0.0, 1.5), (0.0, 0.0, 0.0, 0.0))
            out.write_frame(TrackerFrame(stamp, poses))
        for body in bodies:
            out.write_body(body)
    read = read_bodies(tmp_path / "bag")
    valid = read.tracker_valid.copy()
    valid[3, 0] = False
    links = tracked_links(tmp_path / "bag", replace(read, tracker_valid=valid), None)
    share = (read.stamps_ns - first) / (last - first)
    kept = np.arange(len(read)) != 3
    assert links.positions[kept, 0, 0] == pytest.approx(share[kept])
    turned = Rotation.from_quat(links.quaternions[kept, 0]).magnitude()
    assert turned == pytest.approx(share[kept], abs=1e-6)
    assert np.isnan(links.positions[3, 0]).all() and np.isnan(links.quaternions[3, 0]).all()
    assert np.isnan(links.positions[:, 2:]).all()
    assert np.isnan(links.quaternions[1:-1, 1]).all() and np.isfinite(links.positions[:, 1]).all()
