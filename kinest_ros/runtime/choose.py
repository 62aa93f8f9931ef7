# SPDX-License-Identifier: Apache-2.0
"""Makes a runtime by name, or takes the one that fits best."""

from __future__ import annotations

import time

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.model.network import Network
from kinest_ros.runtime.base import RUNTIMES, Runtime
from kinest_ros.runtime.native.library import compiled, instructions

_WARM_UP, _MEASURED = 5, 25


def make_runtime(
    model: Network, name: str = "auto", device: str = "cpu", bodies: int = 1
) -> Runtime:
    """Return a runtime with zero states.

    Args:
        model: the network, on the device; its weights must not change any more.
        name: of the runtime. auto takes native on a CPU where it is compiled and runs networks of
            this shape (`kinest bench` compares it with the others; making those takes longer than
            all else at start). Otherwise auto measures those that the device has. The runtime's
            `reason` says what was found.
        device: "cpu" or "cuda", where the network is.
        bodies: rows of the batch.

    Raises:
        KinestError: an unknown name, or a runtime that is not to be had here.
    """
    if name not in RUNTIMES:
        raise KinestError(f"runtime is {name!r}; use {', '.join(RUNTIMES)}")
    if name == "auto":
        return _chosen(model, device, bodies)
    if name == "torch":
        from kinest_ros.runtime.eager import TorchRuntime

        return TorchRuntime(model.module(), device, bodies)
    if name in ("onnx", "native") and device != "cpu":
        raise KinestError(
            f"runtime {name} runs on the CPU, but device is {device}: use device cpu, or runtime "
            "cuda_graph"
        )
    if name == "native":
        from kinest_ros.runtime.native.session import NativeRuntime

        return NativeRuntime(model, bodies)
    if name == "onnx":
        from kinest_ros.runtime.onnx.session import OnnxRuntime

        return OnnxRuntime.of(model, bodies)
    if device != "cuda":
        raise KinestError(
            f"runtime cuda_graph needs a CUDA device, but device is {device}: use device cuda, or "
            "runtime native or onnx"
        )
    from kinest_ros.runtime.cuda_graph import CudaGraphRuntime

    return CudaGraphRuntime(model.module(), device, bodies)


def available(device: str) -> tuple[str, ...]:
    """Return the names of the runtimes that a device can have, the reference first."""
    if device != "cpu":
        return ("torch", "cuda_graph")
    return ("torch", "onnx", "native") if compiled() else ("torch", "onnx")


def _chosen(model: Network, device: str, bodies: int) -> Runtime:
    if device != "cpu":
        return _fastest(model, device, bodies, ("torch", "cuda_graph"), [])
    try:
        runtime = make_runtime(model, "native", device, bodies)
    except KinestError as error:
        return _fastest(model, device, bodies, ("torch", "onnx"), [f"no native: {error}"])
    runtime.reason = f"compiled, {instructions()}"
    return runtime


def _fastest(
    model: Network, device: str, bodies: int, names: tuple[str, ...], failed: list[str]
) -> Runtime:
    model.module()  # weights that do not fit their description run nowhere
    found: list[tuple[float, Runtime]] = []
    for name in names:
        try:
            runtime = make_runtime(model, name, device, bodies)
        except KinestError as error:
            failed.append(f"no {name}: {error}")
            continue
        found.append((median_ms(runtime, model.config.num_features), runtime))
    found.sort(key=lambda pair: pair[0])
    best = found[0][1]
    figures = [f"{runtime.name} {ms:.2f} ms" for ms, runtime in found]
    best.reason = "fastest of " + ", ".join(figures) if len(found) > 1 else figures[0] + " a step"
    best.reason = "; ".join((best.reason, *failed))
    return best


def median_ms(runtime: Runtime, num_features: int) -> float:
    """Return the median time of a step, ms; leaves the states at zero."""
    features = np.zeros((runtime.bodies, num_features), np.float32)
    times = []
    for index in range(_WARM_UP + _MEASURED):
        start = time.perf_counter()
        runtime.step(features)
        if index >= _WARM_UP:
            times.append(time.perf_counter() - start)
    runtime.reset()
    return float(np.median(times)) * 1e3
