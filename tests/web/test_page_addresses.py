# SPDX-License-Identifier: Apache-2.0
"""Who reaches a page, and under which name, is told rightly."""

import socket

import pytest

from kinest_ros.web import addresses
from kinest_ros.web.addresses import (
    LOOPBACK,
    is_loopback,
    names_of,
    own_addresses,
    page_url,
    qr_code,
    what_listening_means,
)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_loopback_is_this_computer_alone(host):
    assert is_loopback(host)
    assert names_of(host) == list(LOOPBACK)
    told = what_listening_means(host, 8443, names_of(host), "AB:CD")
    assert "this computer alone" in told and "adb reverse tcp:8443" in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "robot.local", "fe80::1", ""])
def test_anything_else_is_the_network(host):
    assert not is_loopback(host)
    told = what_listening_means(host, 8443, ["192.168.1.7", *LOOPBACK], "AB:CD")
    assert "to the network" in told and "192.168.1.7 on port 8443" in told and "AB:CD" in told
    assert "127.0.0.1" not in told


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_on_all_interfaces_is_called_by_their_addresses_first(host, monkeypatch):
    monkeypatch.setattr(addresses, "own_addresses", lambda: ["10.0.0.5", "10.0.0.6"])
    own = socket.gethostname()
    names = names_of(host)
    assert names[:4] == ["10.0.0.5", "10.0.0.6", own, f"{own}.local"]
    assert set(LOOPBACK) < set(names) and len(set(names)) == len(names)
    assert names_of("10.0.0.5") == ["10.0.0.5", *LOOPBACK]


def test_own_addresses_can_be_listened_on():
    for address in own_addresses():
        assert not is_loopback(address)
        with socket.socket() as listening:
            listening.bind((address, 0))


def test_the_token_stays_in_the_browser():
    assert page_url("10.0.0.5", 8443, "abc") == "https://10.0.0.5:8443/#abc"
    assert page_url("fe80::1", 1, "abc") == "https://[fe80::1]:1/#abc"


def test_an_address_becomes_a_square_of_characters_for_a_terminal():
    pytest.importorskip("segno", reason="needs the extra kinest_ros[web]")
    drawn = qr_code("https://10.0.0.5:8443/#abc")
    lines = drawn.splitlines()
    assert len(lines) > 10 and drawn != qr_code("https://10.0.0.5:8443/#abd")
    assert sum(letter in "█▀▄" for letter in drawn) > 100
