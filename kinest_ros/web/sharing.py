# SPDX-License-Identifier: Apache-2.0
"""One server for all bodies of a process that are to be reached at the same address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kinest_ros.errors import KinestError
from kinest_ros.web.room import Room

if TYPE_CHECKING:
    from kinest_ros.web.server import WebServer

_RUNNING: dict[tuple[str, int], WebServer] = {}


class Place:
    """A body's place on the server of an address, from `enter` to `leave`."""

    def __init__(self, host: str, port: int, room: Room) -> None:
        """Keep what is needed; nothing is on the network before `enter`."""
        self._key, self._room = (host, port), room
        self._server: WebServer | None = None

    def enter(self, folder: Path, say: Callable[[str], object]) -> WebServer:
        """Return the server, started if this is the first body.

        Args:
            folder: where the certificate is kept.
            say: takes what the user should read; from the server's thread.

        Raises:
            KinestError: it cannot be started, or a package is missing.
        """
        server = _RUNNING.get(self._key)
        if server is None:
            server = _load()(*self._key, folder, say)
            server.start()
            _RUNNING[self._key] = server
        server.open(self._room)
        self._server = server
        return server

    def leave(self) -> None:
        """Send the body's pages away; the last one out stops the server."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close(self._room)
        if not server.rooms:
            _RUNNING.pop(self._key, None)
            server.stop()


def _load() -> type[WebServer]:
    try:
        from kinest_ros.web.server import WebServer
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("kinest_ros"):
            raise
        raise KinestError(
            f"a page for headsets needs the Python package {error.name}: "
            "pip install kinest_ros[web]"
        ) from error
    return WebServer
