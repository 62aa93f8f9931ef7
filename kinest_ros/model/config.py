# SPDX-License-Identifier: Apache-2.0
"""The shape of the streaming network, apart from PyTorch: not every way to run it needs that."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.model.feature_layout import NUM_FEATURES


@dataclass(frozen=True)
class StreamingConfig:
    """The shape of a StreamingKineST network.

    Attributes:
        width: channels of a frame.
        joint_width: channels of a joint token.
        d_state: state per channel of the temporal and kinematic scans.
        mixer_d_state: state per channel of the global motion aggregator.
        temporal_blocks: number of temporal flow modules.
        kinematic_blocks: number of spatiotemporal kinematic flow modules.
        local_taps: frames that the local motion aggregator sees.
        bottleneck: inner width of the joint tokens' way back to the frame.
        lookahead: frames of delay; the output at step t is the pose of frame t - lookahead.
        dropout: in training.
        num_features: width of the input.
        joint_scan: "both" orders of the joints; for ablations also "forward", one scan as wide
            as the two, or "none", a feed-forward network for each joint token instead. (No other
            order could make a difference: the tokens are made and read by learned projections, so
            another order is the same network with its weights' rows permuted.)
        global_memory: False replaces the state of the global motion aggregator by a feed-forward
            network for each frame, for an ablation.
        features: "canonical", relative to where the head stands and faces; or "world", in the
            world's axes about the world's origin, for an ablation.
    """

    width: int = 192
    joint_width: int = 32
    d_state: int = 16
    mixer_d_state: int = 64
    temporal_blocks: int = 2
    kinematic_blocks: int = 2
    local_taps: int = 9
    bottleneck: int = 256
    lookahead: int = 0
    dropout: float = 0.1
    num_features: int = NUM_FEATURES
    joint_scan: str = "both"
    global_memory: bool = True
    features: str = "canonical"

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        for name, choices in (
            ("joint_scan", ("both", "forward", "none")),
            ("features", ("canonical", "world")),
        ):
            if getattr(self, name) not in choices:
                raise KinestError(
                    f"{name} is {getattr(self, name)!r}; use one of {', '.join(choices)}"
                )

    @property
    def canonical(self) -> bool:
        """Whether the features are relative to the head: see extract_features."""
        return self.features == "canonical"

    @property
    def warm_up(self) -> int:
        """How often a stream's first frame is stepped before an output is used.

        As if the wearer had stood still until then: with the local aggregators full, outputs are
        settled. See `kinest_ros.runtime.cold_start`.
        """
        return self.local_taps - 1

    @classmethod
    def tiny(cls, **changes: Any) -> "StreamingConfig":
        """Return a network small enough for tests."""
        small: dict[str, Any] = {
            "width": 32, "joint_width": 8, "mixer_d_state": 16, "bottleneck": 32,
            "temporal_blocks": 1, "kinematic_blocks": 1,
        }  # fmt: skip
        return cls(**{**small, **changes})

    @classmethod
    def of(cls, shape: Mapping[str, Any]) -> "StreamingConfig":
        """Return the shape that a weights file describes.

        Raises:
            KinestError: it is not of a network that this version has.
        """
        fields = dict(shape)
        # Descriptions have named this one ever since there was another, which is gone.
        if fields.pop("tokens", "projected") != "projected":
            raise KinestError("its joint tokens are those of an ablation that is no longer here")
        return cls(**fields)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)
