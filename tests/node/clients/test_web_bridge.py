# SPDX-License-Identifier: Apache-2.0
"""`kinest web` by itself: what a page sends is a TrackerArray, and what comes back is shown."""

import asyncio
import signal
import time
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
pytest.importorskip("aiohttp", reason="needs the extra web")

import aiohttp
from geometry_msgs.msg import Point

from kinest_ros.msg import FullBodyState, TrackerArray
from tests.commands import MODULE
from tests.node.live import Client, wait_for
from tests.warm import WarmProcess
from tests.web.addresses import last_url
from tests.web.pages import Page, session
from tests.web.ports import free_port

pytestmark = pytest.mark.ros


def test_a_page_is_a_tracker_array(client: Client, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    log = tmp_path / "log"
    arguments = ("web", "--port", str(free_port()), "--prefix", "/kinest/anna")
    heard: list[TrackerArray] = []
    client.node.create_subscription(TrackerArray, "/kinest/anna/trackers", heard.append, 100)
    bodies = client.node.create_publisher(FullBodyState, "/kinest/anna/body", 10)
    with log.open("w") as file:
        process = WarmProcess(MODULE, arguments, file.fileno())
    try:
        wait_for(lambda: "/#" in log.read_text() or process.poll() is not None, 60.0)
        wait_for(lambda: client.node.count_publishers("/kinest/anna/trackers") > 0, 30.0)

        async def job() -> None:
            base, _, token = last_url(log.read_text()).partition("/#")
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as browser:
                page = Page(browser, base)
                await page.come_in(token)
                await page.connect()
                await page.begin()
                end = time.monotonic() + 30.0
                while not heard and time.monotonic() < end:
                    await page.pose(devices={"left_hand": 3, "right_hand": 0})
                    await asyncio.sleep(0.02)
                message = FullBodyState(positions=[Point(z=1.0) for _ in range(22)])
                message.header.stamp.sec = int(time.time())
                bodies.publish(message)
                assert (await page.hear("BODY", 20.0))["positions"][1] == pytest.approx(1.0)
                await page.send(session("hidden"))
                await page.hear("STATUS")

        asyncio.run(job())
        first = heard[0]
        assert first.worn == TrackerArray.WORN_YES and first.header.frame_id == "world"
        found = {tracker.slot: tracker for tracker in first.trackers}
        assert set(found) == {"head", "left_hand"}
        assert found["left_hand"].device == "hand" and found["head"].valid
        assert found["head"].pose.position.z == pytest.approx(1.6, abs=1e-3)
        wait_for(lambda: heard[-1].worn == TrackerArray.WORN_NO, 20.0)
        process.send_signal(signal.SIGINT)
        assert process.wait(20.0) == 0
        assert "Traceback" not in log.read_text()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
