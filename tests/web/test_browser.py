# SPDX-License-Identifier: Apache-2.0
"""The page in a real browser with an emulated headset, by clicks, against the real server."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("cryptography", reason="needs the extra web")

from kinest_ros.web.room import Room, ShownBody
from kinest_ros.web.server import WebServer
from tests.web.chromium import browser, enter, headset_page, says, wait_in
from tests.web.pages import Heard

pytestmark = pytest.mark.slow

STANDING = (
    [0.0, 1.6, 0.0, 0.0, 0.0, 0.0, 1.0],
    [-0.3, 1.0, -0.2, 0.0, 0.0, 0.0, 1.0],
    [0.3, 1.0, -0.2, 0.0, 0.0, 0.0, 1.0],
)


@dataclass
class Served:
    server: WebServer
    room: Room
    heard: Heard

    @property
    def url(self) -> str:
        return self.server.url(self.room)

    def until(self, condition: Callable[[], object], timeout: float = 30.0) -> None:
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, self.room.facts()
            time.sleep(0.02)

    def frame(self, condition: Callable[[Any], object] = lambda frame: True) -> Any:
        """The next frame that comes and is as wanted."""
        count = len(self.heard.frames)
        self.until(lambda: any(map(condition, self.heard.frames[count:])))
        return next(filter(condition, self.heard.frames[count:]))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    heard = Heard()
    server = WebServer("127.0.0.1", 0, tmp_path_factory.mktemp("web"), print)
    server.start()
    room = Room("", "webxr", heard.hooks)
    server.open(room)
    yield Served(server, room, heard)
    server.stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def opened(chromium: Any, served: Served) -> Iterator[Any]:
    with headset_page(chromium) as page:
        page.goto(served.url)
        yield page


@pytest.fixture
def page(opened: Any, served: Served) -> Any:
    """The page in a session, by a click, with somebody who stands."""
    if opened.evaluate("device.activeSession === undefined"):
        enter(opened)
    opened.evaluate("poses => placeAll(...poses)", STANDING)
    served.heard.held.clear()
    served.heard.answers.clear()
    return opened


def full(frame: Any) -> bool:
    return set(frame.poses) == {"head", "left_hand", "right_hand"}


def devices(frame: Any) -> set[str]:
    return {pose.device for slot, pose in frame.poses.items() if slot != "head"}


def test_poses_come_in_ros_axes_and_of_now(page: Any, served: Served):
    frame = served.frame(lambda f: full(f) and f.poses["head"].position[2] == pytest.approx(1.6))
    assert frame.worn is True
    assert abs(frame.stamp_ns - time.time_ns()) < 2e9
    left, right = frame.poses["left_hand"], frame.poses["right_hand"]
    assert left.position[1] > 0.2 and right.position[1] < -0.2  # y is to the left
    assert left.position[0] > 0.1  # x is ahead
    offset = float(served.room.facts()["headset clock offset (ms)"])
    doubt = float(served.room.facts()["headset clock uncertainty (ms)"])
    assert abs(offset) <= doubt + 1.0  # it is one clock, and the exchange finds that


def test_controllers_and_hands_take_turns(page: Any, served: Served):
    assert devices(served.frame(full)) == {"controller"}
    page.evaluate("device.primaryInputMode = 'hand'")
    served.frame(lambda f: full(f) and devices(f) == {"hand"})
    page.evaluate("device.primaryInputMode = 'controller'")
    served.frame(lambda f: full(f) and devices(f) == {"controller"})


def test_a_lost_hand_is_left_out(page: Any, served: Served):
    page.evaluate("device.controllers.left.connected = false")
    served.frame(lambda f: set(f.poses) == {"head", "right_hand"})
    page.evaluate("device.controllers.left.connected = true")
    served.frame(full)


def test_a_guess_is_no_measurement(page: Any, served: Served):
    served.frame(full)
    page.evaluate("guessing = true")
    served.frame(lambda f: not f.poses)
    page.evaluate("guessing = false")
    served.frame(full)


def test_a_hidden_session_is_not_worn(page: Any, served: Served):
    page.evaluate("device.updateVisibilityState('hidden')")
    served.until(lambda: served.heard.frames[-1].worn is False)
    count = len(served.heard.frames)
    time.sleep(0.3)
    assert len(served.heard.frames) == count
    page.evaluate("device.updateVisibilityState('visible')")
    assert served.frame(full).worn is True


def test_a_recentring_moves_nobody(page: Any, served: Served):
    before = served.frame(full)
    page.evaluate("recentre(0.7, -1.2, 0.9)")
    served.until(lambda: served.room.facts()["headset recentrings"].startswith("1 absorbed"))
    after = served.frame(full)
    for slot in before.poses:
        assert after.poses[slot].position == pytest.approx(before.poses[slot].position, abs=1e-3)
        assert abs(np.dot(after.poses[slot].quaternion, before.poses[slot].quaternion)) > 0.9999


def test_a_page_that_is_loaded_again_goes_on(page: Any, served: Served):
    served.frame(full)
    page.reload()
    served.until(lambda: served.heard.frames[-1].worn is False)
    enter(page)
    page.evaluate("poses => placeAll(...poses)", STANDING)
    assert served.frame(full).worn is True
    assert "#" not in page.url


def test_a_second_headset_is_told_so_and_the_first_goes_on(
    page: Any, served: Served, chromium: Any
):
    served.frame(full)
    with headset_page(chromium) as other:
        other.goto(served.url)
        other.click("#enter:not([disabled])", timeout=60_000)
        says(other, "Another headset")
        wait_in(other, "device.activeSession === undefined")
        assert served.frame(full).worn is True
        page.evaluate("device.activeSession.end()")
        served.until(lambda: served.room.seated is None)
        enter(other)
        served.frame(full)


def test_a_wrong_address_says_what_to_do(served: Served, chromium: Any):
    with headset_page(chromium) as other:
        other.goto(served.url + "x")
        says(other, "used already")
        assert other.is_disabled("#enter") and other.is_disabled("#calibrate")


def test_a_trigger_is_held_until_it_is_released(page: Any, served: Served):
    served.frame(full)
    page.evaluate("device.controllers.right.updateButtonValue('trigger', 1)")
    served.until(lambda: served.heard.held and served.heard.held[-1] is True)
    page.evaluate("device.controllers.right.updateButtonValue('trigger', 0)")
    served.until(lambda: served.heard.held[-1] is False)


def test_the_calibrate_button_counts_down_and_shows_the_answer(page: Any, served: Served):
    page.evaluate("device.activeSession.end()")  # which covers the page, in the emulator
    page.click("#calibrate:not([disabled])")
    served.until(lambda: served.heard.answers)
    served.heard.answers[0](False, "the left arm is bent by 40 degrees")
    says(page, "bent by 40")


def test_the_button_in_the_headset_is_pressed_with_a_ray(page: Any, served: Served):
    """A trigger that presses the button holds nothing else."""
    served.frame(full)
    # The panel hangs where `scene.js` says: 1.1 m ahead, 0.85 m to the right, its button low.
    page.evaluate(
        """() => {
          const from = [0.3, 1.0, -0.2], to = [0.85, 1.03, -1.08];
          const [dx, dy, dz] = to.map((v, i) => v - from[i]);
          const yaw = Math.atan2(-dx, -dz) / 2, pitch = Math.atan2(dy, Math.hypot(dx, dz)) / 2;
          const [sy, cy, sp, cp] = [Math.sin(yaw), Math.cos(yaw), Math.sin(pitch), Math.cos(pitch)];
          const q = [cy * sp, sy * cp, -sy * sp, cy * cp];
          placeAll([0, 1.6, 0, 0, 0, 0, 1], [-0.3, 1, -0.2, 0, 0, 0, 1], [...from, ...q]);
        }"""
    )
    time.sleep(0.5)
    page.evaluate("device.controllers.right.updateButtonValue('trigger', 1)")
    served.until(lambda: served.heard.answers)
    assert True not in served.heard.held


def test_the_body_is_drawn(page: Any, served: Served):
    served.frame(full)
    # Arms out, so that something bright is in the mirror.
    positions = np.zeros((22, 3))
    positions[:, 2] = np.linspace(0.1, 1.7, 22)
    positions[:, 1] = np.linspace(-0.7, 0.7, 22)
    before = _brightness(page)
    for _ in range(20):
        body = ShownBody(time.time_ns(), positions, np.ones(22), np.full(6, 3))
        served.server.show(served.room, body)
        time.sleep(0.05)
    assert _brightness(page) > before + 0.4


def _brightness(page: Any) -> float:
    from io import BytesIO

    from PIL import Image

    return float(np.asarray(Image.open(BytesIO(page.screenshot())).convert("L")).mean())
