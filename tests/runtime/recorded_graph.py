# SPDX-License-Identifier: Apache-2.0
"""A stand-in for CUDA graphs on the CPU, as strict as they are.

What runs while it captures is noted operator by operator, with the very tensors that took part. A
replay runs the same operators on the same memory and none of the Python around them: a tensor that
took another one's place since is not seen, as on a card. What a capture does not allow raises here:
reading a value back, data from the host, shapes that depend on values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

#: Operators that wait for the device, or whose result has a shape that only values tell.
WAITING = (
    "_local_scalar_dense", "is_nonzero", "item", "equal", "nonzero", "masked_select", "_unique2",
    "unique_dim", "lift_fresh", "bincount", "repeat_interleave.Tensor",
)  # fmt: skip
#: Methods of tensors that reach for their values; on a CPU they are no operators.
READING = ("cpu", "numpy", "item", "tolist", "__bool__", "__float__", "__int__", "__array__")


class NotCapturable(RuntimeError):
    """Something that a capture on a card refuses."""


class RecordedGraph:
    """Stands for torch.cuda.CUDAGraph.

    Attributes:
        calls: operators noted, with their arguments and what they returned.
        replays: how often it was run.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], Any]] = []
        self.replays = 0

    def replay(self) -> None:
        """Run the operators again, on the memory of the capture."""
        self.replays += 1
        for operator, args, kwargs, captured in self.calls:
            again = operator(*args, **kwargs)
            for one, other in zip(tree_leaves(captured), tree_leaves(again), strict=True):
                if not isinstance(one, Tensor) or one.data_ptr() == other.data_ptr():
                    continue
                if one.shape != other.shape:
                    raise NotCapturable(f"{operator}: {tuple(one.shape)} became {other.shape}")
                one.copy_(other)


class _Recorder(TorchDispatchMode):
    def __init__(self, graph: RecordedGraph) -> None:
        super().__init__()
        self._graph = graph

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None):
        name = str(operator).removeprefix("aten.")
        if any(name == bad or name.startswith(f"{bad}.") for bad in WAITING):
            raise NotCapturable(f"{operator} waits for the device")
        if name.startswith("index") and any(
            isinstance(leaf, Tensor) and leaf.dtype == torch.bool for leaf in tree_leaves(args[1:])
        ):
            raise NotCapturable(f"{operator} by a mask has a shape that depends on values")
        result = operator(*args, **(kwargs or {}))
        self._graph.calls.append((operator, args, kwargs or {}, result))
        return result


class _Stream:
    def wait_stream(self, other: _Stream) -> None:
        """Nothing runs beside anything here."""


@contextlib.contextmanager
def _capturing(graph: RecordedGraph) -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise NotCapturable("a value is read back while a graph is captured")

    with pytest.MonkeyPatch.context() as reading, _Recorder(graph):
        for name in READING:
            reading.setattr(Tensor, name, refuse)
        yield


def stand_in(monkeypatch: pytest.MonkeyPatch) -> list[RecordedGraph]:
    """Let torch.cuda capture on the CPU; returns the graphs made, in order."""
    graphs: list[RecordedGraph] = []

    def make() -> RecordedGraph:
        graphs.append(RecordedGraph())
        return graphs[-1]

    for name, value in (
        ("Stream", _Stream),
        ("current_stream", _Stream),
        ("stream", lambda stream: contextlib.nullcontext()),
        ("CUDAGraph", make),
        ("graph", _capturing),
    ):
        monkeypatch.setattr(torch.cuda, name, value)
    return graphs
