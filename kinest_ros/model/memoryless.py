# SPDX-License-Identifier: Apache-2.0
"""What stands in for a Mamba-2 layer where an ablation takes the layer away."""

from torch import Tensor, nn

from kinest_ros.model.ssd.mamba2 import Mamba2, Mamba2State


class Memoryless(nn.Module):
    """A feed-forward network over each token alone, with as many parameters as a Mamba-2 layer.

    So a comparison with that layer is about what it carries from token to token, not about size.
    """

    def __init__(self, like: Mamba2) -> None:
        """Build in place of a layer, of the same width and (to one unit) the same size."""
        super().__init__()
        size = sum(parameter.numel() for parameter in like.parameters())
        width = like.d_model
        # Two matrices and their biases.
        hidden = max(1, round((size - width) / (2 * width + 1)))
        self.net = nn.Sequential(nn.Linear(width, hidden), nn.SiLU(), nn.Linear(hidden, width))

    def initial_state(self, batch: int) -> Mamba2State:
        """Return a state without content."""
        empty = next(self.parameters()).new_zeros(batch, 0)
        return Mamba2State(empty.float(), empty.float())

    def forward(
        self, x: Tensor, state: Mamba2State, chunk: int = 64, frame: int = 1
    ) -> tuple[Tensor, Mamba2State]:
        """Run over tokens x (batch, T, d_model); chunk and frame are Mamba2's and mean nothing."""
        return self.net(x), state

    def step(self, x: Tensor, state: Mamba2State) -> tuple[Tensor, Mamba2State]:
        """Run for one token x (batch, d_model)."""
        return self.net(x), state
