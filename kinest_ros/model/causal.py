# SPDX-License-Identifier: Apache-2.0
"""The causal blocks of StreamingKineST, each with explicit state.

They follow the published KineST (arXiv 2512.16791): temporal flow (SSD over time), kinematic flow
(SSD over the joints of every frame in kinematic and reversed order), local and global motion
aggregation. Where the published blocks look into the future, these look back only.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.model.cpu_training.dropout import Dropout
from kinest_ros.model.memoryless import Memoryless
from kinest_ros.model.ssd.causal_conv import causal_conv
from kinest_ros.model.ssd.mamba2 import Mamba2, Mamba2State

#: Frames per SSD chunk over time; one training window is about one chunk.
_TIME_CHUNK = 64


class BlockState(NamedTuple):
    """State of one block: its scan, the last frames of the local aggregator, the global mixer."""

    scan: Mamba2State
    local: Tensor
    mixer: Mamba2State


class LocalMotion(nn.Module):
    """Local motion aggregator: a causal depthwise convolution over the last frames."""

    def __init__(self, width: int, taps: int) -> None:
        """Build for frames of width channels, seeing taps frames."""
        super().__init__()
        self.taps = taps
        self.norm = nn.LayerNorm(width)
        self.conv = nn.Conv1d(width, width, taps, groups=width)

    def forward(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Run over x (b, L, width) after past (b, taps - 1, width); return both moved on."""
        padded = torch.cat((past.to(x.dtype), self.norm(x)), dim=1)
        assert self.conv.bias is not None
        mixed = causal_conv(padded, self.conv.weight[:, 0].t(), self.conv.bias)
        return x + nn.functional.silu(mixed), padded[:, x.shape[1] :].float()

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Run for one frame x (b, width)."""
        padded = torch.cat((past, self.norm(x).unsqueeze(1)), dim=1)
        assert self.conv.bias is not None
        mixed = (padded * self.conv.weight[:, 0].t()).sum(1) + self.conv.bias
        return x + nn.functional.silu(mixed), padded[:, 1:]


class GlobalMotion(nn.Module):
    """Global motion aggregator: an SSD with a wide state, then a feed-forward network."""

    def __init__(self, width: int, d_state: int, dropout: float, memory: bool = True) -> None:
        """Build for frames of width channels; without memory, each frame is on its own."""
        super().__init__()
        self.norm = nn.LayerNorm(width)
        mixer = Mamba2(width, d_state=d_state, headdim=min(64, width))
        self.mixer = mixer if memory else Memoryless(mixer)
        self.fan_norm = nn.LayerNorm(width)
        self.fan = nn.Sequential(
            nn.Linear(width, 2 * width), nn.SiLU(), Dropout(dropout), nn.Linear(2 * width, width)
        )
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run over x (b, L, width)."""
        mixed, state = self.mixer(self.norm(x), state, _TIME_CHUNK)
        return self._feed_forward(x + self.dropout(mixed)), state

    def step(self, x: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run for one frame x (b, width)."""
        mixed, state = self.mixer.step(self.norm(x), state)
        return self._feed_forward(x + self.dropout(mixed)), state

    def _feed_forward(self, x: Tensor) -> Tensor:
        out: Tensor = x + self.dropout(self.fan(self.fan_norm(x)))
        return out


class TemporalFlow(nn.Module):
    """Temporal flow module: SSD over time, then local and global motion aggregation."""

    def __init__(
        self,
        width: int,
        d_state: int,
        mixer_d_state: int,
        local_taps: int,
        dropout: float,
        global_memory: bool = True,
    ) -> None:
        """Build for frames of width channels."""
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.scan = Mamba2(width, d_state=d_state, headdim=min(64, width))
        self.local = LocalMotion(width, local_taps)
        self.mixer = GlobalMotion(width, mixer_d_state, dropout, global_memory)
        self.dropout = Dropout(dropout)

    def initial_state(self, batch: int) -> BlockState:
        """Return the zero state."""
        return _initial_state(self.scan, self.local, self.mixer, batch)

    def forward(self, x: Tensor, state: BlockState) -> tuple[Tensor, BlockState]:
        """Run over x (b, L, width)."""
        y, scan = self.scan(self.norm(x), state.scan, _TIME_CHUNK)
        x, local = self.local(x + self.dropout(y), state.local)
        x, mixer = self.mixer(x, state.mixer)
        return x, BlockState(scan, local, mixer)

    def step(self, x: Tensor, state: BlockState) -> tuple[Tensor, BlockState]:
        """Run for one frame x (b, width)."""
        y, scan = self.scan.step(self.norm(x), state.scan)
        x, local = self.local.step(x + self.dropout(y), state.local)
        x, mixer = self.mixer.step(x, state.mixer)
        return x, BlockState(scan, local, mixer)


class KinematicFlow(nn.Module):
    """Spatiotemporal kinematic flow module: one frame's joints are one SSD chunk.

    A frame becomes 22 joint tokens, laid out in the unified kinematic scan order. One scan runs
    through them in that order and one in reverse, both forward in time with carried state. The
    tokens come out of a learned projection, so their order needs no permutation at run time:
    token i belongs to joint KINEMATIC_ORDER[i] (kinest_ros.model.scan_order).
    """

    def __init__(
        self,
        width: int,
        joint_width: int,
        d_state: int,
        mixer_d_state: int,
        local_taps: int,
        bottleneck: int,
        dropout: float,
        global_memory: bool = True,
        joint_scan: str = "both",
    ) -> None:
        """Build for frames of width channels and joint tokens of joint_width channels.

        The last two are for ablations, see StreamingConfig.
        """
        super().__init__()
        self.joint_width = joint_width
        self.norm = nn.LayerNorm(width)
        self.to_joints = nn.Linear(width, NUM_JOINTS * joint_width)
        self.scan = _joint_scan(joint_scan, joint_width, d_state)
        self.from_joints = nn.Sequential(
            nn.Linear(NUM_JOINTS * joint_width, bottleneck), nn.Linear(bottleneck, width)
        )
        self.local = LocalMotion(width, local_taps)
        self.mixer = GlobalMotion(width, mixer_d_state, dropout, global_memory)
        self.dropout = Dropout(dropout)

    def initial_state(self, batch: int) -> BlockState:
        """Return the zero state."""
        return _initial_state(self.scan, self.local, self.mixer, batch)

    def forward(self, x: Tensor, state: BlockState) -> tuple[Tensor, BlockState]:
        """Run over x (b, L, width)."""
        y, scan = self._scan_joints(x, state.scan)
        x, local = self.local(x + self.dropout(y), state.local)
        x, mixer = self.mixer(x, state.mixer)
        return x, BlockState(scan, local, mixer)

    def step(self, x: Tensor, state: BlockState) -> tuple[Tensor, BlockState]:
        """Run for one frame x (b, width)."""
        y, scan = self._scan_joints(x.unsqueeze(1), state.scan)
        x, local = self.local.step(x + self.dropout(y[:, 0]), state.local)
        x, mixer = self.mixer.step(x, state.mixer)
        return x, BlockState(scan, local, mixer)

    def _scan_joints(self, x: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        batch, length, _ = x.shape
        tokens = self.to_joints(self.norm(x)).view(batch, length * NUM_JOINTS, self.joint_width)
        mixed, state = self.scan(tokens, state, chunk=NUM_JOINTS, frame=NUM_JOINTS)
        return self.from_joints(mixed.view(batch, length, -1)), state


def _joint_scan(kind: str, joint_width: int, d_state: int) -> Mamba2 | Memoryless:
    headdim = min(16, joint_width)
    if kind == "forward":
        # As wide inside as the two scans are together.
        return Mamba2(joint_width, d_state=d_state, headdim=headdim, expand=4)
    both = Mamba2(joint_width, d_state=d_state, headdim=headdim, scans=2)
    return both if kind == "both" else Memoryless(both)


def _initial_state(
    scan: Mamba2 | Memoryless, local: LocalMotion, mixer: GlobalMotion, batch: int
) -> BlockState:
    width = local.conv.in_channels
    past = local.conv.weight.new_zeros(batch, local.taps - 1, width, dtype=torch.float32)
    return BlockState(scan.initial_state(batch), past, mixer.mixer.initial_state(batch))
