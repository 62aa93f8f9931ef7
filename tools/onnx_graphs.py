# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.onnx_graphs``: what the graph written by hand gains over torch.onnx.export.

The node makes its graph each time it starts, so both count: how long that takes, and the step.
"""

from __future__ import annotations

import argparse
import io
import time
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model
from kinest_ros.runtime.eager import state_from_tensors, state_tensors
from kinest_ros.runtime.onnx.export import step_model
from kinest_ros.runtime.onnx.graph import OPSET
from kinest_ros.runtime.onnx.session import session_of

ROUNDS, STEPS = 20, 25


class _Step(nn.Module):
    """The step with its state as plain tensors, as exporters want it."""

    def __init__(self, model: StreamingKineST) -> None:
        super().__init__()
        self.model = model

    def forward(self, features: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        output, after = self.model.step(features, state_from_tensors(list(state)))
        outputs = (output.rotations_6d.flatten(-2), output.contact_logits, output.log_variance)
        return (*outputs, *state_tensors(after))


def by_hand(model: StreamingKineST) -> bytes:
    """Return the graph that the node runs."""
    return step_model(model).SerializeToString()


def by_torch(model: StreamingKineST, dynamo: bool = False) -> bytes:
    """Return the same step as torch.onnx.export writes it; dynamo needs onnxscript."""
    state = state_tensors(model.initial_state(1))
    given = (torch.zeros(1, model.config.num_features), *state)
    names = ["features", *(f"state{index}" for index in range(len(state)))]
    more: dict[str, Any] = {"dynamo": True}
    if not dynamo:
        free = {name: {0: "bodies"} for name in names}
        more = {"dynamo": False, "opset_version": OPSET, "dynamic_axes": free}
    file: Any = io.BytesIO()  # which it takes, whatever its annotations say
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # that it is old, and that it traces
        torch.onnx.export(_Step(model.eval()), given, file, input_names=names, **more)
    return file.getvalue()


@dataclass
class Measured:
    """Nodes of a graph, and seconds of the processor: to make it, to load it, for one step."""

    nodes: int
    make: float
    load: float
    step: float = float("nan")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tools.onnx_graphs", description=__doc__)
    parser.add_argument("--weights", default="default", help="bundled name or .safetensors file")
    parser.add_argument("--dynamo", action="store_true", help="the newer exporter too: slow")
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model(args.weights, "cpu")
    ways = {"by hand": by_hand, "torch.onnx.export": by_torch}
    if args.dynamo:
        ways["torch.onnx.export, dynamo"] = lambda model: by_torch(model, dynamo=True)
    rows, sessions = {}, {}
    for name, way in ways.items():
        start = time.process_time()
        graph = way(model)
        made = time.process_time()
        session = session_of(graph)
        loaded = time.process_time()
        nodes = len(onnx.load_from_string(graph).graph.node)
        rows[name] = Measured(nodes, made - start, loaded - made)
        sessions[name] = (session, _zeros(session))
    taken: dict[str, list[float]] = {name: [] for name in sessions}
    for _ in range(ROUNDS):  # turn by turn, so that a busy machine is busy for all
        for name, (session, feeds) in sessions.items():
            for _ in range(STEPS):
                start = time.thread_time()
                session.run(None, feeds)
                taken[name].append(time.thread_time() - start)
    print(f"{'':26} nodes   make s   load s  step ms")
    for name, row in rows.items():
        step = 1e3 * float(np.median(taken[name]))
        print(f"{name:26} {row.nodes:5}  {row.make:7.2f}  {row.load:7.2f}  {step:7.2f}")


def _zeros(session: Any) -> dict[str, np.ndarray]:
    def shape(given: Any) -> list[int]:
        return [size if isinstance(size, int) else 1 for size in given.shape]

    return {given.name: np.zeros(shape(given), np.float32) for given in session.get_inputs()}


if __name__ == "__main__":
    main()
