# SPDX-License-Identifier: Apache-2.0
"""A private DDS domain for the tests of this folder."""

import os
import signal

import pytest


@pytest.fixture(scope="session")
def ros_domain():
    """A domain id of this test run's own; also set in the environment, for child processes."""
    pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
    domain = 10 + os.getpid() % 90
    # A run that is told to end (a time limit) must still take its nodes down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROS_DOMAIN_ID", str(domain))
        patch.setenv("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")
        yield domain


@pytest.fixture(scope="module")
def client(ros_domain):
    """A client on the private domain."""
    from tests.node.live import Client

    client = Client(ros_domain)
    yield client
    client.close()
