# SPDX-License-Identifier: Apache-2.0
"""Bodies at one address share a server; it goes when the last one leaves."""

import socket

import pytest

pytest.importorskip("aiohttp", reason="needs the extra kinest_ros[web]")

from kinest_ros.web.room import Room
from kinest_ros.web.sharing import Place
from tests.web.pages import Heard


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_last_one_out_stops_the_server(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rooms = [Room(name, "webxr", Heard().hooks) for name in ("anna", "ben")]
    anna, ben = (Place("127.0.0.1", port, room) for room in rooms)
    server = anna.enter(tmp_path, lambda _: None)
    assert ben.enter(tmp_path, lambda _: None) is server and listens(port)
    anna.leave()
    anna.leave()  # once is enough
    assert listens(port) and server.rooms == 1
    ben.leave()
    assert not listens(port)
    again = ben.enter(tmp_path, lambda _: None)
    assert again is not server and listens(port)
    ben.leave()
