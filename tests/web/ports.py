# SPDX-License-Identifier: Apache-2.0
"""A port that nobody uses at present."""

import socket


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
