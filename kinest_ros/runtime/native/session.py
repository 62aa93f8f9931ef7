# SPDX-License-Identifier: Apache-2.0
"""The compiled step behind the interface of a runtime."""

from __future__ import annotations

import ctypes
import weakref

import numpy as np

from kinest_ros.model.network import Network
from kinest_ros.runtime.base import Runtime, StepOutput
from kinest_ros.runtime.native.library import library
from kinest_ros.runtime.native.pack import packed, shape_of
from kinest_ros.runtime.onnx.names import OUTPUTS

_weights: weakref.WeakKeyDictionary[Network, np.ndarray] = weakref.WeakKeyDictionary()


class NativeRuntime(Runtime):
    """Runs the step as one call of compiled code; rows without a frame cost nothing.

    Networks are packed once, and shared; everything that a step writes is the runtime's own.
    """

    name = "native"
    device = "cpu"

    def __init__(self, model: Network, bodies: int = 1) -> None:
        """Start with zero states.

        Args:
            model: the network; its weights must not change any more.
            bodies: rows of the batch.

        Raises:
            KinestError: the step was not compiled, or does not run networks of this shape.
        """
        call, shape = library(), shape_of(model)
        if model not in _weights:
            _weights[model] = _aligned(packed(model))
        self.bodies = bodies
        self._held = (model, _weights[model], shape)
        assert len(_weights[model]) == call.kinest_weights_size(shape)
        self._states = np.zeros((bodies, call.kinest_state_size(shape)), np.float32)
        self._features = np.zeros((bodies, shape.features), np.float32)
        self._outputs = np.zeros((bodies, shape.outputs), np.float32)
        self._rows = np.arange(bodies, dtype=np.int32)
        self._all = self._rows.copy()
        self._scratch = np.zeros(call.kinest_scratch_size(shape), np.float32)
        self._step = call.kinest_step
        buffers = (
            _weights[model], self._states, self._scratch, self._features, self._outputs, self._rows
        )  # fmt: skip
        # Made once: the buffers stay where they are.
        self._arguments = (
            ctypes.pointer(shape),
            *(ctypes.c_void_p(buffer.ctypes.data) for buffer in buffers),
        )
        ends = np.cumsum(list(OUTPUTS.values()))[:-1]
        self._output = StepOutput(*np.split(self._outputs, ends, axis=1))

    def reset(self, row: int | None = None) -> None:
        """Start a row anew, or all."""
        self._states[slice(None) if row is None else row] = 0.0

    def step(self, features: np.ndarray, active: np.ndarray | None = None) -> StepOutput:
        """Take one frame of each body; see Runtime.step."""
        self._features[...] = features
        count = self.bodies
        if active is None:
            self._rows[...] = self._all
        else:
            rows = np.flatnonzero(active)
            count = len(rows)
            self._rows[:count] = rows
        self._step(*self._arguments, count)
        return self._output


def _aligned(values: np.ndarray) -> np.ndarray:
    """Return a copy that starts at a cache line, so that no load crosses into a second one."""
    room = np.empty(values.size + 16, np.float32)
    start = -room.ctypes.data // 4 % 16
    made = room[start : start + values.size]
    made[...] = values
    return made
