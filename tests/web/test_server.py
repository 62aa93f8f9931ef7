# SPDX-License-Identifier: Apache-2.0
"""The real server on loopback: who gets in, what it serves, and clients that stall or flood."""

import asyncio
import os
import socket
import ssl
import stat
import time
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("cryptography", reason="needs the extra web")

import aiohttp

from kinest_ros.errors import KinestError
from kinest_ros.web import server as server_module
from kinest_ros.web.protocol import MAX_FROM_PAGE, MESSAGES
from kinest_ros.web.room import Room, ShownBody
from kinest_ros.web.server import WebServer
from tests.web.pages import Heard, Page, session


@dataclass
class Served:
    server: WebServer
    room: Room
    heard: Heard
    said: list[str]

    @property
    def base(self) -> str:
        return f"https://localhost:{self.server.port}"

    def token(self) -> str:
        return self.server.url(self.room).partition("#")[2]

    def run(self, job: Callable[..., Coroutine[Any, Any, None]], pages: int = 1) -> None:
        """Run a test with pages, each of a browser of its own."""

        async def inner() -> None:
            clients = [
                aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
                for _ in range(pages)
            ]
            try:
                await job(*(Page(client, self.base) for client in clients))
            finally:
                for client in clients:
                    await client.close()

        asyncio.run(inner())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    said: list[str] = []
    heard = Heard()
    server = WebServer("127.0.0.1", 0, tmp_path, said.append)
    server.start()
    room = Room("anna", "webxr", heard.hooks)
    server.open(room)
    yield Served(server, room, heard, said)
    server.stop()


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def test_from_a_token_to_frames(served: Served):
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
        assert "in use" in facts["headset"]
        assert float(facts["headset clock offset (ms)"]) == pytest.approx(1234.5, abs=200.0)
        assert float(facts["headset clock uncertainty (ms)"]) < 200.0

    served.run(job)
    # The page has gone.
    end = time.monotonic() + 10.0
    while served.heard.frames[-1].worn is not False:
        assert time.monotonic() < end
        time.sleep(0.01)


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
        served.heard.answers[0](False, "arms are bent")
        assert await page.hear("ANSWER") == {"success": 0, "text": "arms are bent"}
        await other.come_in(served.token())
        await other.connect()
        await other.begin()
        assert "another headset" in (await other.hear("NOTICE"))["text"].lower()

    served.run(job, pages=2)


def test_messages_that_are_too_long_or_no_messages_end_the_connection(served: Served):
    async def job(page: Page) -> None:
        await page.come_in(served.token())
        await page.connect()
        await page.send(b"x" * (MAX_FROM_PAGE + 1))
        with pytest.raises(ConnectionError, match=r"1009|1006|closing transport"):
            await page.hear("ANSWER")
        await page.connect()
        await page.socket.send_str("hello")
        with pytest.raises(ConnectionError, match="1003"):
            await page.hear("ANSWER")
        await page.connect()
        for _ in range(60):
            await page.send(b"\xff")
        with pytest.raises(ConnectionError, match="1008"):
            await page.hear("ANSWER")

    served.run(job)


def test_a_client_that_floods_harms_nobody(served: Served):
    """20,000 messages as fast as they go: few are worked on, and another page is served."""

    async def job(page: Page, other: Page) -> None:
        await page.come_in(served.token())
        await page.connect()
        await other.come_in(served.token())
        await other.connect()

        async def flood() -> None:
            for index in range(20_000):
                await page.send(session("ended"))
                if index % 100 == 0:
                    await asyncio.sleep(0)

        flooding = asyncio.create_task(flood())
        await other.begin()
        for _ in range(50):
            await other.pose()
            await asyncio.sleep(0.01)
        await until(lambda: len(served.heard.frames) > 40)
        flooding.cancel()
        links = [link for links in served.server._site._links.values() for link in links]
        assert links[0].headset.dropped["too many"] > 0

    served.run(job, pages=2)


def test_a_client_that_does_not_read_harms_nobody(served: Served):
    async def job(page: Page, other: Page) -> None:
        await page.come_in(served.token())
        await page.connect()
        page.socket._response.connection.transport.pause_reading()
        await other.come_in(served.token())
        await other.connect()
        await other.begin()
        stalled = next(iter(served.server._site._links.values()))[0]
        begin = time.time_ns()
        for index in range(3000):
            body = ShownBody(begin + index * 40_000_000, np.zeros((22, 3)), np.ones(22), np.ones(6))
            served.server.show(served.room, body)
            if index % 50 == 0:
                await asyncio.sleep(0.001)
        await other.hear("BODY")
        assert stalled._waiting() < 65_536
        assert len(stalled._tasks) < 50

    served.run(job, pages=2)


def test_connections_that_say_nothing_are_cut_and_do_not_keep_others_out(
    served: Served, monkeypatch
):
    async def job(page: Page) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        silent = [
            await asyncio.open_connection("127.0.0.1", served.server.port, ssl=context)
            for _ in range(server_module.MOST_CONNECTIONS)
        ]
        # No room for more, until the silent ones are cut.
        await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in silent)), 30.0)
        assert (await page.come_in(served.token()))[0] == 200
        for _, writer in silent:
            writer.close()

    monkeypatch.setattr(server_module, "FIRST_REQUEST", 1.0)
    served.run(job)


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
