# SPDX-License-Identifier: Apache-2.0
"""The real server on loopback, with pages of a browser each."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp

from kinest_ros.web.room import Room
from kinest_ros.web.server import WebServer
from tests.web.pages import Heard, Page


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


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    end = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)
