# SPDX-License-Identifier: Apache-2.0
"""Which streams are open."""

from __future__ import annotations

from typing import Protocol

from kinest_ros.errors import KinestError
from kinest_ros.retarget.live.sample import Sample
from kinest_ros.retarget.robot.robot import Robot
from kinest_ros.retarget.targets.human import Human


class Stream(Protocol):
    """Takes samples to somewhere."""

    def send(self, sample: Sample, human: Human | None) -> None:
        """Send a sample, and the body that it follows where there is one."""

    def close(self) -> None:
        """Let go."""


def open_streams(
    robot: Robot, zmq: str, zmq_version: int, redis: str, redis_robot: str
) -> list[Stream]:
    """Open the streams that are asked for.

    Args:
        robot: whose samples.
        zmq: endpoint of the stream for SONIC and GR00T-WBC; empty: none.
        zmq_version: 1 or 3.
        redis: URL of the server for TWIST2; empty: none.
        redis_robot: in its keys.

    Raises:
        KinestError: a package that is missing, or an endpoint that cannot be had.
    """
    streams: list[Stream] = []
    try:
        if zmq:
            from kinest_ros.retarget.streams.sonic_zmq import SonicStream

            streams.append(SonicStream(robot, zmq, zmq_version))
        if redis:
            from kinest_ros.retarget.streams.twist_redis import TwistStream

            streams.append(TwistStream(robot, redis, redis_robot))
    except ModuleNotFoundError as error:
        raise KinestError(
            f"this stream needs {error.name}: pip install 'kinest_ros[streams]'"
        ) from None
    return streams
