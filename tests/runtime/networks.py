# SPDX-License-Identifier: Apache-2.0
"""Networks in which every path does something."""

import torch

from kinest_ros.model.streaming import StreamingConfig, StreamingKineST


def random_network(config: StreamingConfig | None = None, seed: int = 0) -> StreamingKineST:
    """Return a network whose weights are moved away from what starts as zero or one."""
    torch.manual_seed(seed)
    model = StreamingKineST(config or StreamingConfig.tiny())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval().requires_grad_(False)
