# SPDX-License-Identifier: Apache-2.0
"""A recording, played through an emulated headset in a real browser, becomes the body on /tf."""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("cryptography", reason="needs the extra web")

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.formats.recordings.aframe import read_aframe
from tests.node.live import Client, NodeProcess, stamp_of, wait_for
from tests.node.readings import assert_finite, link_poses, positions
from tests.web.addresses import last_url
from tests.web.chromium import browser, enter, headset_page, recorded, says, wait_in
from tests.web.ports import free_port

pytestmark = [pytest.mark.ros, pytest.mark.slow]

HEAD, LEFT = JOINT_INDEX["head"], JOINT_INDEX["left_wrist"]
SECONDS = 4.0
#: What the panel in the headset says of the body is painted, so that only painting shows it.
NOTE_PAINTED = """() => {
  const paint = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    const age = /^body: (\\d+) ms old/.exec(text);
    if (text.startsWith("body:")) globalThis.painted = Number(age?.[1] ?? 1e9);
    return paint.call(this, text, ...place);
  };
}"""
BODY_AGE = "(globalThis.painted ?? 1e9)"


@pytest.fixture(scope="module")
def node(ros_domain: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        process = NodeProcess(
            *("autostart:=true", "device:=cpu", "stature:=1.7", "input:=webxr"),
            f"web_port:={free_port()}",
        )
    with process:
        process.wait_for_log("open in the headset's browser")
        yield process


@pytest.fixture(scope="module")
def page(node: NodeProcess) -> Iterator[Any]:
    with browser() as chromium, headset_page(chromium) as opened:
        opened.goto(last_url(node.log))
        enter(opened)
        yield opened


@pytest.fixture(scope="module")
def motion(headset_recordings: Path) -> list[list[Any]]:
    rows = recorded(read_aframe(headset_recordings / "doublegrab.json").frames())
    return [row for row in rows if row[0] <= 1e3 * SECONDS]


def test_the_recording_is_on_tf(page: Any, node: NodeProcess, client: Client, motion):
    wait_for(lambda: client.node.count_publishers("/tf"), 20.0)
    page.evaluate("row => placeAll(...row.slice(1))", motion[0])
    played = np.array([row[1][:3] for row in motion])
    played = np.stack((-played[:, 2], -played[:, 0], played[:, 1]), axis=1)
    while not _is_at(client, played[0]):
        page.wait_for_timeout(100)
    start, began = positions(client.bodies[-1])[LEFT], time.time_ns()
    client.clear()
    page.evaluate("rows => play(rows)", motion)
    # What comes first may be of before, however many they are: until the hand went its way.
    hand = np.array([row[2][:3] for row in motion])
    way = 0.5 * np.linalg.norm(hand - hand[0], axis=1).max()
    wait_for(lambda: client.bodies and _hand_from(client, start) > way, 60.0)
    wait_for(lambda: len(client.transforms) > 0.5 * 60 * SECONDS, 30.0)
    for body in client.bodies:
        assert_finite(body)
    stamps = np.array([stamp_of(body) for body in client.bodies])
    assert (np.diff(stamps) > 0).all()
    # On ROS's clock, however late they come.
    assert began - 10e9 < stamps[0] and stamps[-1] < time.time_ns() + 1e9
    # The heads that were published lie on the way of the one that was played, in ROS's axes.
    links = np.array([link_poses(message, "world") for message in client.transforms])
    apart = np.linalg.norm(links[:, None, HEAD, :3, 3] - played[None], axis=2).min(axis=1)
    # On a busy machine frames are few, and the body goes straight from one to the next.
    assert np.median(apart) < 0.02
    assert np.percentile(apart, 95) < 0.1
    assert all(body.tracker_valid[:3] == [True] * 3 for body in client.bodies[5:-5])


def _hand_from(client: Client, place: np.ndarray) -> float:
    return float(np.linalg.norm(positions(client.bodies[-1])[LEFT] - place))


def _is_at(client: Client, place: np.ndarray) -> bool:
    """Whether the newest body's head is at a place."""
    return bool(client.bodies) and (
        np.linalg.norm(positions(client.bodies[-1])[HEAD] - place) < 0.01
    )


def test_hidden_is_silence_and_visible_is_a_body_again(page: Any, client: Client):
    wait_for(lambda: client.bodies, 30.0)
    client.diagnostics.clear()  # nobody wore it before the session began
    page.evaluate("device.updateVisibilityState('hidden')")
    hidden_ns = time.time_ns()
    wait_for(
        lambda: any("headset not worn" in s.message for m in client.diagnostics for s in m.status),
        30.0,
    )
    time.sleep(0.5)
    client.settle()
    # What was on its way comes, also late; nothing comes of a time in which it was hidden.
    last = max(map(stamp_of, client.bodies))
    assert last < hidden_ns + 250_000_000
    client.clear()
    page.evaluate("device.updateVisibilityState('visible')")
    wait_for(lambda: client.bodies, 30.0)


@pytest.mark.skipif("KINEST_PICTURES" not in os.environ, reason="makes a picture, for the docs")
def test_picture(node: NodeProcess, page: Any, motion) -> None:
    page.evaluate("device.activeSession.end()")
    page.set_viewport_size({"width": 640, "height": 340})
    page.evaluate("row => placeAll(...row.slice(1))", motion[0])
    page.evaluate(NOTE_PAINTED)
    enter(page)
    page.wait_for_timeout(3000)
    freshest = 5000
    for _ in range(40):  # where the processor draws, some frames come late
        wait_in(page, f"{BODY_AGE} < 5000")
        before = page.evaluate(BODY_AGE)
        picture = page.screenshot()
        if (age := max(before, page.evaluate(BODY_AGE))) < freshest:
            (Path(os.environ["KINEST_PICTURES"]) / "web.png").write_bytes(picture)
            freshest = age
        if freshest < 60:
            break
    assert freshest < 5000


def test_calibration_answers_in_words(page: Any, node: NodeProcess):
    page.evaluate("device.activeSession.end()")
    page.click("#calibrate:not([disabled])")
    says(page, "no head pose")
