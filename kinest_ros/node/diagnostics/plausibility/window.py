# SPDX-License-Identifier: Apache-2.0
"""One second of what head and hands sent, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.tracking.devices.basis import to_ros_basis
from kinest_ros.tracking.frame import TrackerFrame
from kinest_ros.tracking.settings import TrackerSettings

#: Length of a window, and time between its moments at least, ns; fewest moments of a window.
LENGTH_NS, SPACING_NS, FEWEST = 1_000_000_000, 33_000_000, 8
#: ns after which a hand counts as not there.
STALE_NS = 250_000_000
#: Stamps that go back by more than this, or ahead by as much between two moments, begin anew, ns.
JUMP_NS = 1_000_000_000
_HANDS = ("left_hand", "right_hand")
#: The order x, y, z, w of a quaternion whose parts were sent w, x, y, z.
_W_FIRST = (1, 2, 3, 0)


@dataclass(frozen=True)
class Window:
    """N moments, in the ROS basis, metres as received.

    Attributes:
        head: (N, 3).
        up: (N,) cosine of the angle between the head link's z axis and the vertical.
        up_w_first: (N,) the same if the quaternions were sent w first.
        yaw: (N,) rad, heading of the head link.
        hands: (N, 2, 3) left and right, under the wearer's names; NaN where one was not there.
        floor: z of the floor.
    """

    head: np.ndarray
    up: np.ndarray
    up_w_first: np.ndarray
    yaw: np.ndarray
    hands: np.ndarray
    floor: float

    @property
    def height(self) -> float:
        """Median height of the head over the floor."""
        return float(np.median(self.head[:, 2])) - self.floor

    @property
    def both(self) -> np.ndarray:
        """(N,) bool, the moments with both hands."""
        return np.isfinite(self.hands).all(axis=(1, 2))

    @property
    def distances(self) -> np.ndarray:
        """(N, 2) of the hands from the head; NaN where one was not there."""
        return np.asarray(np.linalg.norm(self.hands - self.head[:, None], axis=-1))


class WindowCollector:
    """Takes frames in as they come, and gives a window whenever one is full."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.reset()

    def reset(self) -> None:
        """Forget all."""
        self._rows: list[tuple[np.ndarray, ...]] = []
        self._hands: dict[str, tuple[int, np.ndarray]] = {}
        self._last_ns: int | None = None
        self._first_ns = 0

    def add(self, frame: TrackerFrame, settings: TrackerSettings) -> Window | None:
        """Take a frame that was accepted; return the window that it completes, if any."""
        for slot in _HANDS:
            if slot in frame.poses:
                self._hands[slot] = (frame.stamp_ns, _array(frame.poses[slot].position))
        head = frame.poses.get("head")
        if head is None:
            return None
        if self._last_ns is not None:
            passed = frame.stamp_ns - self._last_ns
            if abs(passed) > JUMP_NS:
                self._rows.clear()
            elif passed < SPACING_NS:
                return None
        self._last_ns = frame.stamp_ns
        if not self._rows:
            self._first_ns = frame.stamp_ns
        quaternion = _array(head.quaternion)
        self._rows.append((_array(head.position), quaternion, *map(self._hand, _HANDS)))
        if frame.stamp_ns - self._first_ns < LENGTH_NS or len(self._rows) < FEWEST:
            return None
        rows, self._rows = self._rows, []
        return _window(rows, settings)

    def _hand(self, slot: str) -> np.ndarray:
        stamp_ns, position = self._hands.get(slot, (None, None))
        if stamp_ns is None or position is None or self._last_ns is None:
            return np.full(3, np.nan)
        return position if abs(self._last_ns - stamp_ns) <= STALE_NS else np.full(3, np.nan)


def _window(rows: list[tuple[np.ndarray, ...]], settings: TrackerSettings) -> Window:
    heads, quaternions, left, right = (np.stack(column) for column in zip(*rows, strict=True))
    quaternions = quaternions / np.linalg.norm(quaternions, axis=-1, keepdims=True)
    basis = settings.input_basis
    head, as_sent = to_ros_basis(heads, quaternions, basis)
    _, w_first = to_ros_basis(heads, quaternions[:, _W_FIRST], basis)
    hands = [to_ros_basis(hand, quaternions, basis)[0] for hand in (left, right)]
    mount = settings.mounts.get("head")
    link = np.eye(3) if mount is None else mount.rotation
    rotations = matrices_from_quaternions(as_sent) @ link
    # The heading is the twist of the rotation about the vertical.
    yaw = np.arctan2(
        rotations[:, 1, 0] - rotations[:, 0, 1], rotations[:, 0, 0] + rotations[:, 1, 1]
    )
    up_w_first = (matrices_from_quaternions(w_first) @ link)[:, 2, 2]
    return Window(
        head, rotations[:, 2, 2], up_w_first, yaw, np.stack(hands, axis=1), settings.floor_height
    )


def _array(values: object) -> np.ndarray:
    return np.array(values, dtype=np.float64)
