# SPDX-License-Identifier: Apache-2.0
"""`kinest demo` from end to end, and what it says where it cannot run."""

import json
import os
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.demo import session
from kinest_ros.errors import KinestError
from tests.commands import run


def test_without_ros_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rclpy", None)  # makes `import rclpy` fail
    with pytest.raises(KinestError, match=r"rclpy.*make setup"):
        session.check_ros()


def test_private_domains_are_valid_on_linux_and_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", "0")
    monkeypatch.delenv("ROS_AUTOMATIC_DISCOVERY_RANGE", raising=False)
    domain = session.use_private_domain()
    assert 1 <= domain <= 101
    assert os.environ["ROS_DOMAIN_ID"] == str(domain)
    assert os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] == "LOCALHOST"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as node:
        node.bind(("", 7410 + 250 * domain))
        assert session.use_private_domain() != domain


@pytest.mark.slow
def test_a_missing_bag_is_one_line(tmp_path: Path) -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2")
    done = run("demo", "--bag", str(tmp_path / "none"), "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(tmp_path / "none") in done.stderr


@pytest.mark.ros
def test_demo(tmp_path: Path) -> None:
    pytest.importorskip("rclpy", reason="needs ROS 2: make setup, or source a ROS 2 workspace")
    out = tmp_path / "shown"
    done = run("demo", "--out", str(out), "--duration", "4")
    assert done.returncode == 0, done.stderr
    summary = json.loads((out / "summary.json").read_text())
    assert str(out / "body.png") in done.stdout
    assert (out / "body.png").stat().st_size > 50_000
    assert summary["bodies_out"] >= 0.8 * 240  # the recorder may join late on a busy machine
    assert set(summary["frames_in"]) == {"head", "left_hand", "right_hand"}
    assert summary["latency_ms"]["node"]["p50"] > 0.0
    assert np.isfinite(summary["position_error_cm"]["all joints (MPJPE)"])
    assert all(error["median"] < 5.0 for error in summary["tracker_error_cm"].values())

    # The recording is a bag like any other: the node's own inputs and outputs, side by side.
    from kinest_ros.bags.reader import BagReader
    from kinest_ros.bags.topics import BODY, JOINT_STATES, POSE_TOPICS, ROBOT_DESCRIPTION, TF

    with BagReader(out / "bag") as bag:
        assert {TF, BODY, JOINT_STATES, ROBOT_DESCRIPTION} <= set(bag.types)
        assert bag.count([TF]) == bag.count([BODY]) == bag.count([JOINT_STATES])
        assert POSE_TOPICS["head"] in bag.types
        description = next(iter(bag.messages([ROBOT_DESCRIPTION])))
        assert "<robot" in bag.decode(description).data
