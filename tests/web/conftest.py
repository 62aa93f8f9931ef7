# SPDX-License-Identifier: Apache-2.0
"""A server of its own for each test that asks for one."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.web.serving import Served


@pytest.fixture
def served(tmp_path: Path) -> "Iterator[Served]":
    from kinest_ros.web.room import Room  # where the extra is missing, its tests skip before
    from kinest_ros.web.server import WebServer
    from tests.web.pages import Heard
    from tests.web.serving import Served

    said: list[str] = []
    heard = Heard()
    server = WebServer("127.0.0.1", 0, tmp_path, said.append)
    server.start()
    room = Room("anna", "webxr", heard.hooks)
    server.open(room)
    yield Served(server, room, heard, said)
    server.stop()
