# SPDX-License-Identifier: Apache-2.0
"""The first bodies of a stream: no limb flies about while the network has seen nothing yet."""

import numpy as np
import pytest

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.network import load_network
from kinest_ros.runtime.predictor import StreamingPredictor
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import stamp

#: m/s of anybody who stands still, in whatever place the floor is.
CALM = 3.0


@pytest.fixture(scope="module")
def predictor():
    return StreamingPredictor(load_network("default"), Skeleton.from_stature(1.7))


def standing(index: float, height: float, hands: bool) -> TrackerFrame:
    """Somebody who stands still, with the head at a height, the hands hanging."""
    poses = {"head": TrackerPose((0.001 * index, 0.0, height), (0.0, 0.0, 0.0, 1.0))}
    if hands:
        for slot, side in (("left_hand", 0.25), ("right_hand", -0.25)):
            down = (0.0, np.sqrt(0.5), 0.0, np.sqrt(0.5))
            poses[slot] = TrackerPose((0.001 * index, side, 0.5 * height), down)
    return TrackerFrame(stamp(index), poses)


def fastest(tracker, indices, height, hands):
    """The speed of the fastest joint (m/s), from the first body on."""
    bodies = [b for i in indices for b in tracker.push(standing(i, height, hands))]
    assert len(bodies) > 8
    places = np.array([body.positions for body in bodies])
    return 60.0 * np.linalg.norm(np.diff(places, axis=0), axis=-1).max()


@pytest.mark.parametrize("hands", [True, False])
@pytest.mark.parametrize("height", [1.2, 1.5, 1.73, 2.0])
def test_whoever_begins_too_high_or_too_low(predictor, height, hands):
    tracker = BodyTracker(predictor, Skeleton.from_stature(1.7), TrackerSettings())
    assert fastest(tracker, range(12), height, hands) < CALM


def test_after_the_head_was_away(predictor):
    tracker = BodyTracker(predictor, Skeleton.from_stature(1.7), TrackerSettings())
    fastest(tracker, range(12), 1.73, True)
    assert fastest(tracker, range(200, 212), 1.73, True) < CALM
    assert tracker.stats.network_resets == 1
