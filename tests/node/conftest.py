# SPDX-License-Identifier: Apache-2.0
"""A private DDS domain for the tests of this folder."""

import os

import pytest


@pytest.fixture(scope="session")
def ros_domain():
    """A domain id of this test run's own; also set in the environment, for child processes."""
    pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
    domain = 10 + os.getpid() % 90
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


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The bundled weights, or a tiny random network where there are none."""
    from kinest_ros.errors import KinestError
    from kinest_ros.model.streaming import StreamingConfig, StreamingKineST
    from kinest_ros.model.weights import save_model, weights_path

    try:
        weights_path("default")
    except KinestError:
        path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
        return str(save_model(StreamingKineST(StreamingConfig.tiny()), path, {}))
    return "default"
