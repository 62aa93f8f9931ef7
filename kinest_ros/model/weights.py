# SPDX-License-Identifier: Apache-2.0
"""Networks as PyTorch modules, from and to weights files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors.torch import save
from torch import nn

from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.device import resolve_device
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights_file import (
    FORMAT,
    WeightsFile,
    digest_of,
    read_weights_file,
    write_weights_file,
)


def save_model(model: StreamingKineST, path: Path, training: dict[str, Any]) -> Path:
    """Write path (.safetensors) and its .json with the shape and how it was trained."""
    return write_weights(model, FORMAT, model.config.to_dict(), path, training)


def write_weights(
    model: nn.Module, kind: str, shape: dict[str, Any], path: Path, training: dict[str, Any]
) -> Path:
    """Write weights of some kind: path (.safetensors), and .json with the network's shape."""
    tensors = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    content = save(tensors, metadata={"format": kind})
    config = {"format": kind, "weights": digest_of(content), "model": shape, "training": training}
    return write_weights_file(path, content, config)


def load_model(path_or_name: str | Path = "default", device: str = "cpu") -> StreamingKineST:
    """Load streaming weights, ready to run.

    Args:
        path_or_name: a .safetensors file with its .json beside it, or the name of bundled weights.
        device: auto, cpu or cuda.

    Raises:
        KinestError: a file that is missing, damaged or of another format.
    """
    return built(read_weights_file(path_or_name, FORMAT), resolve_device(device))


def built(file: WeightsFile, device: str) -> StreamingKineST:
    """Return the streaming network of a file, ready to run.

    Raises:
        KinestError: the weights do not fit the shape that is described.
    """
    model = _filled(file, lambda shape: StreamingKineST(StreamingConfig.of(shape)))
    model.weights_name, model.weights_hash = file.name, file.digest
    model.error_model = file.error_model
    return model.to(device).eval().requires_grad_(False)


_Module = TypeVar("_Module", bound=nn.Module)


def read_weights(
    path_or_name: str | Path, kind: str, build: Callable[[dict[str, Any]], _Module]
) -> tuple[_Module, str, str]:
    """Return the network of a weights file of one kind, its name and the file's hash.

    Args:
        path_or_name: as load_model.
        kind: the format that the file must have.
        build: makes the network of the shape in the description.

    Raises:
        KinestError: as load_model.
    """
    file = read_weights_file(path_or_name, kind)
    return _filled(file, build), file.name, file.digest


def _filled(file: WeightsFile, build: Callable[[dict[str, Any]], _Module]) -> _Module:
    try:
        # A copy: the arrays are views of the file's bytes, which cannot be written to.
        tensors = {name: torch.tensor(values) for name, values in file.arrays.items()}
        with torch.device("meta"):  # shapes alone: what is described may be larger than the memory
            _check_shapes(build(file.shape), tensors)
        model = build(file.shape)
        model.load_state_dict(tensors)
    except (KinestError, ArithmeticError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise file.refused(error) from error
    return model


def _check_shapes(described: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    for name, value in described.state_dict().items():
        if name in tensors and tensors[name].shape != value.shape:
            raise KinestError(
                f"{name} has shape {tuple(tensors[name].shape)}, described is {tuple(value.shape)}"
            )
        if name not in tensors:
            raise KinestError(f"{name} is described but missing")
