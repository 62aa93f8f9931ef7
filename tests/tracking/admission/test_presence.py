# SPDX-License-Identifier: Apache-2.0
"""Bodies of people whose devices are lost, frozen, laid down or taken off."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from kinest_ros.tracking.body_pose import TrackerState
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from tests.tracking.fakes import (
    SKELETON,
    FakePredictor,
    frames,
    link_poses,
    pose_at,
    push_all,
    rest_pose,
    stamp,
)

HANDS = ("left_hand", "right_hand")
TRACKED = ("head", *HANDS)
SWAYING = link_poses(rest_pose(), np.array((0.0, 0.0, 0.95)))


def standing(index: float, around: dict[str, TrackerPose] = SWAYING) -> dict[str, TrackerPose]:
    """Somebody who stands, and sways as people do."""
    sway = 0.01 * np.array((np.sin(0.05 * index), np.sin(0.07 * index), 0.0))
    return {slot: replace(around[slot], position=around[slot].position + sway) for slot in TRACKED}


def tracked(
    poses: Callable[[float], dict[str, TrackerPose]], last: int, **settings: float
) -> tuple[BodyTracker, dict[int, object]]:
    """The tracker, and its bodies by tick."""
    tracker = BodyTracker(FakePredictor(), SKELETON, TrackerSettings(**settings))
    bodies = push_all(tracker, frames(range(60, last), poses))
    return tracker, {round(body.stamp_ns * 60 / 1e9): body for body in bodies}


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [("left_hand",), HANDS])
def test_hands_at_the_origin_are_lost_and_not_reached_for(hidden) -> None:
    def poses(index):
        lost = 200 <= index < 300
        return standing(index) | (dict.fromkeys(hidden, pose_at(0.0, 0.0, 0.0)) if lost else {})

    tracker, bodies = tracked(poses, 400)
    assert list(bodies) == list(range(60, 400))
    slots = [TRACKED.index(slot) for slot in hidden]
    # Held for 0.25 s where they were, then lost.
    assert not any(bodies[i].tracker_valid[slots].any() for i in range(215, 300))
    assert all(bodies[i].tracker_valid[:3].all() for i in [*range(60, 200), *range(301, 400)])
    assert all((bodies[i].tracker_state[slots] == TrackerState.REJECTED).all() for i in (220, 299))
    assert min(body.positions[:, 2].min() for body in bodies.values()) > 0.0
    for slot in TRACKED:
        assert tracker.stats.dropped_placeholder[slot] == (100 if slot in hidden else 0)
        assert tracker.stats.received[slot] == 340
    # As if nothing had come.
    _, silent = tracked(
        lambda i: {s: p for s, p in poses(i).items() if s not in hidden or not 200 <= i < 300}, 400
    )
    for index, body in bodies.items():
        np.testing.assert_array_equal(body.positions, silent[index].positions)


@pytest.mark.slow
def test_a_head_at_the_origin_is_silence_from_its_first_sample() -> None:
    nowhere = dict.fromkeys(TRACKED, pose_at(0.0, 0.0, 0.0))
    _, bodies = tracked(lambda i: nowhere if i < 200 else standing(i), 300)
    assert list(bodies) == list(range(200, 300))
    _, bodies = tracked(lambda i: nowhere if 200 <= i < 500 else standing(i), 600)
    # Nothing is made up of the time in which nobody wore it, but for what was due at its beginning.
    assert max(i for i in bodies if i < 500) < 216
    assert min(i for i in bodies if i > 300) == 501  # fresh: from the next tick on
    _, bodies = tracked(lambda i: standing(i) | ({"head": nowhere["head"]} if i > 200 else {}), 500)
    assert max(bodies) < 217


@pytest.mark.parametrize("slots", [("head",), ("left_hand",), TRACKED])
def test_what_is_frozen_for_a_second_is_lost(slots) -> None:
    def poses(index):
        return standing(index) | {
            slot: standing(min(index, 200))[slot] for slot in slots if index < 400
        }

    tracker, bodies = tracked(poses, 450)
    if "head" in slots:
        assert max(i for i in bodies if i < 400) in range(255, 276)  # 1 s, and held for 0.25 s
        assert min(i for i in bodies if i > 300) == 401  # fresh: from the next tick on
    else:
        assert not any(bodies[i].tracker_valid[1] for i in range(276, 400))
        assert all(bodies[i].tracker_valid[[0, 2]].all() for i in range(60, 450))
    assert all(tracker.stats.dropped_frozen[slot] == 140 for slot in slots)
    assert tracker.stats.dropped_placeholder == dict.fromkeys(tracker.stats.received, 0)


def test_why_is_told_while_it_lasts() -> None:
    tracker = BodyTracker(FakePredictor(), SKELETON)
    still = {"left_hand": standing(200)["left_hand"], "right_hand": pose_at(0.0, 0.0, 0.0)}
    push_all(tracker, frames(range(60, 260), lambda i: standing(i)))
    assert tracker.presence.reasons() == {}
    push_all(tracker, frames(range(260, 330), lambda i: standing(i) | still))
    assert tracker.presence.reasons() == {
        "left_hand": "the same pose for 1.2 s: frozen",
        "right_hand": "sent at (0, 0, 0) without a rotation: a placeholder, lost or not worn",
    }
    push_all(tracker, frames(range(330, 331), lambda i: standing(i)))
    assert tracker.presence.reasons() == {}


def table(index: float) -> dict[str, TrackerPose]:
    """Devices on a table, as noisy as tracking is."""
    random = np.random.default_rng(round(index))
    turn = Rotation.from_euler("y", 80.0, degrees=True)
    places = {
        "head": (0.6, 0.0, 0.75),
        "left_hand": (0.5, 0.3, 0.74),
        "right_hand": (0.5, -0.3, 0.7),
    }
    return {
        slot: TrackerPose(
            np.array(place) + random.uniform(-5e-4, 5e-4, 3),
            (turn * Rotation.from_rotvec(random.normal(0.0, 3e-4, 3))).as_quat(),
        )
        for slot, place in places.items()
    }


@pytest.mark.slow
def test_a_headset_on_a_table_is_worn_by_nobody() -> None:
    tracker, bodies = tracked(lambda i: table(i) if 200 <= i < 900 else standing(i), 1000)
    assert max(i for i in bodies if i < 900) in range(555, 565)
    assert min(i for i in bodies if i > 700) == 900
    assert tracker.presence.absence() is None
    tracker, _ = tracked(table, 500)
    assert tracker.presence.absence().startswith("headset laid down")
    # With the hands lost, too.
    _, bodies = tracked(lambda i: {"head": table(i)["head"]}, 500)
    assert max(bodies) < 425


@pytest.mark.slow
def test_a_controller_taken_up_does_not_put_the_headset_on() -> None:
    def poses(index):
        waved = pose_at(0.5, 0.3 + 0.2 * np.sin(0.1 * index), 1.0)
        return table(index) | ({"left_hand": waved} if index > 500 else {})

    _, bodies = tracked(poses, 600)
    assert max(bodies) < 425


@pytest.mark.slow
@pytest.mark.parametrize("why", ["higher", "a hand moves", "it is said to be worn", "never"])
def test_a_head_that_is_still_may_be_worn(why) -> None:
    def poses(index):
        found = table(index)
        if why == "higher":
            found = {s: replace(p, position=p.position + (0.0, 0.0, 0.3)) for s, p in found.items()}
        if why == "a hand moves":
            found["left_hand"] = pose_at(0.5, 0.3 + 0.01 * np.sin(0.05 * index), 0.7)
        return found

    never = {"frozen_timeout": 0.0} if why == "never" else {}
    tracker = BodyTracker(FakePredictor(), SKELETON, TrackerSettings(**never))
    worn = True if why == "it is said to be worn" else None
    bodies = push_all(
        tracker, (replace(frame, worn=worn) for frame in frames(range(60, 600), poses))
    )
    assert len(bodies) == 540


def taken_off(index: int) -> bool | None:
    return not 200 <= index < 300


@pytest.mark.parametrize("bundled", [True, False])
def test_not_worn_is_silence_at_once_until_worn(bundled: bool) -> None:
    tracker = BodyTracker(FakePredictor(), SKELETON)
    bodies = []
    for index in range(60, 400):
        poses = standing(index)
        parts = [poses] if bundled else [{slot: pose} for slot, pose in reversed(poses.items())]
        for part in parts:
            frame = TrackerFrame(stamp(index), part, worn=taken_off(index))
            bodies += [(index, body) for body in tracker.push(frame)]
        assert (tracker.presence.absence() == "headset not worn") == (200 <= index < 300)
    ticks = [round(body.stamp_ns * 60 / 1e9) for _, body in bodies]
    assert ticks == [*range(60, 200), *range(301, 400)]  # fresh: from the next tick on
    assert not any(200 <= pushed < 300 for pushed, _ in bodies)
    assert tracker.stats.dropped_not_worn["head"] == 100
    assert tracker.stats.head_lost == 101
    assert tracker.stats.network_resets == 1


def test_not_worn_needs_no_poses() -> None:
    """A device that is not worn may have none valid."""
    tracker = BodyTracker(FakePredictor(), SKELETON)
    push_all(tracker, frames(range(60, 200), standing))
    assert tracker.push(TrackerFrame(stamp(200), {}, worn=False)) == []
    assert tracker.presence.absence() == "headset not worn"
    bodies = push_all(tracker, frames(range(400, 500), standing))
    assert [round(body.stamp_ns * 60 / 1e9) for body in bodies] == list(range(401, 500))


def test_taken_off_and_worn_again_on_a_new_clock() -> None:
    tracker = BodyTracker(FakePredictor(), SKELETON)
    push_all(tracker, frames(range(6000, 6100), standing))
    for index in range(6100, 6120):
        tracker.push(TrackerFrame(stamp(index), standing(index), worn=False))
    assert len(push_all(tracker, frames(range(60, 160), standing))) == 100


def test_a_reset_forgets_what_was_frozen() -> None:
    tracker = BodyTracker(FakePredictor(), SKELETON)
    push_all(tracker, frames(range(60, 200), lambda _: standing(0)))
    assert tracker.presence.reasons()
    tracker.reset()
    assert not tracker.presence.reasons()
    assert len(push_all(tracker, frames(range(60, 100), lambda _: standing(0)))) == 40
