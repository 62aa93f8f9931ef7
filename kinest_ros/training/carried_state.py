# SPDX-License-Identifier: Apache-2.0
"""The network's state between training windows."""

from collections.abc import Callable

from torch import Tensor

from kinest_ros.model.streaming import State


def _map_state(state: State, change: Callable[[Tensor], Tensor]) -> State:
    return [
        type(block)(
            type(block.scan)(*map(change, block.scan)),
            change(block.local),
            type(block.mixer)(*map(change, block.mixer)),
        )
        for block in state
    ]


def reset_streams(state: State, fresh: Tensor) -> State:
    """Return the state with zero for the streams that start anew, fresh (b,) bool."""
    keep = (~fresh).float()
    return _map_state(state, lambda t: t * keep.view(-1, *[1] * (t.ndim - 1)))


def detached(state: State) -> State:
    """Return the state cut off from the graph, so that gradients end at the window."""
    return _map_state(state, lambda t: t.detach())
