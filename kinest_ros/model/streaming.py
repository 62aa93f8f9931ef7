# SPDX-License-Identifier: Apache-2.0
"""StreamingKineST: the causal network, its state and its outputs."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.model.causal import (
    BlockState,
    KinematicFlow,
    TemporalFlow,
)
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.error_model import UNCORRECTED, ErrorModel


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
        self.kinematic = nn.ModuleList(
            KinematicFlow(*shape) for _ in range(config.kinematic_blocks)
        )
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

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the parameters by name, float32; see kinest_ros.model.network.Network."""
        return {name: value.float().cpu().numpy() for name, value in self.state_dict().items()}

    def module(self) -> "StreamingKineST":
        """Return the network itself, in evaluation mode; see kinest_ros.model.network.Network."""
        return self.eval()

    def _blocks(self) -> list[TemporalFlow | KinematicFlow]:
        return [*self.temporal, *self.kinematic]

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
        x = self.input_fc(features)
        new_state = []
        for block, block_state in zip(self._blocks(), state, strict=True):
            x, after = block(x, block_state)
            new_state.append(after)
        return self._head(x), new_state

    def step(self, features: Tensor, state: State) -> tuple[NetworkOutput, State]:
        """Run for one frame.

        Args:
            features: (batch, num_features).
            state: the state before the frame.

        Returns:
            The outputs for (batch,) and the state after the frame.
        """
        x = self.input_fc(features)
        new_state = []
        for block, block_state in zip(self._blocks(), state, strict=True):
            x, after = block.step(x, block_state)
            new_state.append(after)
        return self._head(x), new_state

    def _head(self, x: Tensor) -> NetworkOutput:
        x = self.output_norm(x)
        extra = self.extra_fc(x)
        return NetworkOutput(
            self.output_fc(x).unflatten(-1, (NUM_JOINTS, 6)), extra[..., :2], extra[..., 2:]
        )
