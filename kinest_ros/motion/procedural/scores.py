# SPDX-License-Identifier: Apache-2.0
"""The score of a performance: which channel moves when and where to.

A channel is one scalar of the plan. Lengths of the body scale with the body: heights of the
pelvis are fractions of its standing height, arm vectors are in arm lengths.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from kinest_ros.motion.procedural.curves import Move, curve

SIDES = ("left", "right")

# Resting value of every channel. Angles in rad, lengths in m unless said otherwise.
DEFAULTS: dict[str, float] = {
    # Where the stance is: the point between the feet and the way they face (world).
    "base_x": 0.0, "base_y": 0.0, "base_yaw": 0.0,
    # Pelvis relative to the base; height in standing heights; pitch is forward, roll to the right.
    "pelvis_x": 0.0, "pelvis_y": 0.0, "pelvis_height": 1.0,
    "pelvis_pitch": 0.0, "pelvis_roll": 0.0, "pelvis_yaw": 0.0,
    # 1: hips move back when the trunk leans, as they do over planted feet; 0 when sitting.
    "balance": 1.0,
    # Bend of the whole spine relative to the pelvis.
    "spine_pitch": 0.0, "spine_roll": 0.0, "spine_yaw": 0.0,
    # Head relative to the heading; pitch down is positive.
    "gaze_yaw": 0.0, "gaze_pitch": 0.0, "gaze_roll": 0.0,
}  # fmt: skip

_ARM = {
    # Shoulder to wrist in arm lengths: forward, outward, up; level: 0 chest axes, 1 upright axes.
    "x": 0.05, "y": 0.14, "z": -0.95, "level": 0.0,
    # Elbow about the line shoulder-wrist, forearm twist, wrist flexion, deviation, shoulder lift.
    "swivel": 0.0, "twist": 0.0, "flex": 0.0, "deviation": 0.0, "shrug": 0.0,
}  # fmt: skip
# A foot relative to its place beside the base: forward, outward, toes out, heel lifted (rad);
# then, for a foot in the air: height above the floor, and how far it is held forward and outward.
_FOOT = {"x": 0.0, "y": 0.0, "yaw": 0.12, "heel": 0.0, "lift": 0.0, "out_x": 0.0, "out_y": 0.0}

for _side in SIDES:
    DEFAULTS.update({f"{_side}_arm_{key}": value for key, value in _ARM.items()})
    DEFAULTS.update({f"{_side}_foot_{key}": value for key, value in _FOOT.items()})


@dataclass
class Score:
    """Moves per channel, in the order in which they were decided."""

    start: dict[str, float] = field(default_factory=lambda: dict(DEFAULTS))
    moves: dict[str, list[Move]] = field(default_factory=dict)

    def move(self, time: float, seconds: float, **targets: float) -> None:
        """Move channels to new values, from ``time`` (s), taking ``seconds``."""
        for channel, target in targets.items():
            if channel not in self.start:
                raise KeyError(channel)
            self.moves.setdefault(channel, []).append((time, time + seconds, float(target)))

    def now(self, channel: str) -> float:
        """Where the channel will be once all moves decided so far are done."""
        moves = self.moves.get(channel)
        return moves[-1][2] if moves else self.start[channel]

    def sample(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """All channels at the given times (N,) s."""
        return {
            channel: curve(times, value, self.moves.get(channel, ()))
            for channel, value in self.start.items()
        }
