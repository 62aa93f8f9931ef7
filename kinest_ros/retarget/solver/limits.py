# SPDX-License-Identifier: Apache-2.0
"""How far joints may move in a frame: range, velocity, acceleration, and room to brake."""

from __future__ import annotations

import numpy as np

from kinest_ros.retarget.robot.robot import Robot


def velocity_window(
    position: np.ndarray,
    velocity: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    most: np.ndarray,
    acceleration: np.ndarray,
    dt: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the most velocity (k,) that the next frame may have.

    What keeps within it, frame after frame, never leaves the range: it can always brake in time.

    Args:
        position: (k,) rad or m.
        velocity: (k,) of the last frame.
        lower: (k,) of the range.
        upper: (k,) likewise.
        most: (k,) velocity.
        acceleration: (k,) most.
        dt: s.
    """
    # What a step moves in velocity is not to be undone by rounding.
    change = acceleration * dt
    high = np.minimum(most, velocity + change)
    low = np.maximum(-most, velocity - change)
    room = np.stack((upper - position, position - lower))
    above, below = braking_speed(room, acceleration, dt)
    np.minimum(high, above, out=high)
    np.maximum(low, -below, out=low)
    # Where the two contradict each other (a start beyond the range, a shorter frame than the
    # last), the range comes first.
    beyond = low > high
    if beyond.any():
        middle = np.where(room[0] < room[1], high, low)
        low, high = np.where(beyond, middle, low), np.where(beyond, middle, high)
    return low, high


def braking_speed(room: np.ndarray, acceleration: np.ndarray | float, dt: float) -> np.ndarray:
    """Return the most velocity (..., k) from which one comes to rest within some room (..., k)."""
    # n steps of v, v - a dt, ... come to rest after n v dt - a dt^2 n (n - 1) / 2.
    step = acceleration * dt
    room = np.maximum(room, 0.0)
    steps = np.ceil(np.sqrt(room * (2.0 / (step * dt)) + 0.25) - 0.5)
    steps = np.maximum(steps, 1.0)
    return np.asarray(room / (steps * dt) + (0.5 * step) * (steps - 1.0))


def shared_velocity(robot: Robot, joints: np.ndarray, limit: np.ndarray) -> np.ndarray:
    """Return the velocity limits (k,) of driven joints that keep their followers' limits too.

    Args:
        robot: of the joints.
        joints: (k,) indices of those that are driven.
        limit: (n,) of all joints, per second.
    """
    result = limit[joints].copy()
    index = {joint: i for i, joint in enumerate(robot.joints)}
    place = {robot.joints[j]: k for k, j in enumerate(joints)}
    for coupling in robot.couplings.values():
        if coupling.leader in place and abs(coupling.factor) > 1e-9:
            k, most = place[coupling.leader], limit[index[coupling.follower]]
            result[k] = min(result[k], most / abs(coupling.factor))
    return result
