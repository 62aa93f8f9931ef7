# SPDX-License-Identifier: Apache-2.0
"""Which frame_ids are one frame, and what is said of those that are not."""

import pytest

from kinest_ros.tracking.admission.fixed_frames import fixed_frame, quoted
from kinest_ros.tracking.body_tracker import BadTrackerPose, BodyTracker
from kinest_ros.tracking.frame import TrackerFrame
from tests.tracking.fakes import FakePredictor, stamp
from tests.tracking.test_wearing import SMALL, trackers


@pytest.mark.parametrize(
    ("sent", "frame", "text"),
    [
        ("world", "world", "'world'"),
        ("/world", "world", "'/world'"),
        ("", "world", "'' (taken for 'world')"),
        ("/", "world", "'/' (taken for 'world')"),
        ("/robot/odom", "robot/odom", "'/robot/odom'"),
    ],
)
def test_slashes_at_the_ends_are_nothing(sent: str, frame: str, text: str) -> None:
    assert (fixed_frame(sent), quoted(sent)) == (frame, text)


def bodies(tracker: BodyTracker, head: str, hands: str, first: str = "head") -> list:
    made = []
    for index in range(30):
        for slot in sorted(trackers(), key=lambda slot: slot != first):
            sent = head if slot == "head" else hands
            made += tracker.push(TrackerFrame(stamp(index), {slot: trackers()[slot]}, sent))
    return made


@pytest.mark.parametrize("first", ["head", "left_hand"])
@pytest.mark.parametrize("hands", ["/world", "", "world/"])
def test_one_frame_however_it_is_written(hands: str, first: str) -> None:
    for head, others in (("world", hands), (hands, "world")):
        made = bodies(BodyTracker(FakePredictor(), SMALL), head, others, first)
        assert len(made) > 25
        assert all(body.tracker_valid[:3].all() for body in made[3:])
        assert {body.frame_id for body in made} == {"world"}


@pytest.mark.parametrize(
    ("sent", "text"), [("", r"'' \(taken for 'world'\)"), ("/odom", "'/odom'")]
)
def test_another_frame_is_quoted_as_it_was_sent(sent: str, text: str) -> None:
    tracker = BodyTracker(FakePredictor(), SMALL)
    bodies(tracker, "/vr_origin", "vr_origin")
    with pytest.raises(BadTrackerPose, match=f"frame_id is {text}, but .* in 'vr_origin'"):
        tracker.push(TrackerFrame(stamp(40), trackers(), sent))
