# SPDX-License-Identifier: Apache-2.0
"""A network's parameters as arrays, for the runtimes that do not run modules."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from kinest_ros.model.ssd.mamba2 import Mamba2


def array(tensor: Tensor | None) -> np.ndarray:
    """Return a parameter's values, float32."""
    assert tensor is not None
    return tensor.detach().float().cpu().numpy()


def array_or_none(tensor: Tensor | None) -> np.ndarray | None:
    """Return a parameter's values, if there is one."""
    return None if tensor is None else array(tensor)


def rates(layer: Mamba2) -> np.ndarray:
    """Return A (heads,), the rates of decay, negative."""
    decay: np.ndarray = -np.exp(array(layer.A_log))
    return decay
