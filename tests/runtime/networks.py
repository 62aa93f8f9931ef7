# SPDX-License-Identifier: Apache-2.0
"""Networks in which every path does something, and what a runtime gives of random features."""

import numpy as np
import torch

from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.base import Runtime


def random_network(config: StreamingConfig | None = None, seed: int = 0) -> StreamingKineST:
    """Return a network whose weights are moved away from what starts as zero or one."""
    torch.manual_seed(seed)
    model = StreamingKineST(config or StreamingConfig.tiny())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return model.eval().requires_grad_(False)


def random_features(model: StreamingKineST, count: int, bodies: int) -> np.ndarray:
    """Return features (count, bodies, F) float32."""
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, bodies, model.config.num_features)).astype(np.float32)


def stepped(runtime: Runtime, features: np.ndarray, active: np.ndarray | None = None) -> np.ndarray:
    """Return outputs (count, bodies, 156); copies, since a step overwrites the last one's."""
    steps = zip(features, [None] * len(features) if active is None else active, strict=True)
    return np.stack([np.concatenate(runtime.step(f, a), axis=1) for f, a in steps])
