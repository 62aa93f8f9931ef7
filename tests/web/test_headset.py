# SPDX-License-Identifier: Apache-2.0
"""One page's messages in their order: frames, silence, recentring, triggers, a second headset."""

import numpy as np
import pytest

from kinest_ros.web.headset import ABANDONED, AHEAD, LATE, RELEASED, Headset
from kinest_ros.web.protocol import MESSAGES
from kinest_ros.web.room import Room, ShownBody
from tests.web.pages import Heard, poses, session, unpacked

BEHIND_MS = 5000.0
START_NS = 10**15


class Desk:
    """A room with a clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = START_NS
        self.heard = Heard(now_ns=lambda: self.now)
        self.room = Room("anna", "webxr", self.heard.hooks)
        self.headset = self.enter("192.0.2.7")

    def enter(self, address: str) -> Headset:
        headset = Headset(self.room, address)
        name, values = unpacked(headset.ping())
        assert name == "PING"
        pong = MESSAGES["PONG"].pack(
            id=values["id"], received_ms=self.page_ms, sent_ms=self.page_ms
        )
        assert headset.receive(pong) is None
        return headset

    @property
    def page_ms(self) -> float:
        return 1e-6 * self.now - BEHIND_MS

    def wait(self, seconds: float) -> None:
        self.now += round(seconds * 1e9)

    def pose(self, ahead: float = 0.02, age: float = 0.0, **changes) -> None:
        """Poses that the page sent a while ago and shows a while after."""
        sent = self.page_ms - 1e3 * age
        self.headset.receive(poses(sent + 1e3 * ahead, sent, **changes))
        self.wait(1 / 72)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def worn(desk: Desk) -> Desk:
    assert desk.headset.receive(session("visible")) is None
    return desk


def test_poses_become_a_frame_of_the_time_they_are_shown(worn: Desk):
    now = worn.now
    worn.pose(ahead=0.03)
    (frame,) = worn.heard.frames
    assert frame.stamp_ns == pytest.approx(now + 30_000_000, abs=1000)
    assert frame.worn is True and frame.frame_id == "webxr"
    assert frame.poses["head"].position == pytest.approx((0.0, 0.0, 1.6))
    assert frame.poses["left_hand"].position == pytest.approx((0.2, 0.3, 1.0))


def test_the_device_of_each_hand_is_told(worn: Desk):
    worn.pose(devices={"left_hand": 3})
    (frame,) = worn.heard.frames
    assert frame.poses["left_hand"].device == "hand"
    assert frame.poses["right_hand"].device == "controller"
    assert frame.poses["head"].device == ""


def test_what_is_not_measured_is_left_out(worn: Desk):
    worn.pose(devices={"head": 0, "right_hand": 0})
    assert set(worn.heard.frames[-1].poses) == {"left_hand"}
    worn.pose(devices={"head": 0, "left_hand": 0, "right_hand": 9})
    assert worn.heard.frames[-1].poses == {}


@pytest.mark.parametrize("state", ["hidden", "ended"])
def test_a_session_that_is_not_seen_is_not_worn(worn: Desk, state: str):
    worn.pose()
    assert worn.headset.receive(session(state)) is None
    frame = worn.heard.frames[-1]
    assert frame.worn is False and frame.poses == {}
    count = len(worn.heard.frames)
    worn.pose()
    assert len(worn.heard.frames) == count


def test_a_menu_over_the_page_is_worn(worn: Desk):
    worn.headset.receive(session("blurred"))
    worn.pose()
    assert worn.heard.frames[-1].worn is True


def test_a_page_that_goes_leaves_nobody(worn: Desk):
    worn.pose()
    worn.headset.leave()
    assert worn.heard.frames[-1].worn is False
    assert worn.room.seated is None


def test_poses_without_a_session_or_before_the_clock_are_not_used(desk: Desk):
    desk.pose()
    assert desk.heard.frames == []
    fresh = Headset(desk.room, "192.0.2.8")
    fresh.receive(session("visible"))
    fresh.receive(poses(0.0, 0.0))
    assert desk.heard.frames == []
    assert fresh.dropped["early"] == 1


def test_old_and_invented_times_are_dropped_and_counted(worn: Desk):
    worn.pose(age=LATE + 0.05)
    worn.pose(ahead=AHEAD + 0.1)
    worn.pose(ahead=-AHEAD - 0.1)
    assert worn.heard.frames == []
    assert worn.headset.dropped["late"] == 3
    assert "late 3" in worn.headset.facts()["headset messages dropped"]


def test_times_a_little_old_or_ahead_are_used(worn: Desk):
    worn.pose(age=0.7 * LATE)
    worn.pose(ahead=0.7 * AHEAD)
    worn.pose(ahead=-0.7 * AHEAD)
    assert len(worn.heard.frames) == 3
    assert worn.headset.dropped["late"] == 0


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_what_is_not_finite_is_malformed(worn: Desk, bad: float):
    worn.pose(positions={"head": (0.0, bad, 0.0)})
    worn.headset.receive(poses(bad, worn.page_ms))
    worn.headset.receive(b"\xff\x00")
    worn.headset.receive(b"")
    worn.headset.receive(MESSAGES["SESSION"].pack(state=200, at_ms=0.0))
    assert worn.heard.frames == []
    assert worn.headset.dropped["malformed"] == 5


def reset(known: int, position=(0.5, 0.0, 1.0), orientation=(0.0, 0.6, 0.0, 0.8)) -> bytes:
    return MESSAGES["RESET"].pack(known=known, position=position, orientation=orientation)


def test_a_recentring_is_absorbed_and_the_body_is_shown_where_the_wearer_is(worn: Desk):
    worn.pose()
    before = worn.heard.frames[-1].poses["head"].position
    worn.headset.receive(reset(1))
    # The head as it is seen from the new origin: a quarter more than 73 degrees to the left of it.
    head = np.array((0.0, 1.6, 0.0)) - (0.5, 0.0, 1.0)
    turn = np.array(((0.28, 0.0, -0.96), (0.0, 1.0, 0.0), (0.96, 0.0, 0.28)))
    new = turn @ head
    worn.pose(positions={"head": new})
    frame = worn.heard.frames[-1]
    assert frame.poses["head"].position == pytest.approx(before, abs=1e-6)
    positions = np.tile(frame.poses["head"].position, (22, 1))
    worn.room.body = ShownBody(worn.now, positions, np.full(22, 0.5), np.full(6, 3))
    name, values = unpacked(worn.headset.shown())
    assert name == "BODY"
    assert values["positions"][:3] == pytest.approx(new, abs=1e-5)
    assert values["at_ms"] == pytest.approx(worn.page_ms, abs=1e-3)
    assert worn.headset.shown() is None  # once is enough


def test_a_recentring_without_its_transform_is_left_to_the_tracker(worn: Desk):
    worn.headset.receive(reset(0))
    worn.headset.receive(reset(1, orientation=(0.0, 0.0, 0.0, 0.0)))
    worn.pose()
    assert worn.heard.frames[-1].poses["head"].position == pytest.approx((0.0, 0.0, 1.6))
    assert "2 without" in worn.headset.facts()["headset recentrings"]


def test_a_new_session_begins_in_its_own_space(worn: Desk):
    worn.headset.receive(reset(1))
    worn.headset.receive(session("hidden"))
    worn.headset.receive(session("visible"))
    worn.pose()
    assert worn.heard.frames[-1].poses["head"].position != pytest.approx((0.0, 0.0, 1.6))
    worn.headset.receive(session("ended"))
    worn.headset.receive(session("visible"))
    worn.pose()
    assert worn.heard.frames[-1].poses["head"].position == pytest.approx((0.0, 0.0, 1.6))


def test_a_trigger_is_released_when_it_is_when_poses_stop_and_when_the_session_ends(worn: Desk):
    worn.pose(triggers=2)
    worn.pose(triggers=0)
    assert worn.heard.held == [True, False]
    worn.pose(triggers=1)
    worn.headset.look()
    assert worn.heard.held[-1] is True
    worn.wait(RELEASED + 0.01)
    worn.headset.look()
    assert worn.heard.held[-1] is False
    worn.pose(triggers=3)
    worn.headset.receive(session("hidden"))
    assert worn.heard.held[-1] is False


def test_a_stall_frees_the_seat_and_a_network_that_comes_back_takes_it_again(worn: Desk):
    worn.pose()
    worn.wait(ABANDONED + 0.1)
    worn.headset.look()
    assert worn.room.seated is None and worn.heard.frames[-1].worn is False
    worn.pose()
    assert worn.heard.frames[-1].worn is True


def test_one_headset_per_body(worn: Desk):
    worn.pose()
    second = worn.enter("192.0.2.8")
    said = second.receive(session("visible"))
    assert said is not None and "192.0.2.7" in said
    count = len(worn.heard.frames)
    second.receive(poses(worn.page_ms, worn.page_ms))
    assert len(worn.heard.frames) == count
    second.receive(session("ended"))  # as its page does then
    assert len(worn.heard.frames) == count
    worn.headset.receive(session("ended"))
    assert second.receive(session("visible")) is None
    second.receive(poses(worn.page_ms, worn.page_ms))
    assert worn.heard.frames[-1].worn is True


def test_one_calibration_at_a_time(worn: Desk):
    assert worn.headset.receive(MESSAGES["CALIBRATE"].pack()) == "CALIBRATE"
    worn.headset.calibrating = True
    assert worn.headset.receive(MESSAGES["CALIBRATE"].pack()) is None


def test_unanswered_pings_are_forgotten(worn: Desk):
    for _ in range(1000):
        worn.headset.ping()
    assert len(worn.headset._pings) < 50
    assert worn.headset.receive(MESSAGES["PONG"].pack(id=1, received_ms=0.0, sent_ms=0.0)) is None
