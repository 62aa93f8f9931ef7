# SPDX-License-Identifier: Apache-2.0
"""Short recordings of a head whose place tells its number, and what is read of them."""

import logging
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.bags.contents import read_tracker_frames
from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose

#: Poses of a recording.
COUNT = 300


def write(path: Path, first: int = 0, count: int = COUNT, storage: str = "mcap") -> Path:
    """A bag of `count` poses of a head, 10 ms apart, the first with the number `first`."""
    with BodyBagWriter(path, storage=storage) as bag:
        for index in range(first, first + count):
            pose = TrackerPose(np.array([index, 0.5, 1.6]), np.array([0.0, 0.0, 0.0, 1.0]))
            bag.write_frame(TrackerFrame(10**9 + index * 10**7, {"head": pose}))
    return path


def numbers(path: Path) -> list[int]:
    return [round(frame.poses["head"].position[0]) for frame in read_tracker_frames(path)]


def storage_of(bag: Path) -> Path:
    return next(file for file in bag.iterdir() if file.suffix in (".mcap", ".db3"))


def cut(file: Path, share: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])


def warned(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(r.message for r in caplog.records if r.levelno >= logging.WARNING)
