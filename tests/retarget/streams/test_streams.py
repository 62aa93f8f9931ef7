# SPDX-License-Identifier: Apache-2.0
"""Streams are read by readers written from the formats' descriptions, not from our writers."""

from __future__ import annotations

import json
import shutil
import socket
import struct
import subprocess
import time

import numpy as np
import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.errors import KinestError
from kinest_ros.retarget.live.live import LiveRetargeter
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.solver.retargeter import Retargeter
from kinest_ros.retarget.streams.streams import open_streams
from kinest_ros.retarget.streams.twist_redis import action
from tests.retarget.robots import performed


@pytest.fixture(scope="module")
def sent():
    """A robot, bodies and the samples that follow them."""
    robot, motion = Robot.load(), performed("walking", 0.5)
    live = LiveRetargeter(Retargeter(robot))
    samples = []
    for frame in range(len(motion)):
        sample = live.on_body(motion.human(frame), int(motion.stamps_ns[frame]), frame / 60.0)
        samples.append((sample, motion.human(frame)))
    return robot, samples


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read_message(message: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """Read one message of the stream: topic, padded JSON header, little-endian arrays."""
    assert message[:4] == b"pose"
    header = json.loads(message[4 : 4 + 1280].split(b"\0", 1)[0])
    at, arrays = 4 + 1280, {}
    for field in header["fields"]:
        count = int(np.prod(field["shape"]))
        letter, size = {"f32": ("f", 4), "i64": ("q", 8)}[field["dtype"]]
        values = struct.unpack_from(f"<{count}{letter}", message, at)
        arrays[field["name"]] = np.array(values).reshape(field["shape"])
        at += count * size
    assert at == len(message)
    return header, arrays


@pytest.mark.parametrize("version", [1, 3])
def test_a_zmq_subscriber_reads_the_poses(sent, version):
    zmq = pytest.importorskip("zmq", reason="needs the extra kinest_ros[streams]")
    robot, samples = sent
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    (stream,) = open_streams(robot, endpoint, version, "", "")
    context = zmq.Context()
    reader = context.socket(zmq.SUB)
    reader.setsockopt(zmq.LINGER, 0)
    reader.setsockopt(zmq.SUBSCRIBE, b"pose")
    reader.setsockopt(zmq.RCVTIMEO, 100)
    reader.connect(endpoint)
    try:
        message, end = None, time.monotonic() + 20.0
        sample, human = samples[-1]
        while message is None and time.monotonic() < end:
            stream.send(sample, human)
            try:
                message = reader.recv()
            except zmq.Again:
                continue
        header, arrays = read_message(message)
    finally:
        reader.close()
        context.term()
        stream.close()
    assert (header["v"], header["endian"], header["count"]) == (version, "le", 1)
    by_name = dict(zip(robot.names, sample.joints, strict=True))
    assert arrays["joint_pos"].shape == (1, 29)
    # Isaac Lab's order begins with what hangs on the base.
    first = ["left_hip_pitch_joint", "right_hip_pitch_joint", "waist_yaw_joint"]
    assert arrays["joint_pos"][0, :3] == pytest.approx([by_name[name] for name in first], abs=1e-6)
    x, y, z, w = sample.base_rotation
    assert arrays["body_quat"][0] == pytest.approx((w, x, y, z), abs=1e-6)
    if version == 3:
        assert arrays["smpl_joints"].shape == (1, 24, 3)
        assert arrays["smpl_joints"][0, :22] == pytest.approx(human.positions, abs=1e-5)
        assert arrays["smpl_pose"].shape == (1, 21, 3)
    else:
        assert "smpl_joints" not in arrays


def test_the_action_of_twist(sent):
    _, samples = sent
    sample, _ = samples[-1]
    numbers = action(sample)
    assert len(numbers) == 35
    assert numbers[2] == pytest.approx(sample.base_position[2])
    assert numbers[6:] == pytest.approx(sample.joints)
    before, now = samples[-2][0], sample
    # The person walks forward: speed along the heading, none to speak of across it.
    step = np.linalg.norm((now.base_position - before.base_position)[:2]) * 60.0
    assert np.hypot(*numbers[:2]) == pytest.approx(step, abs=0.05)


def test_a_redis_server_has_the_action(sent):
    redis = pytest.importorskip("redis", reason="needs the extra kinest_ros[streams]")
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("redis-server is not installed")
    port = free_port()
    process = subprocess.Popen([server, "--port", str(port), "--save", ""])
    try:
        client = redis.Redis(port=port)
        end = time.monotonic() + 20.0
        while time.monotonic() < end:
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.05)
        robot, samples = sent
        (stream,) = open_streams(robot, "", 1, f"redis://127.0.0.1:{port}", "unitree_g1")
        stream.send(*samples[-1])
        found = json.loads(client.get("action_body_unitree_g1"))
        assert found == pytest.approx(action(samples[-1][0]), abs=1e-5)
        assert int(client.get("t_action")) == samples[-1][0].stamp_ns // 1_000_000
        stream.close()
    finally:
        process.terminate()
        process.wait()


def test_what_cannot_be_opened_is_told(sent):
    robot, _ = sent
    pytest.importorskip("zmq", reason="needs the extra kinest_ros[streams]")
    with pytest.raises(KinestError, match="cannot bind"):
        open_streams(robot, "tcp://256.0.0.1:1", 1, "", "")
    pytest.importorskip("redis", reason="needs the extra kinest_ros[streams]")
    with pytest.raises(KinestError, match="no redis server"):
        open_streams(robot, "", 1, f"redis://127.0.0.1:{free_port()}", "g1")
