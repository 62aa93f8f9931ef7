# SPDX-License-Identifier: Apache-2.0
"""The step in ONNX Runtime, on one CPU thread."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.base import Runtime, StepOutput
from kinest_ros.runtime.onnx.names import OUTPUTS

if TYPE_CHECKING:
    import onnxruntime

_sessions: weakref.WeakKeyDictionary[StreamingKineST, Any] = weakref.WeakKeyDictionary()


class OnnxRuntime(Runtime):
    """Runs the step's graph between two sets of state buffers that change places every frame.

    All memory is bound once, so a step allocates nothing of its size.
    """

    name = "onnx"
    device = "cpu"

    def __init__(self, session: onnxruntime.InferenceSession, bodies: int = 1) -> None:
        """Start with zero states.

        Args:
            session: of a model from `kinest export`.
            bodies: rows of the batch.
        """
        self.bodies = bodies
        self._session = session
        shapes = {i.name: (bodies, *i.shape[1:]) for i in session.get_inputs()}
        self._features = np.zeros(shapes.pop("features"), np.float32)
        self._states = [
            {name: np.zeros(shape, np.float32) for name, shape in shapes.items()} for _ in range(2)
        ]
        self._outputs = {
            name: np.zeros((bodies, width), np.float32) for name, width in OUTPUTS.items()
        }
        self._output = StepOutput(**self._outputs)
        self._bindings = [self._bind(now, after) for now, after in ((0, 1), (1, 0))]
        self._now = 0

    @classmethod
    def of(cls, model: StreamingKineST, bodies: int = 1) -> OnnxRuntime:
        """Return a runtime for a network whose weights no longer change; its graph is kept.

        Raises:
            KinestError: ONNX Runtime or onnx is not installed.
        """
        if model not in _sessions:
            _sessions[model] = session_of_model(model)
        return cls(_sessions[model], bodies)

    def reset(self, row: int | None = None) -> None:
        """Start a row anew, or all."""
        for array in self._states[self._now].values():
            array[slice(None) if row is None else row] = 0.0

    def step(self, features: np.ndarray, active: np.ndarray | None = None) -> StepOutput:
        """Take one frame of each body; see Runtime.step."""
        self._features[...] = features
        self._session.run_with_iobinding(self._bindings[self._now])
        if active is not None and not active.all():
            idle = ~active
            for name, before in self._states[self._now].items():
                self._states[1 - self._now][name][idle] = before[idle]
        self._now = 1 - self._now
        return self._output

    def _bind(self, now: int, after: int) -> Any:
        from onnxruntime import OrtValue

        binding = self._session.io_binding()
        binding.bind_ortvalue_input("features", OrtValue.ortvalue_from_numpy(self._features))
        for name, array in self._states[now].items():
            binding.bind_ortvalue_input(name, OrtValue.ortvalue_from_numpy(array))
        for name, array in self._states[after].items():
            binding.bind_ortvalue_output(f"next_{name}", OrtValue.ortvalue_from_numpy(array))
        for name, array in self._outputs.items():
            binding.bind_ortvalue_output(name, OrtValue.ortvalue_from_numpy(array))
        return binding


def session_of_model(model: StreamingKineST) -> onnxruntime.InferenceSession:
    """Return a session that runs the step of a network.

    Raises:
        KinestError: ONNX Runtime or onnx is not installed.
    """
    try:
        from kinest_ros.runtime.onnx.export import step_model
    except ImportError as error:
        raise _missing(error) from error
    return session_of(step_model(model).SerializeToString())


def session_of(model: bytes) -> onnxruntime.InferenceSession:
    """Return a session on one CPU thread for a serialised model.

    Raises:
        KinestError: ONNX Runtime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise _missing(error) from error
    options = onnxruntime.SessionOptions()
    # One frame's products are small: handing them to a second thread costs more than it saves.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    # session.set_denormal_as_zero stays off: it changes the whole thread's arithmetic for good.
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _missing(error: ImportError) -> KinestError:
    return KinestError(
        f"runtime onnx needs the packages onnx and onnxruntime ({error}): pip install onnx "
        "onnxruntime, or use runtime torch"
    )
