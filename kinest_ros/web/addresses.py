# SPDX-License-Identifier: Apache-2.0
"""What this computer is called, and how people are shown a page on it: address and QR code."""

from __future__ import annotations

import fcntl
import io
import ipaddress
import socket
import struct
from collections.abc import Sequence

from kinest_ros.errors import KinestError

LOOPBACK = ("localhost", "127.0.0.1", "::1")
#: ioctl that asks for an interface's IPv4 address (linux/sockios.h).
_SIOCGIFADDR = 0x8915


def is_loopback(host: str) -> bool:
    """Return whether only this computer reaches a server that listens on a host."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def own_addresses() -> list[str]:
    """Return the IPv4 addresses of this computer's interfaces, less loopback; asks nobody else."""
    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            request = struct.pack("256s", name.encode()[:15])
            try:
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, request)
            except OSError:  # an interface without an address
                continue
            found.append(socket.inet_ntoa(answer[20:24]))
    return [address for address in found if not is_loopback(address)]


def names_of(host: str) -> list[str]:
    """Return what a server that listens on a host is called by, the best for others first.

    Args:
        host: name or address; 0.0.0.0 or :: stands for all of this computer's.
    """
    if is_loopback(host):
        return list(LOOPBACK)
    own = socket.gethostname()
    called = [*own_addresses(), own, f"{own}.local"] if host in ("0.0.0.0", "::") else [host]
    return list(dict.fromkeys([*called, *LOOPBACK]))


def page_url(host: str, port: int, token: str) -> str:
    """Return a page's address; the token is in the part that browsers keep to themselves."""
    shown = f"[{host}]" if ":" in host else host
    return f"https://{shown}:{port}/#{token}"


def qr_code(text: str) -> str:
    """Return a QR code in characters for a terminal.

    Raises:
        KinestError: the package that draws it is missing.
    """
    try:
        import segno
    except ImportError:
        raise KinestError(
            "a QR code needs the Python package segno: pip install kinest_ros[web]"
        ) from None
    drawn = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(drawn, compact=True, border=2)
    return drawn.getvalue()


def what_listening_means(host: str, port: int, names: Sequence[str], fingerprint: str) -> str:
    """Return, for the user, who can reach a server and what protects it."""
    if is_loopback(host):
        return (
            f"The page is served to this computer alone ({host}:{port}): a browser on it, or a "
            f"headset on a USB cable after `adb reverse tcp:{port} tcp:{port}`. To let a headset "
            "in over the network, listen on it: host 0.0.0.0"
        )
    reached = ", ".join(name for name in names if name not in LOOPBACK)
    return (
        f"The page is served to the network: anyone who reaches {reached} on port {port} can "
        "connect, and anyone who has the address above, with its token, can control the body. The "
        "token works once. The headset warns about the self-signed certificate; its SHA-256 "
        f"fingerprint is\n{fingerprint}"
    )
