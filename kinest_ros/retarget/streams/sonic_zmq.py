# SPDX-License-Identifier: Apache-2.0
"""ZMQ stream of poses as SONIC and GR00T-WBC read it, versions 1 and 3.

One message: the topic's bytes, a JSON header padded with zeros to a fixed size, then the arrays one
after another, little endian. The header names version, byte order, count of frames, and of each
array name, type and shape.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.live.sample import Sample
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.streams.smpl_arrays import smpl_arrays
from kinest_ros.retarget.targets.human import Human

TOPIC = b"pose"
#: Bytes of the padded header.
HEADER = 1280
_TYPES = {"float32": "f32", "float64": "f64", "int32": "i32", "int64": "i64", "bool": "bool"}


class SonicStream:
    """Publishes each sample on a ZMQ PUB socket."""

    def __init__(self, robot: Robot, endpoint: str, version: int = 1) -> None:
        """Bind.

        Args:
            robot: whose samples; its joints go out in Isaac Lab's order.
            endpoint: such as tcp://*:5556.
            version: 1, or 3 with the human's joints and pose too.

        Raises:
            KinestError: an endpoint that cannot be bound, or an unknown version.
        """
        import zmq

        if version not in (1, 3):
            raise KinestError(f"the ZMQ stream has versions 1 and 3, not {version}")
        self._order = np.array(robot.breadth_first())
        self._version = version
        self._index = 0
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUB)
        self._socket.setsockopt(zmq.LINGER, 0)
        # A reader that is too slow loses frames and does not fill our memory.
        self._socket.setsockopt(zmq.SNDHWM, 4)
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        try:
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise KinestError(f"cannot bind the ZMQ stream to {endpoint}: {error}") from None

    def send(self, sample: Sample, human: Human | None) -> None:
        """Send a sample."""
        x, y, z, w = sample.base_rotation
        arrays = {
            "joint_pos": sample.joints[self._order][None].astype("<f4"),
            "joint_vel": sample.velocities[self._order][None].astype("<f4"),
            "body_quat": np.array([[w, x, y, z]], "<f4"),
            "frame_index": np.array([self._index], "<i8"),
        }
        if self._version == 3:
            if human is not None:
                self._last = smpl_arrays(human)
            if self._last is None:
                return
            joints, pose = self._last
            arrays["smpl_joints"] = joints[None].astype("<f4")
            arrays["smpl_pose"] = pose[None].astype("<f4")
        self._index += 1
        self._socket.send(packed(arrays, self._version))

    def close(self) -> None:
        """Unbind."""
        self._socket.close()
        self._context.term()


def packed(arrays: dict[str, Any], version: int) -> bytes:
    """Return the bytes of one message.

    Raises:
        ValueError: a header that is too long.
    """
    fields = [
        {"name": name, "dtype": _TYPES[str(array.dtype)], "shape": list(array.shape)}
        for name, array in arrays.items()
    ]
    header = json.dumps({"v": version, "endian": "le", "count": 1, "fields": fields}).encode()
    if len(header) > HEADER:
        raise ValueError(f"the header has {len(header)} bytes, more than {HEADER}")
    payload = b"".join(array.tobytes() for array in arrays.values())
    return TOPIC + header.ljust(HEADER, b"\0") + payload
