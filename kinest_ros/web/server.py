# SPDX-License-Identifier: Apache-2.0
"""The HTTPS and WebSocket server, on a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

from aiohttp import web

from kinest_ros.errors import KinestError
from kinest_ros.web.addresses import names_of, page_url, what_listening_means
from kinest_ros.web.certificate import own_certificate
from kinest_ros.web.room import Room, ShownBody
from kinest_ros.web.site import Site
from kinest_ros.web.tokens import Tokens

#: Connections that are open at the same time; s that a new one has for its first request.
MOST_CONNECTIONS, FIRST_REQUEST = 64, 10.0
#: s, between two bodies that pages are shown.
_SHOW = 1.0 / 32.0


class WebServer:
    """Serves the page of any number of bodies.

    Rooms come and go while it runs. Their hooks are called on its thread.
    """

    def __init__(self, host: str, port: int, folder: Path, say: Callable[[str], object]) -> None:
        """Keep what is needed; nothing is on the network before `start`.

        Args:
            host: what to listen on.
            port: likewise; 0: any that is free.
            folder: where the certificate is kept.
            say: takes what the user should read; from the server's thread.
        """
        self.host, self.port = host, port
        self._folder, self._say = folder, say
        self._tokens: Tokens[Room] = Tokens()
        self._rooms: list[Room] = []
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._failure: Exception | None = None
        self._shown_ns: dict[Room, int] = {}
        self._site: Site | None = None
        self._names: list[str] = []
        self._meaning = ""

    def start(self) -> None:
        """Listen.

        Raises:
            KinestError: the address cannot be had, or the certificate not be kept.
        """
        self._names = names_of(self.host)
        certificate = own_certificate(self._folder, self._names)
        started = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(certificate.context(), started)),
            name="kinest_web",
            daemon=True,
        )
        self._thread.start()
        started.wait()
        if self._failure is not None:
            self._thread.join()
            self._thread = None
            reason = getattr(self._failure, "strerror", None) or self._failure
            raise KinestError(
                f"cannot listen on {self.host}:{self.port}: {reason}; choose another host or port"
            )
        self._meaning = what_listening_means(
            self.host, self.port, self._names, certificate.fingerprint
        )

    @property
    def meaning(self) -> str:
        """Who can reach the server and what protects it, for the user."""
        return self._meaning

    def url(self, room: Room) -> str:
        """Return an address of a room's page that was not used before."""
        return page_url(self._names[0], self.port, self._tokens.token(room))

    def open(self, room: Room) -> None:
        """Let pages of a body in."""
        self._rooms.append(room)

    def close(self, room: Room) -> None:
        """Send the pages of a body away."""
        self._rooms.remove(room)
        self._tokens.forget(room)
        self._shown_ns.pop(room, None)
        site = self._site
        if site is not None:
            self._call(lambda: site.send_away(room))

    @property
    def rooms(self) -> int:
        """How many bodies it has."""
        return len(self._rooms)

    def show(self, room: Room, body: ShownBody) -> None:
        """Show a body to its pages, unless the last one was just now; from any thread."""
        room.body = body
        last = self._shown_ns.get(room, 0)
        site = self._site
        if site is None or not room.open_pages or 0 <= body.stamp_ns - last < _SHOW * 1e9:
            return
        self._shown_ns[room] = body.stamp_ns
        self._call(lambda: site.show(room))

    def stop(self) -> None:
        """Leave the network."""
        if self._thread is not None:
            stop = self._stop
            assert stop is not None
            self._call(stop.set)
            self._thread.join()
            self._thread = None

    def _call(self, what: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            try:
                loop.call_soon_threadsafe(what)
            except RuntimeError:  # it ended just now
                return

    async def _serve(self, context: ssl.SSLContext, started: threading.Event) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        site = Site(self._tokens, self._names, self._on_used)
        runner = web.AppRunner(site.app, access_log=None, shutdown_timeout=1.0)
        listening = None
        try:
            await runner.setup()
            listening = await self._listen(runner, site, context)
            self.port = listening.sockets[0].getsockname()[1]
            self._site = site
            started.set()
            await self._stop.wait()
        except (OSError, OverflowError, ValueError) as error:  # also of what is no port or name
            self._failure = error
        finally:
            self._site = None
            if listening is not None:
                listening.close()
            await site.close()
            await runner.cleanup()
            started.set()

    async def _listen(
        self, runner: web.AppRunner, site: Site, context: ssl.SSLContext
    ) -> asyncio.base_events.Server:
        loop = asyncio.get_running_loop()
        server = runner.server
        assert server is not None

        def accept() -> asyncio.Protocol:
            if len(server.connections) >= MOST_CONNECTIONS:
                return _Refusal()
            protocol = server()
            site.silent.add(protocol)

            def leave_if_silent() -> None:
                if protocol in site.silent:
                    site.silent.remove(protocol)
                    if protocol.transport is not None:
                        protocol.transport.abort()

            loop.call_later(FIRST_REQUEST, leave_if_silent)
            return protocol

        return await loop.create_server(
            accept,
            self.host,
            self.port,
            ssl=context,
            ssl_handshake_timeout=FIRST_REQUEST,
        )

    def _on_used(self, room: Room, address: str) -> None:
        whose = f" of {room.name}" if room.name else ""
        self._say(
            f"the page{whose} was opened at {address}; for another browser, a new address: "
            f"{self.url(room)}"
        )


class _Refusal(asyncio.Protocol):
    """Hangs up: too many are there already."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.abort()  # type: ignore[attr-defined]
