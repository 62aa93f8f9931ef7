# SPDX-License-Identifier: Apache-2.0
"""The real server on loopback: clients that stall, flood or send what is no message."""

import asyncio
import ssl
import time

import numpy as np
import pytest

pytest.importorskip("aiohttp", reason="needs the extra web")
pytest.importorskip("cryptography", reason="needs the extra web")


from kinest_ros.web import server as server_module
from kinest_ros.web import site
from kinest_ros.web.protocol import MAX_FROM_PAGE
from kinest_ros.web.room import ShownBody
from tests.web.pages import Page, session
from tests.web.serving import Served, until


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


def test_of_too_many_pages_the_oldest_is_sent_away(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(site, "MOST_PAGES", 2)

    async def job(*pages: Page) -> None:
        for page in pages:
            await page.come_in(served.token())
            await page.connect()
            await page.hear("STATUS")
        with pytest.raises(ConnectionError, match="too many pages"):
            while True:
                await pages[0].hear("STATUS")
        for page in pages[1:]:
            await page.hear("STATUS")

    served.run(job, pages=3)
