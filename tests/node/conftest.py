# SPDX-License-Identifier: Apache-2.0
"""A client on the DDS domain of this process."""

import os
import signal
import sys

import pytest


@pytest.fixture(scope="session")
def ros_domain():
    """Domain id of this process, as the nodes that it starts find it in their environment."""
    pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
    # A run that is told to end (a time limit) must still take its nodes down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return int(os.environ["ROS_DOMAIN_ID"])


@pytest.fixture(scope="module")
def client(ros_domain):
    """A client on the private domain."""
    from tests.node.live import Client

    client = Client(ros_domain)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def _uncollected(monkeypatch):
    """A node in this process need not look through all that pytest has; test_realtime.py does."""
    if "kinest_ros.node.kinest_node" in sys.modules:
        monkeypatch.setattr("kinest_ros.node.kinest_node.settle", lambda: None)
