# SPDX-License-Identifier: Apache-2.0
"""A viser server with a floor and a camera that looks at whoever stands on it."""

from __future__ import annotations

import contextlib
import io
import socket
from typing import Any

import numpy as np

from kinest_ros.errors import KinestError

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8080


def open_stage(host: str, port: int, centre: np.ndarray | None = None) -> Any:
    """Return a running viser server.

    Args:
        host: what to listen on.
        port: likewise.
        centre: (3,) m, where the camera looks; the origin's height of a person by default.

    Raises:
        KinestError: viser is missing, the host is another machine, or the port is taken.
    """
    try:
        import viser
    except ImportError:
        raise KinestError(
            "the view needs the Python package viser: pip install kinest_ros[view]"
        ) from None
    try:
        # viser waits for ever for a server that could not be started at such an address.
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, 0), family=family).close()
    except OSError as error:
        raise KinestError(
            f"cannot serve the view on {host}: {error}; --host takes 127.0.0.1, 0.0.0.0 or an "
            "address of this machine"
        ) from error
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # a banner, whatever `verbose` is
            server = viser.ViserServer(host=host, port=port, label="kinest", verbose=False)
    except (OSError, RuntimeError) as error:
        raise KinestError(f"cannot serve the view on {host}:{port}: {error}") from error
    if server.get_port() != port:
        close_stage(server)
        raise KinestError(f"cannot serve the view on {host}:{port}: it is in use; choose a --port")
    server.gui.configure_theme(dark_mode=True, show_logo=False, show_share_button=False)
    centre = np.array((0.0, 0.0, 0.9)) if centre is None else centre
    server.scene.add_grid(
        "/floor",
        12.0,
        12.0,
        position=(round(float(centre[0])), round(float(centre[1])), 0.0),
        cell_color=(70, 85, 95),
        section_color=(95, 115, 130),
    )
    server.initial_camera.position = tuple(centre + np.array((2.2, 1.1, 0.5)))
    server.initial_camera.look_at = tuple(centre)
    return server


def close_stage(server: Any) -> None:
    """Stop a viser server."""
    with contextlib.redirect_stdout(io.StringIO()):
        server.stop()
