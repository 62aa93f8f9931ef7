# SPDX-License-Identifier: Apache-2.0
"""Commands that take bags take recordings and clips as well."""

import contextlib

import numpy as np
import pytest

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.reader import read_bodies
from kinest_ros.bags.topics import GROUND_TRUTH
from kinest_ros.cli.sources import as_bag
from kinest_ros.errors import KinestError
from kinest_ros.formats.clips.write_bvh import write_bvh
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.retarget.motions import read_motion
from tests.formats.recordings.files import bsor, poses
from tests.tracking.fakes import SKELETON


def test_a_recording_is_a_bag_while_it_is_needed(tmp_path, capsys):
    times, found = poses()
    path = tmp_path / "replay.bsor"
    path.write_bytes(bsor(times, found))
    with contextlib.ExitStack() as stack:
        bag = as_bag(path, stack)
        assert bag != path and bag.name == path.name
        frames = list(read_tracker_frames(bag))
        assert len(frames) == 3 * len(times)
        head = [f.poses["head"].position for f in frames if "head" in f.poses]
        np.testing.assert_allclose(head, found["head"][0], atol=1e-6)
    assert not bag.exists()
    assert "sabers" in capsys.readouterr().err


def test_a_clip_is_worn_with_trackers_and_is_the_truth(tmp_path):
    motion = generate("standing", SKELETON, 0, 0.5)
    path = tmp_path / "clip.bvh"
    write_bvh(motion, SKELETON, path)
    with contextlib.ExitStack() as stack:
        bag = as_bag(path, stack)
        slots = {slot for frame in read_tracker_frames(bag) for slot in frame.poses}
        assert slots == {"head", "left_hand", "right_hand"}
        truth = read_bodies(bag, GROUND_TRUTH)
    read = read_motion(path)
    np.testing.assert_allclose(truth.positions, read.positions, atol=1e-9)
    np.testing.assert_allclose(truth.positions[:, 0], motion.root_position, atol=1e-7)


def test_bags_and_nothing_stay_what_they_are(tmp_path):
    with contextlib.ExitStack() as stack:
        for name in ("bag", "a.mcap", "none"):
            assert as_bag(tmp_path / name, stack) == tmp_path / name
        (tmp_path / "text").write_text("hello")
        with pytest.raises(KinestError, match="has no known format"):
            as_bag(tmp_path / "text", stack)
