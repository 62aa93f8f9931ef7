# SPDX-License-Identifier: Apache-2.0
"""The step in ONNX Runtime, on one CPU thread."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.model.network import Network
from kinest_ros.runtime.base import Runtime, StepOutput
from kinest_ros.runtime.onnx.names import OUTPUTS

if TYPE_CHECKING:
    import onnxruntime

_sessions: weakref.WeakKeyDictionary[Network, Any] = weakref.WeakKeyDictionary()


class OnnxRuntime(Runtime):
    """Runs the step's graph between two sets of state buffers that change places every frame.

    All memory is bound once, so a step allocates nothing of its size. Each row has a state of its
    own age: it lies in one set or the other, so that any rows can be stepped without the others,
    at no more than their own cost.
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
        self._bindings: dict[tuple[int, int, int], Any] = {}
        # In which of the two sets each row's state lies.
        self._now = [0] * bodies
        self._all = [(0, bodies)]
        for now in (0, 1):
            self._binding(0, bodies, now)

    @classmethod
    def of(cls, model: Network, bodies: int = 1) -> OnnxRuntime:
        """Return a runtime for a network whose weights no longer change; its graph is kept.

        Raises:
            KinestError: ONNX Runtime or onnx is not installed.
        """
        if model not in _sessions:
            _sessions[model] = session_of_model(model)
        return cls(_sessions[model], bodies)

    def reset(self, row: int | None = None) -> None:
        """Start a row anew, or all."""
        for states in self._states:
            for array in states.values():
                array[slice(None) if row is None else row] = 0.0

    def step(self, features: np.ndarray, active: np.ndarray | None = None) -> StepOutput:
        """Take one frame of each body; see Runtime.step."""
        self._features[...] = features
        rows = None if active is None or active.all() else np.flatnonzero(active).tolist()
        for start, stop in self._all if rows is None else _spans(rows):
            stepped = range(start, stop) if rows is None else [r for r in rows if start <= r < stop]
            now = self._now[stepped[0]]
            if start + 1 < stop:
                self._gather(start, stop, now)
            self._session.run_with_iobinding(self._binding(start, stop, now))
            for row in stepped:
                self._now[row] = 1 - now
        return self._output

    def _gather(self, start: int, stop: int, now: int) -> None:
        """Bring the states of rows from start to stop into one set; the other is written next."""
        for row in range(start, stop):
            if self._now[row] != now:
                for name, array in self._states[now].items():
                    array[row] = self._states[1 - now][name][row]
                self._now[row] = now

    def _binding(self, start: int, stop: int, now: int) -> Any:
        """Return the inputs and outputs of the rows from start to stop, bound when first used."""
        from onnxruntime import OrtValue

        key = (start, stop, now)
        if key in self._bindings:
            return self._bindings[key]
        binding = self._session.io_binding()

        def rows(array: np.ndarray) -> OrtValue:
            return OrtValue.ortvalue_from_numpy(array[start:stop])

        binding.bind_ortvalue_input("features", rows(self._features))
        for name, array in self._states[now].items():
            binding.bind_ortvalue_input(name, rows(array))
        for name, array in self._states[1 - now].items():
            binding.bind_ortvalue_output(f"next_{name}", rows(array))
        for name, array in self._outputs.items():
            binding.bind_ortvalue_output(name, rows(array))
        self._bindings[key] = binding
        return binding


def _spans(rows: list[int]) -> list[tuple[int, int]]:
    """Return stretches that hold all of some rows in ascending order, each to be stepped at once.

    A single row between two is stepped along, and its result left out: that costs less than
    reading the weights once more.
    """
    spans: list[tuple[int, int]] = []
    for row in rows:
        if spans and row - spans[-1][1] <= 1:
            spans[-1] = (spans[-1][0], row + 1)
        else:
            spans.append((row, row + 1))
    return spans


def session_of_model(model: Network) -> onnxruntime.InferenceSession:
    """Return a session that runs the step of a network.

    Raises:
        KinestError: ONNX Runtime or onnx is not installed.
    """
    try:
        from kinest_ros.runtime.onnx.export import step_model
    except ImportError as error:
        raise _missing(error) from error
    return session_of(step_model(model.module()).SerializeToString())


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
