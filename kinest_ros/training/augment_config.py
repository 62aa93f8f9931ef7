# SPDX-License-Identifier: Apache-2.0
"""How much training data is varied."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from kinest_ros.training.changes import read_changes


@dataclass(frozen=True)
class AugmentConfig:
    """How much the data is varied.

    Attributes:
        mirror: probability of swapping left and right.
        speed: probability of a change of speed, by a factor of 0.8 to 1.25.
        crouch: probability of lowering the body with planted feet.
        replant: probability of footsteps set further apart, on a longer or shorter way.
        blend_arms: probability of the arms of another clip.
        posture: probability of another carriage of trunk, head and arms.
        other_body: probability of another skeleton than the clip's own.
        bone_sigma: spread (log) of each bone's length on other bodies.
        stature: range of statures of other bodies, m.
        mount: probability of mounting errors.
        noise: probability of tracker noise.
        hand_loss: probability that a hand is lost now and then.
        hand_absent: probability that a hand is not tracked at all.
        extra_trackers: probability of pelvis and/or foot trackers.
    """

    mirror: float = 0.5
    speed: float = 0.4
    crouch: float = 0.12
    replant: float = 0.15
    blend_arms: float = 0.1
    posture: float = 0.0
    other_body: float = 0.75
    bone_sigma: float = 0.07
    stature: tuple[float, float] = (1.45, 2.0)
    mount: float = 0.75
    noise: float = 0.6
    hand_loss: float = 0.25
    hand_absent: float = 0.04
    extra_trackers: float = 0.35

    @classmethod
    def probabilities(cls) -> dict[str, float]:
        """Return the usual probabilities by name."""
        usual = {field.name: field.default for field in fields(cls)}
        return {
            name: value
            for name, value in usual.items()
            if isinstance(value, float) and name != "bone_sigma"
        }

    @classmethod
    def changed(cls, changes: Sequence[str]) -> "AugmentConfig":
        """Return the usual settings with some probabilities changed, each as "name=probability".

        Raises:
            KinestError: no such probability, or a number outside [0, 1].
        """
        names = list(cls.probabilities())
        form = f"NAME=PROBABILITY with a name of {', '.join(names)} and a number from 0 to 1"
        found = read_changes(changes, names, "--augment", form, 1.0)
        return replace(cls(), **found)  # type: ignore[arg-type]
