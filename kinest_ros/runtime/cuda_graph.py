# SPDX-License-Identifier: Apache-2.0
"""The step as a captured CUDA graph: one launch for all kernels of a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from kinest_ros.errors import KinestError
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.base import Runtime, StepOutput
from kinest_ros.runtime.eager import merged, state_tensors
from kinest_ros.runtime.onnx.names import OUTPUTS

#: Steps before the capture: libraries choose their kernels and set up their work space in them.
_WARM_UP = 3


class CudaGraphRuntime(Runtime):
    """Runs the step on static buffers; states stay on the device, in fp32.

    The kernels are fused by torch.compile first where it works on this machine; `fused` says
    whether it did.
    """

    name = "cuda_graph"
    device = "cuda"

    def __init__(
        self, model: StreamingKineST, device: str = "cuda", bodies: int = 1, fuse: bool = True
    ) -> None:
        """Warm up, capture, and start with zero states.

        Args:
            model: the network, on the device.
            device: where it is; anything but a CUDA device runs the same buffers uncaptured.
            bodies: rows of the batch.
            fuse: try torch.compile.

        Raises:
            KinestError: the capture failed.
        """
        self.model, self.device, self.bodies = model.eval(), device, bodies
        self._features = torch.zeros(bodies, model.config.num_features, device=device)
        self._active = torch.ones(bodies, dtype=torch.bool, device=device)
        self._state = model.initial_state(bodies)
        self._all = np.ones(bodies, dtype=bool)
        self.fused = False
        self._replay = self._prepare(fuse)
        self.reset()

    def reset(self, row: int | None = None) -> None:
        """Start a row anew, or all."""
        with torch.inference_mode():
            for tensor in state_tensors(self._state):
                tensor[slice(None) if row is None else row] = 0.0

    @torch.inference_mode()
    def step(self, features: np.ndarray, active: np.ndarray | None = None) -> StepOutput:
        """Take one frame of each body; see Runtime.step."""
        self._features.copy_(torch.from_numpy(np.ascontiguousarray(features, dtype=np.float32)))
        self._active.copy_(torch.from_numpy(self._all if active is None else active))
        self._replay()
        # One copy back: three would each wait for the device.
        packed = self._packed.cpu().numpy()
        return StepOutput(*np.split(packed, np.cumsum(list(OUTPUTS.values()))[:-1], axis=1))

    def _step_in_place(self, step: Callable[..., Any]) -> torch.Tensor:
        output, state = step(self._features, self._state)
        after = merged(self._active, state, self._state)
        for kept, new in zip(state_tensors(self._state), state_tensors(after), strict=True):
            kept.copy_(new)
        return torch.cat(
            (output.rotations_6d.flatten(-2), output.contact_logits, output.log_variance), dim=-1
        )

    @torch.inference_mode()
    def _prepare(self, fuse: bool) -> Callable[[], None]:
        """Return what runs one step on the buffers; its output is in self._packed."""
        step: Callable[..., Any] = self.model.step
        if fuse:
            compiled = torch.compile(self.model.step, dynamic=False)
            try:
                self._step_in_place(compiled)
                step, self.fused = compiled, True
            except Exception:  # no compiler, no Triton, an unknown device: the plain kernels do
                torch._dynamo.reset()
        if not self._captures:

            def run() -> None:
                self._packed = self._step_in_place(step)

            run()
            return run
        try:
            return self._capture(step)
        except RuntimeError as error:
            raise KinestError(
                f"the step could not be captured as a CUDA graph ({error}); use runtime torch"
            ) from error

    @property
    def _captures(self) -> bool:
        return str(self.device).startswith("cuda")

    def _capture(self, step: Callable[..., Any]) -> Callable[[], None]:
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(_WARM_UP):
                self._step_in_place(step)
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._packed = self._step_in_place(step)
        replay: Callable[[], None] = graph.replay
        return replay
