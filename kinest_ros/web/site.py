# SPDX-License-Identifier: Apache-2.0
"""What is served: the page's files, the exchange of a token for a session, and the WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from kinest_ros.web.headset import Headset
from kinest_ros.web.page_link import PageLink
from kinest_ros.web.protocol import MAX_FROM_PAGE, SUBPROTOCOL, protocol_module
from kinest_ros.web.rate_limit import RateLimit
from kinest_ros.web.room import Room
from kinest_ros.web.tokens import Tokens

STATIC = Path(__file__).parent / "static"
_TYPES = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
#: Nothing from elsewhere, and nobody else's frame around it.
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_COOKIE = "kinest_session"
#: Messages per second that a page may send in the long run, and at once; s that one too fast waits.
RATE, BURST, BREATH = 250.0, 250, 0.1
#: Malformed messages after which a page is sent away; pages of one body at a time.
MOST_MALFORMED, MOST_PAGES = 50, 4
#: s in which a token must have come.
_POST = 5.0


class Site:
    """The application, and the pages that are connected.

    Attributes:
        app: for aiohttp.
        silent: connections that no request came over yet; entered and taken out by the server.
    """

    def __init__(
        self,
        tokens: Tokens[Room],
        names: Sequence[str],
        on_used: Callable[[Room, str], None],
    ) -> None:
        """Make it.

        Args:
            tokens: who may come in.
            names: what the server may be called by; others are somebody's trick.
            on_used: called when a token was used up, with the room and where from.
        """
        self.silent: set[object] = set()
        self._tokens, self._on_used = tokens, on_used
        self._names = frozenset(name.lower() for name in names)
        self._links: dict[Room, list[PageLink]] = {}
        self._files = {
            path.name: (path.read_bytes(), _TYPES[path.suffix])
            for path in STATIC.iterdir()
            if path.suffix in _TYPES
        }
        self._files["protocol.js"] = protocol_module().encode(), "text/javascript"
        self.app = web.Application(middlewares=[self._guard], client_max_size=4096)
        self.app.router.add_get("/", self._file)
        self.app.router.add_get("/{name}", self._file)
        self.app.router.add_post("/session", self._session)
        self.app.router.add_get("/page/link", self._link)

    def show(self, room: Room) -> None:
        """Send the newest body to the pages of a room."""
        for link in self._links.get(room, ()):
            link.show()

    def send_away(self, room: Room) -> None:
        """Close the pages of a room."""
        for link in self._links.get(room, ()):
            link.close(WSCloseCode.GOING_AWAY, "the node is not running")

    async def close(self) -> None:
        """Close all pages."""
        for room in list(self._links):
            self.send_away(room)
        await asyncio.sleep(0)

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.silent.discard(request.protocol)
        host = request.host.rpartition(":")[0] if ":" in request.host else request.host
        if host.strip("[]").lower() not in self._names:
            raise web.HTTPMisdirectedRequest(
                text=f"this server is not called '{host[:100]}'", headers=_HEADERS
            )
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as error:
            error.headers.update(_HEADERS)
            raise
        if not response.prepared:
            response.headers.update(_HEADERS)
        return response

    async def _file(self, request: web.Request) -> web.Response:
        found = self._files.get(request.match_info.get("name", "index.html"))
        if found is None:
            raise web.HTTPNotFound(text="there is nothing here")
        return web.Response(body=found[0], content_type=found[1], charset="utf-8")

    def _check_origin(self, request: web.Request) -> None:
        if request.headers.get("Origin") != f"https://{request.host}":
            raise web.HTTPForbidden(text="only the page itself may ask for this")

    async def _session(self, request: web.Request) -> web.Response:
        """A token in the body becomes a session in a cookie; so does a session that is known."""
        self._check_origin(request)
        try:
            token = await asyncio.wait_for(request.text(), _POST)
        except (asyncio.TimeoutError, UnicodeDecodeError):
            raise web.HTTPBadRequest(text="no token came") from None
        known = request.cookies.get(_COOKIE, "")
        room = self._tokens.room_of(known)
        redeemed = self._tokens.redeem(token) if token else None
        if redeemed is not None:
            room = redeemed[1]
        elif room is None:  # a page that is loaded again comes with a token that it used up itself
            raise web.HTTPForbidden(
                text="This address was used already, or it is of an earlier start: open the "
                "newest one that the computer shows."
            )
        response = web.json_response({"body": room.name})
        if redeemed is not None:
            session, room = redeemed
            response.set_cookie(
                _COOKIE, session, secure=True, httponly=True, samesite="Strict", path="/"
            )
            self._on_used(room, request.remote or "an unknown place")
        return response

    async def _link(self, request: web.Request) -> web.StreamResponse:
        self._check_origin(request)
        room = self._tokens.room_of(request.cookies.get(_COOKIE, ""))
        if room is None:
            raise web.HTTPForbidden(text="no session")
        asked = request.headers.get("Sec-WebSocket-Protocol", "")
        if SUBPROTOCOL not in [part.strip() for part in asked.split(",")]:
            raise web.HTTPBadRequest(text=f"the page is of another version: {SUBPROTOCOL} is due")
        links = self._links.setdefault(room, [])
        if len(links) >= MOST_PAGES:
            # Of a browser that lost its network, the server hears late.
            links[0].close(WSCloseCode.TRY_AGAIN_LATER, "too many pages are open for this body")
        socket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,), max_msg_size=MAX_FROM_PAGE, compress=False, autoping=False
        )
        await socket.prepare(request)
        link = PageLink(socket, request, Headset(room, request.remote or "?"), room)
        links.append(link)
        room.open_pages += 1
        try:
            await self._listen(socket, link)
        finally:
            links.remove(link)
            room.open_pages -= 1
            link.end()
        return socket

    async def _listen(self, socket: web.WebSocketResponse, link: PageLink) -> None:
        limit = RateLimit(RATE, BURST)
        async for message in socket:
            if message.type is not WSMsgType.BINARY:
                await link.close_now(WSCloseCode.UNSUPPORTED_DATA, "binary messages only")
                return
            if not limit.take(time.monotonic()):
                # Not read meanwhile: whoever floods fills up their own buffers.
                link.headset.dropped["too many"] += 1
                await asyncio.sleep(BREATH)
                continue
            link.receive(message.data)
            if link.headset.dropped["malformed"] > MOST_MALFORMED:
                await link.close_now(WSCloseCode.POLICY_VIOLATION, "not this page's messages")
                return
