# SPDX-License-Identifier: Apache-2.0
"""What a training run can be compared without: one change each, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.training.config import TrainConfig


@dataclass(frozen=True)
class Ablation:
    """One change of a training run.

    Attributes:
        what: the change, in words.
        model: changed fields of StreamingConfig.
        loss: changed fields of LossWeights.
        augment: changed fields of AugmentConfig.
        procedural: False leaves procedural motion out.
    """

    what: str
    model: Mapping[str, Any] = field(default_factory=dict)
    loss: Mapping[str, float] = field(default_factory=dict)
    augment: Mapping[str, Any] = field(default_factory=dict)
    procedural: bool = True


#: In the order of the table. The order of the joints in their scan has no row: see StreamingConfig.
ABLATIONS: Mapping[str, Ablation] = {
    "world-features": Ablation(
        "poses in the world's axes instead of relative to the head", model={"features": "world"}
    ),
    "forward-scan": Ablation(
        "one scan over the joints, as wide as the two", model={"joint_scan": "forward"}
    ),
    "no-joint-scan": Ablation(
        "a feed-forward network for each joint token instead of the scans",
        model={"joint_scan": "none"},
    ),
    "no-global-memory": Ablation(
        "a feed-forward network for each frame instead of the global mixer's state",
        model={"global_memory": False},
    ),
    "width-96": Ablation("half the width", model={"width": 96}),
    "width-288": Ablation("one and a half times the width", model={"width": 288}),
    "lookahead-2": Ablation("2 frames (33 ms) of delay", model={"lookahead": 2}),
    "lookahead-4": Ablation("4 frames (67 ms) of delay", model={"lookahead": 4}),
    "lookahead-8": Ablation("8 frames (133 ms) of delay", model={"lookahead": 8}),
    "rotation-loss": Ablation(
        "rotations two and a half times as much in the loss", loss={"rotation": 2.5}
    ),
    "no-position-loss": Ablation("no loss on joint positions", loss={"position": 0.0}),
    "no-velocity-loss": Ablation("no loss on joint velocities", loss={"velocity": 0.0}),
    "no-angular-velocity-loss": Ablation(
        "no loss on angular velocities", loss={"angular_velocity": 0.0}
    ),
    "no-procedural": Ablation("no procedural motion", procedural=False),
    "no-other-bodies": Ablation("every clip on its own skeleton", augment={"other_body": 0.0}),
    "no-replant": Ablation("no footsteps set further apart", augment={"replant": 0.0}),
    "no-crouch": Ablation("no lowered bodies", augment={"crouch": 0.0}),
    "no-blend-arms": Ablation("no arms of other clips", augment={"blend_arms": 0.0}),
    "posture": Ablation("other carriages of trunk, head and arms", augment={"posture": 0.4}),
    "no-mirror": Ablation("no mirrored clips", augment={"mirror": 0.0}),
    "ideal-trackers": Ablation(
        "no mounting errors, no noise", augment={"mount": 0.0, "noise": 0.0}
    ),
}


def ablated(config: TrainConfig, name: str) -> TrainConfig:
    """Return the settings with one change.

    Raises:
        KinestError: an unknown name.
    """
    if name not in ABLATIONS:
        raise KinestError(f"no ablation {name!r}; there are {', '.join(ABLATIONS)}")
    change = ABLATIONS[name]
    return replace(
        config,
        ablation=name,
        model=replace(config.model, **change.model),
        loss=replace(config.loss, **change.loss),
        augment=replace(config.augment, **change.augment),
    )
