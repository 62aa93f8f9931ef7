# SPDX-License-Identifier: Apache-2.0
"""StreamingKineST: the causal network, its state and its outputs."""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.errors import KinestError
from kinest_ros.model.causal import (
    BlockState,
    KinematicFlow,
    TemporalFlow,
)
from kinest_ros.model.error_model import UNCORRECTED, ErrorModel
from kinest_ros.model.features import NUM_FEATURES
from kinest_ros.model.joint_tokens import JointFlow, JointReadout, JointTokens


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
        tokens: "projected", all joint tokens of one projection of the frame and read by another; or
            "joints", where token j is joint j's, see kinest_ros.model.joint_tokens. joint_scan is
            then "tree", along the body, "both", along the list of joints, or "none".
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
    tokens: str = "projected"

    def __post_init__(self) -> None:
        """Refuse what cannot be built."""
        own = self.tokens == "joints"
        for name, choices in (
            ("tokens", ("projected", "joints")),
            ("joint_scan", ("tree", "both", "none") if own else ("both", "forward", "none")),
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

    @classmethod
    def tiny(cls, **changes: Any) -> "StreamingConfig":
        """Return a network small enough for tests."""
        small: dict[str, Any] = {
            "width": 32, "joint_width": 8, "mixer_d_state": 16, "bottleneck": 32,
            "temporal_blocks": 1, "kinematic_blocks": 1,
        }  # fmt: skip
        return cls(**{**small, **changes})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


class NetworkOutput(NamedTuple):
    """What the network says of each frame.

    Attributes:
        rotations_6d: (..., 22, 6): joint 0 heading_from_pelvis_link, the others parent_from_joint.
        contact_logits: (..., 2), left and right foot on the floor.
        log_variance: (..., 22), natural log of the squared position error in m^2.
    """

    rotations_6d: Tensor
    contact_logits: Tensor
    log_variance: Tensor


State = list[BlockState]


class StreamingKineST(nn.Module):
    """Causal KineST: temporal flow, then kinematic flow, with all state explicit.

    forward over a sequence and step frame by frame are the same function of the same state.
    """

    #: Set by load_model.
    weights_name: str = "untrained"
    weights_hash: str = ""
    error_model: ErrorModel = UNCORRECTED

    def __init__(self, config: StreamingConfig | None = None) -> None:
        """Build the network with random weights."""
        super().__init__()
        config = config or StreamingConfig()
        self.config = config
        self.input_fc = nn.Linear(config.num_features, config.width)
        self.temporal = nn.ModuleList(
            TemporalFlow(config.width, config.d_state, config.mixer_d_state, config.local_taps,
                         config.dropout, config.global_memory)
            for _ in range(config.temporal_blocks)
        )  # fmt: skip
        shape = (config.width, config.joint_width, config.d_state, config.mixer_d_state,
                 config.local_taps, config.bottleneck, config.dropout, config.global_memory,
                 config.joint_scan)  # fmt: skip
        count = config.kinematic_blocks
        if config.tokens == "joints":
            self.joint_tokens = JointTokens(config.joint_width)
            self.kinematic = nn.ModuleList(
                JointFlow(*shape, last=index == count - 1) for index in range(count)
            )
            self.readout = JointReadout(config.joint_width)
            return
        self.kinematic = nn.ModuleList(KinematicFlow(*shape) for _ in range(count))
        self.output_norm = nn.LayerNorm(config.width)
        self.output_fc = nn.Linear(config.width, NUM_JOINTS * 6)
        self.extra_fc = nn.Linear(config.width, 2 + NUM_JOINTS)
        if self.output_fc.weight.is_meta:
            return  # as in first_values: only shapes are wanted
        # Untrained, every joint is at rest: the network learns the deviation from the T-pose.
        nn.init.normal_(self.output_fc.weight, std=1e-2)
        identity = torch.tensor((1.0, 0.0, 0.0, 0.0, 1.0, 0.0))
        self.output_fc.bias.data.copy_(identity.repeat(NUM_JOINTS))
        nn.init.zeros_(self.extra_fc.weight)
        nn.init.zeros_(self.extra_fc.bias)
        self.extra_fc.bias.data[2:] = -6.0

    def _blocks(self) -> list[TemporalFlow | KinematicFlow | JointFlow]:
        return [*self.temporal, *self.kinematic]

    def _tokens(self, features: Tensor) -> Tensor:
        """Return the joints' own tokens, or nothing where they are projected from the frame."""
        own = self.config.tokens == "joints"
        return self.joint_tokens(features) if own else features[..., :0]

    def initial_state(self, batch: int = 1) -> State:
        """Return the zero state for a batch of streams."""
        return [block.initial_state(batch) for block in self._blocks()]

    def forward(self, features: Tensor, state: State | None = None) -> tuple[NetworkOutput, State]:
        """Run over a sequence.

        Args:
            features: (batch, L, num_features), see kinest_ros.model.features.
            state: from initial_state or an earlier call; None for a new stream.

        Returns:
            The outputs for (batch, L) and the state after the last frame.
        """
        if state is None:
            state = self.initial_state(features.shape[0])
        x, tokens = self.input_fc(features), self._tokens(features)
        new_state = []
        for block, block_state in zip(self._blocks(), state, strict=True):
            if isinstance(block, JointFlow):
                x, tokens, after = block(x, tokens, block_state)
            else:
                x, after = block(x, block_state)
            new_state.append(after)
        return self._head(x, tokens), new_state

    def step(self, features: Tensor, state: State) -> tuple[NetworkOutput, State]:
        """Run for one frame.

        Args:
            features: (batch, num_features).
            state: the state before the frame.

        Returns:
            The outputs for (batch,) and the state after the frame.
        """
        x, tokens = self.input_fc(features), self._tokens(features)
        new_state = []
        for block, block_state in zip(self._blocks(), state, strict=True):
            if isinstance(block, JointFlow):
                x, tokens, after = block.step(x, tokens, block_state)
            else:
                x, after = block.step(x, block_state)
            new_state.append(after)
        return self._head(x, tokens), new_state

    def _head(self, x: Tensor, tokens: Tensor) -> NetworkOutput:
        if self.config.tokens == "joints":
            return NetworkOutput(*self.readout(tokens))
        x = self.output_norm(x)
        extra = self.extra_fc(x)
        return NetworkOutput(
            self.output_fc(x).unflatten(-1, (NUM_JOINTS, 6)), extra[..., :2], extra[..., 2:]
        )
