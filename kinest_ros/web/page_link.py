# SPDX-License-Identifier: Apache-2.0
"""The server's end of one page's WebSocket: what is sent when, and never more than is taken."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from aiohttp import WSCloseCode, web

from kinest_ros.web.headset import Headset
from kinest_ros.web.protocol import MESSAGES
from kinest_ros.web.room import Room

#: Bytes waiting to be sent over which a page gets no bodies: it does not keep up.
FULL = 16_384
#: s, between two looks at a page; between clock exchanges in the beginning, and later.
_LOOK, _FIRST_PINGS, _PINGS = 0.1, 0.1, 1.0
#: Clock exchanges in the beginning.
_BEGINNING = 10
#: s without a word from a page after which its connection is given up.
DEAF = 10.0


class PageLink:
    """Sends a page what it is due, and hands on what it sends."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, headset: Headset, room: Room
    ) -> None:
        """Begin to talk; the socket is open."""
        self.headset = headset
        self._socket, self._request, self._room = socket, request, room
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._tasks: set[asyncio.Task[None]] = set()
        self._showing = False
        self._closing = False
        self._start(self._watch())

    def receive(self, data: bytes) -> None:
        """Take a message."""
        self._heard = self._loop.time()
        asked = self.headset.receive(data)
        if asked == "CALIBRATE":
            self._calibrate()
        elif asked is not None:
            self._send(MESSAGES["NOTICE"].pack(text=asked))

    def show(self) -> None:
        """Send the newest body, unless an older one is still on its way."""
        if not self._showing and self._waiting() < FULL:
            body = self.headset.shown()
            if body is not None:
                self._showing = True
                self._start(self._send_body(body))

    def close(self, code: WSCloseCode, why: str) -> None:
        """Say good-bye soon."""
        if not self._closing:
            self._start(self.close_now(code, why))

    def end(self) -> None:
        """Note that the connection is over."""
        self.headset.leave()
        for task in self._tasks:
            task.cancel()

    def _calibrate(self) -> None:
        self.headset.calibrating = True

        def send(success: bool, text: str) -> None:
            self.headset.calibrating = False
            self._send(MESSAGES["ANSWER"].pack(success=int(success), text=text))

        def answer(success: bool, text: str) -> None:
            if not self._loop.is_closed():
                self._loop.call_soon_threadsafe(send, success, text)

        self._room.hooks.on_calibrate(answer)

    async def _watch(self) -> None:
        """Ask for the time, tell how things are, and notice silence."""
        next_ping = next_status = self._loop.time()
        pings = 0
        while not self._closing:
            now = self._loop.time()
            self.headset.look()
            if now - self._heard > DEAF:
                self.close(WSCloseCode.GOING_AWAY, f"nothing was received for {DEAF:g} s")
                return
            if now >= next_ping and self._waiting() < FULL:
                pings += 1
                next_ping = now + (_FIRST_PINGS if pings < _BEGINNING else _PINGS)
                self._send(self.headset.ping())
            if now >= next_status and self._waiting() < FULL:
                next_status = now + 1.0
                self._send(self.headset.status())
            await asyncio.sleep(_LOOK)

    def _waiting(self) -> int:
        transport = self._request.transport
        if transport is None:
            return FULL
        return int(transport.get_write_buffer_size())  # type: ignore[attr-defined]

    def _send(self, data: bytes) -> None:
        self._start(self._send_now(data))

    async def _send_body(self, data: bytes) -> None:
        try:
            await self._send_now(data)
        finally:
            self._showing = False

    async def _send_now(self, data: bytes) -> None:
        if not self._socket.closed:
            try:
                await self._socket.send_bytes(data)
            except (ConnectionError, RuntimeError):
                return  # it has gone, as the reader will notice

    async def close_now(self, code: WSCloseCode, why: str) -> None:
        """Say good-bye; whoever does not answer is cut off."""
        self._closing = True
        with contextlib.suppress(asyncio.TimeoutError, ConnectionError, RuntimeError):
            await asyncio.wait_for(self._socket.close(code=code, message=why.encode()), 1.0)
        if self._request.transport is not None:
            self._request.transport.abort()  # type: ignore[attr-defined]

    def _start(self, job: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
