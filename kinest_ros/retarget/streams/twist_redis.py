# SPDX-License-Identifier: Apache-2.0
"""Redis stream of actions as TWIST2 reads it."""

from __future__ import annotations

import json

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.errors import KinestError
from kinest_ros.retarget.live.sample import Sample
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.targets.human import Human


class TwistStream:
    """Sets two keys for each sample: `action_body_<robot>`, JSON of 6 + n numbers, and `t_action`.

    The numbers: root velocity forward and left in the root's heading frame (m/s), height (m), roll,
    pitch (rad), yaw rate (rad/s), then the joints in tree order (rad).
    """

    def __init__(self, robot: Robot, url: str, name: str) -> None:
        """Connect.

        Args:
            robot: whose samples.
            url: such as redis://localhost:6379.
            name: of the robot in the key.

        Raises:
            KinestError: no server there.
        """
        import redis

        self._key = f"action_body_{name}"
        self._client = redis.Redis.from_url(url, socket_connect_timeout=2.0, socket_timeout=0.05)
        try:
            self._client.ping()
        except (redis.RedisError, OSError) as error:
            raise KinestError(f"no redis server at {url}: {error}") from None

    def send(self, sample: Sample, human: Human | None) -> None:
        """Set the keys to a sample."""
        pipe = self._client.pipeline(transaction=False)
        pipe.set(self._key, json.dumps([round(float(v), 6) for v in action(sample)]))
        pipe.set("t_action", sample.stamp_ns // 1_000_000)
        pipe.execute()

    def close(self) -> None:
        """Disconnect."""
        self._client.close()


def action(sample: Sample) -> np.ndarray:
    """Return the numbers (6 + n,) of a sample."""
    rotation = matrices_from_quaternions(sample.base_rotation)
    yaw = np.arctan2(rotation[1, 0], rotation[0, 0])
    pitch = np.arcsin(np.clip(-rotation[2, 0], -1.0, 1.0))
    roll = np.arctan2(rotation[2, 1], rotation[2, 2])
    world = rotation @ sample.base_linear
    cos, sin = np.cos(yaw), np.sin(yaw)
    forward, left = cos * world[0] + sin * world[1], cos * world[1] - sin * world[0]
    spin = (rotation @ sample.base_angular)[2]
    root = (forward, left, sample.base_position[2], roll, pitch, spin)
    return np.concatenate([root, sample.joints])
