# SPDX-License-Identifier: Apache-2.0
"""A page without a browser: it speaks the protocol over a real connection, or straight to us."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.web.protocol import FROM_SERVER, MESSAGES, SESSION_STATES, SUBPROTOCOL, TRACKED
from kinest_ros.web.room import Answer, Hooks

_BY_CODE = {message.code: message for message in FROM_SERVER}
#: How far the page's clock is behind, ms.
BEHIND_MS = 1234.5


def page_ms() -> float:
    """The page's clock."""
    return 1e3 * time.time() - BEHIND_MS


@dataclass
class Heard:
    """What came of a page's messages.

    Attributes:
        frames: all of them.
        held: what was said of the trigger, in order.
        answers: of calibrations that were asked for, to be used.
    """

    frames: list[TrackerFrame] = field(default_factory=list)
    held: list[bool] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    now_ns: Any = time.time_ns

    @property
    def hooks(self) -> Hooks:
        return Hooks(
            lambda: self.now_ns(), self.frames.append, self.answers.append, self.held.append
        )


def poses(
    shown_ms: float,
    sent_ms: float,
    triggers: int = 0,
    devices: Mapping[str, int] | None = None,
    positions: Mapping[str, Any] | None = None,
) -> bytes:
    """POSES with a head and two controllers, unless said otherwise."""
    devices = {"head": 1, "left_hand": 2, "right_hand": 2, **(devices or {})}
    places = {
        "head": (0.0, 1.6, 0.0),
        "left_hand": (-0.3, 1.0, -0.2),
        "right_hand": (0.3, 1.0, -0.2),
        **(positions or {}),
    }
    values: dict[str, Any] = {}
    for name in TRACKED:
        values[f"{name}_device"] = devices[name]
        values[f"{name}_position"] = places[name]
        values[f"{name}_orientation"] = (0.0, 0.0, 0.0, 1.0)
    return MESSAGES["POSES"].pack(shown_ms=shown_ms, sent_ms=sent_ms, triggers=triggers, **values)


def session(state: str) -> bytes:
    """SESSION."""
    return MESSAGES["SESSION"].pack(state=SESSION_STATES.index(state), at_ms=0.0)


def unpacked(data: bytes) -> tuple[str, dict[str, Any]]:
    """What the server sent."""
    message = _BY_CODE[data[0]]
    return message.name, message.unpack(data)


class Page:
    """An open page, in an asyncio program."""

    def __init__(self, client: aiohttp.ClientSession, base: str) -> None:
        self._client, self.base = client, base
        self.origin = base
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def come_in(self, token: str) -> tuple[int, str]:
        """Exchange a token for a session; return the status and the text."""
        headers = {"Origin": self.origin}
        async with self._client.post(
            self.base + "/session", data=token, headers=headers, ssl=False
        ) as answer:
            return answer.status, await answer.text()

    async def connect(self, protocol: str = SUBPROTOCOL) -> None:
        """Open the link."""
        self.socket = await self._client.ws_connect(
            self.base + "/page/link", protocols=(protocol,), origin=self.origin, ssl=False
        )

    async def send(self, data: bytes) -> None:
        assert self.socket is not None
        await self.socket.send_bytes(data)

    async def hear(self, name: str, timeout: float = 10.0) -> dict[str, Any]:
        """Return the next message of a name, answering pings meanwhile."""
        assert self.socket is not None
        end = time.monotonic() + timeout
        while True:
            data = await self.socket.receive(max(end - time.monotonic(), 0.01))
            if data.type is not aiohttp.WSMsgType.BINARY:
                raise ConnectionError(f"{data.type.name} {self.socket.close_code} {data.extra}")
            heard, values = unpacked(data.data)
            if heard == "PING":
                now = page_ms()
                await self.send(
                    MESSAGES["PONG"].pack(id=values["id"], received_ms=now, sent_ms=now)
                )
            if heard == name:
                return values

    async def begin(self) -> None:
        """Answer the first pings and begin a session."""
        for _ in range(2):
            await self.hear("PING")
        await self.send(session("visible"))

    async def pose(self, **changes: Any) -> None:
        """Send poses of now."""
        now = page_ms()
        await self.send(poses(now + 10.0, now, **changes))
