# SPDX-License-Identifier: Apache-2.0
"""Compares an exported step with the PyTorch network it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from kinest_ros.bench.performance import performance
from kinest_ros.bench.timing import timed
from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_sixd
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.base import Runtime
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.live_features import FrameFeatures
from kinest_ros.runtime.onnx.session import OnnxRuntime, session_of

#: Largest difference of any output over a stream that counts as the same function in fp32.
TOLERANCE = 1e-4


@dataclass(frozen=True)
class Comparison:
    """How far an exported step is from PyTorch over one stream, and how fast it is.

    Attributes:
        frames: length of the stream.
        max_difference: largest absolute difference of any output.
        joints_mm: mean distance of the posed joints, mm.
        p50_ms: median time of a step in ONNX Runtime on one thread.
    """

    frames: int
    max_difference: float
    joints_mm: float
    p50_ms: float


def compare(
    exported: bytes,
    model: StreamingKineST,
    frames: int = 2000,
    progress: Callable[[], object] = lambda: None,
) -> Comparison:
    """Run an exported step and its network side by side over an invented performance.

    Args:
        exported: the serialised ONNX model.
        model: the network, on the CPU.
        frames: length of the stream.
        progress: called after every frame.
    """
    runtimes: tuple[Runtime, Runtime] = (TorchRuntime(model), OnnxRuntime(session_of(exported)))
    played = performance(frames)
    features, stream = FrameFeatures(), played.frames()
    features.set_body(0, played.skeleton)
    outputs = np.empty((2, frames, NUM_JOINTS * 7 + 2), np.float32)
    for t in range(frames):
        row, _ = features.next(*(array[None] for array in next(stream)))
        for index, runtime in enumerate(runtimes):
            outputs[index, t] = np.concatenate(runtime.step(row), axis=1)[0]
        progress()
    expected, actual = (_posed(part, played.skeleton.rest_offsets) for part in outputs)
    return Comparison(
        frames,
        float(np.abs(outputs[0] - outputs[1]).max()),
        float(np.linalg.norm(expected - actual, axis=-1).mean() * 1e3),
        float(np.median(timed(lambda: runtimes[1].step(row), 200))),
    )


def _posed(outputs: np.ndarray, rest_offsets: np.ndarray) -> np.ndarray:
    """Return joint positions (N, 22, 3), m, pelvis at the origin."""
    return np.stack(list(_positions(outputs, rest_offsets)))


def _positions(outputs: np.ndarray, rest_offsets: np.ndarray) -> Iterator[np.ndarray]:
    for row in outputs:
        rotations = matrices_from_sixd(row[: NUM_JOINTS * 6].reshape(NUM_JOINTS, 6))
        yield forward_kinematics_np(rotations[None], rest_offsets, np.zeros((1, 3)))[0][0]
