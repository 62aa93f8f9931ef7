# SPDX-License-Identifier: Apache-2.0
"""A ROS domain for each process that runs tests, so that none hears another's nodes."""

from __future__ import annotations

import os

#: First of the domains that tests use, and their number: all valid on Linux, none the default.
FIRST, COUNT = 10, 90
#: Workers' domains lie apart by this, so that runs begun one after the other do not meet.
STRIDE = 37


def private_domain() -> int:
    """Return the domain of this process: the run's own, moved on by the number of the worker.

    The run's is KINEST_TEST_DOMAIN, or taken from the process id and handed to workers by the
    environment. Never the user's ROS_DOMAIN_ID: their robot may be listening there.
    """
    run = int(os.environ.setdefault("KINEST_TEST_DOMAIN", str(FIRST + os.getpid() % COUNT)))
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return FIRST + (run - FIRST + STRIDE * worker) % COUNT


def use_private_domain() -> None:
    """Set it for rclpy and for every process that the tests start; this machine only."""
    os.environ["ROS_DOMAIN_ID"] = str(private_domain())
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
