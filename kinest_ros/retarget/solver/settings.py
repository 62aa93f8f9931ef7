# SPDX-License-Identifier: Apache-2.0
"""What can be chosen about retargeting."""

from __future__ import annotations

from dataclasses import dataclass, field

from kinest_ros.errors import KinestError
from kinest_ros.retarget.solver.coordinates import MODES
from kinest_ros.retarget.solver.weights import Weights

ARMS = ("direction", "position", "blend")


@dataclass(frozen=True)
class RetargetSettings:
    """Settings of a retargeter.

    Attributes:
        mode: "whole", or "upper": waist, arms and head over a base that stands still.
        max_velocity: rad/s (m/s of slides), of every joint; the description's own limit where that
            is lower.
        max_acceleration: rad/s^2, likewise.
        self_collision: keep links apart.
        foot_lock: hold standing feet.
        arms: what the hands follow: the bones' directions, their scaled place, or that place as far
            as it is not far from where the directions put them.
        steps: Gauss-Newton steps a frame.
        balance: keep the centre of mass over the feet while both stand still.
        weights: of the targets.
    """

    mode: str = "whole"
    max_velocity: float = 12.0
    max_acceleration: float = 250.0
    self_collision: bool = True
    foot_lock: bool = True
    arms: str = "blend"
    steps: int = 2
    balance: bool = True
    weights: Weights = field(default_factory=Weights)

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            KinestError: one that cannot be used.
        """
        for name, value, choices in (("mode", self.mode, MODES), ("arms", self.arms, ARMS)):
            if value not in choices:
                raise KinestError(f"{name} is '{value}'; use one of {', '.join(choices)}")
        for name, low, high in (
            ("max_velocity", 0.1, 100.0),
            ("max_acceleration", 1.0, 10000.0),
            ("steps", 1, 10),
        ):
            if not low <= getattr(self, name) <= high:
                raise KinestError(
                    f"{name} is {getattr(self, name)}; it must lie in [{low}, {high}]"
                )
