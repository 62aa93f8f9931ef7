# SPDX-License-Identifier: Apache-2.0
"""The real server on loopback: who gets in, and what it serves."""

import asyncio
import os
import socket
import stat
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("cryptography", reason="needs the extra web")

import aiohttp

from kinest_ros.errors import KinestError
from kinest_ros.web import headset, page_link
from kinest_ros.web.protocol import MESSAGES
from kinest_ros.web.room import ShownBody
from kinest_ros.web.server import WebServer
from tests.web.pages import Page
from tests.web.serving import Served, until


def test_from_a_token_to_frames(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(headset, "ABANDONED", 1000.0)  # the server knows that the link has ended

    async def job(page: Page) -> None:
        assert await page.come_in(served.token()) == (200, '{"body": "anna"}')
        await page.connect()
        await page.begin()
        await page.pose()
        await until(lambda: served.heard.frames)
        frame = served.heard.frames[0]
        assert frame.worn is True and len(frame.poses) == 3
        assert abs(frame.stamp_ns - time.time_ns()) < 2e9
        facts = served.room.facts()
        assert facts["headset"].endswith(", in use")
        assert float(facts["headset clock offset (ms)"]) == pytest.approx(1234.5, abs=200.0)
        assert float(facts["headset clock uncertainty (ms)"]) < 200.0

    served.run(job)
    # The page has gone.
    end = time.monotonic() + 10.0
    while served.heard.frames[-1].worn is not False:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert served.room.facts()["headset"].endswith(", not in use")


def test_a_token_works_once_and_a_page_can_be_loaded_again(served: Served):
    async def job(page: Page, other: Page) -> None:
        token = served.token()
        assert (await page.come_in(token))[0] == 200
        assert "new address: https://" in served.said[-1] and token not in served.said[-1]
        assert (await page.come_in(""))[0] == 200
        assert (await page.come_in(token))[0] == 200  # its own, from the history
        status, text = await other.come_in(token)
        assert status == 403 and "used already" in text
        for wrong in ("", "x", "a" * 3000, "\udcff".encode("utf-8", "surrogatepass").hex()):
            assert (await other.come_in(wrong))[0] == 403
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await other.connect()
        assert (await other.come_in(served.token()))[0] == 200

    served.run(job, pages=2)


def test_other_pages_in_the_same_browser_cannot_use_its_session(served: Served):
    async def job(page: Page) -> None:
        assert (await page.come_in(served.token()))[0] == 200
        for origin in ("https://example.com", "http://localhost", "null", page.base + "0"):
            page.origin = origin
            assert (await page.come_in(""))[0] == 403
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await page.connect()

    served.run(job)


def test_names_that_are_not_its_own_are_refused(served: Served):
    """As when somebody's name server says that their page is here."""

    async def job(page: Page) -> None:
        headers = {"Host": f"evil.example:{served.server.port}"}
        async with page._client.get(page.base + "/", headers=headers, ssl=False) as answer:
            assert answer.status == 421

    served.run(job)


def test_another_version_is_refused_in_words(served: Served):
    async def job(page: Page) -> None:
        await page.come_in(served.token())
        with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
            await page.connect("kinest.webxr.999")

    served.run(job)


def test_what_is_served(served: Served):
    async def job(page: Page) -> None:
        for name, kind in {
            "": "text/html",
            "main.js": "text/javascript",
            "protocol.js": "text/javascript",
            "style.css": "text/css",
            "icon.svg": "image/svg+xml",
        }.items():
            async with page._client.get(f"{page.base}/{name}", ssl=False) as answer:
                assert answer.status == 200 and answer.content_type == kind
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy and "unsafe" not in policy
                text = await answer.text()
                if name != "icon.svg":
                    assert "http:" not in text and "https:" not in text
        for name in ("..%2f..%2fserver.py", "server.py", "%2e%2e/server.py", "session", "x/y"):
            async with page._client.get(f"{page.base}/{name}", ssl=False) as answer:
                assert answer.status in (404, 405)

    served.run(job)


def test_bodies_status_notices_and_answers_reach_the_page(served: Served):
    async def job(page: Page, other: Page) -> None:
        await page.come_in(served.token())
        await page.connect()
        await page.begin()
        await page.hear("STATUS")
        body = ShownBody(time.time_ns(), np.zeros((22, 3)), np.ones(22), np.full(6, 3))
        served.server.show(served.room, body)
        assert (await page.hear("BODY"))["confidence"] == (255,) * 22
        await page.pose(triggers=1)
        await until(lambda: served.heard.held)
        await page.send(MESSAGES["CALIBRATE"].pack())
        await until(lambda: served.heard.answers)
        # Asked for again while it is under way, as by a second press.
        await page.send(MESSAGES["CALIBRATE"].pack())
        count = len(served.heard.frames)
        await page.pose()
        await until(lambda: len(served.heard.frames) > count)
        assert len(served.heard.answers) == 1
        served.heard.answers[0](False, "arms are bent")
        assert await page.hear("ANSWER") == {"success": 0, "text": "arms are bent"}
        await other.come_in(served.token())
        await other.connect()
        await other.begin()
        assert "another headset" in (await other.hear("NOTICE"))["text"].lower()

    served.run(job, pages=2)


def test_the_certificate_is_kept_and_its_key_is_private(served: Served, tmp_path: Path):
    key = tmp_path / "web-key.pem"
    assert stat.S_IMODE(os.stat(key).st_mode) == 0o600
    before = key.read_bytes()
    again = WebServer("127.0.0.1", 0, tmp_path, print)
    again.start()
    assert key.read_bytes() == before
    assert "this computer alone" in again.meaning
    again.stop()


def test_an_address_in_use_is_named(served: Served, tmp_path: Path):
    with pytest.raises(KinestError, match=f"127.0.0.1:{served.server.port}.*in use"):
        WebServer("127.0.0.1", served.server.port, tmp_path, print).start()


def test_it_leaves_the_network(served: Served):
    port = served.server.port
    served.server.stop()
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=5.0)


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 99999), ("a" * 70 + ".b", 0)])
def test_what_is_no_address_is_refused(host: str, port: int, tmp_path: Path):
    with pytest.raises(KinestError, match=r"cannot listen on .*choose another host or port"):
        WebServer(host, port, tmp_path, print).start()


def test_the_clock_is_asked_often_at_first_and_then_once_in_a_while(
    served: Served, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(page_link, "_PINGS", 0.6)

    async def job(page: Page) -> None:
        await page.come_in(served.token())
        await page.connect()
        times = []
        for _ in range(13):
            await page.hear("PING")
            times.append(time.monotonic())
        assert times[9] - times[0] < 9 * 0.4
        assert times[12] - times[10] > 2 * 0.55

    served.run(job)


def test_pages_are_shown_bodies_at_a_rate_that_they_can_draw(served: Served):
    async def job(page: Page) -> None:
        await page.come_in(served.token())
        await page.connect()
        await page.begin()
        await page.hear("STATUS")

        def show(ms: float) -> None:
            stamp = now + round(ms * 1e6)
            body = ShownBody(stamp, np.zeros((22, 3)), np.ones(22), np.full(6, 3))
            served.server.show(served.room, body)

        now = time.time_ns()
        show(0.0)
        first = (await page.hear("BODY"))["at_ms"]
        show(5.0)
        await asyncio.sleep(0.2)
        show(100.0)
        assert (await page.hear("BODY"))["at_ms"] - first == pytest.approx(100.0, abs=2.0)

    served.run(job)
