# SPDX-License-Identifier: Apache-2.0
"""Weights files: .safetensors with the network's shape beside it as JSON."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import WEIGHTS_LIMIT, parse_json, read_bytes, read_text
from kinest_ros.files.whole import write_whole
from kinest_ros.model.error_model import ErrorModel
from kinest_ros.model.streaming import StreamingConfig, StreamingKineST

#: Weights that come with the package.
BUNDLED = Path(__file__).parents[1] / "weights"
#: The largest numbers in the description of a network.
MOST_WIDTH, MOST_BLOCKS = 65_536, 64
_FORMAT = "kinest_ros/streaming/1"
#: Key of the error model in the description; weights from before there was one have none.
_ERROR_MODEL = "confidence"
#: Key of what the description said of the weights that are being replaced.
_BEFORE = "before"


def resolve_device(device: str) -> str:
    """Return "cpu" or "cuda" for auto, cpu or cuda.

    Raises:
        KinestError: another name, or cuda where there is none.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise KinestError(f"device is {device!r}; use auto, cpu or cuda")
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise KinestError(
            "device is cuda, but PyTorch sees no CUDA device here: use device auto or cpu, or "
            "install a CUDA build of PyTorch and its driver"
        )
    return ("cuda" if available else "cpu") if device == "auto" else device


def save_model(model: StreamingKineST, path: Path, training: dict[str, Any]) -> Path:
    """Write path (.safetensors) and its .json with the shape and how it was trained."""
    return write_weights(model, _FORMAT, model.config.to_dict(), path, training)


def write_weights(
    model: nn.Module, kind: str, shape: dict[str, Any], path: Path, training: dict[str, Any]
) -> Path:
    """Write weights of some kind: path (.safetensors), and .json with the network's shape."""
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    content = save(tensors, metadata={"format": kind})
    config = {"format": kind, "weights": _hash(content), "model": shape, "training": training}
    # Two files cannot be replaced at once: in between, the description tells of both weights.
    with contextlib.suppress(OSError, KinestError):  # nothing readable to keep
        _write_description(path, {**config, _BEFORE: _described(path)})
    write_whole(path, content)
    _write_description(path, config)
    return path


def _write_description(path: Path, described: dict[str, Any]) -> None:
    write_whole(path.with_suffix(".json"), json.dumps(described, indent=2) + "\n")


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path, WEIGHTS_LIMIT)
    except (OSError, ValueError) as error:
        raise KinestError(f"weights {path} cannot be loaded: {error}") from error


def _plausible(shape: Any) -> dict[str, Any]:
    """Return a description's shape; networks of other sizes take for ever to describe."""
    if not isinstance(shape, dict):
        raise KinestError("its description says nothing of the network's shape")
    for name, value in shape.items():
        most = MOST_BLOCKS if name.endswith("blocks") else MOST_WIDTH
        if isinstance(value, int | float) and not 0 <= value <= most:
            raise KinestError(f"{name} is {value:.6g}; it must lie between 0 and {most}")
    return shape


def _check_shapes(described: nn.Module, tensors: dict[str, torch.Tensor]) -> None:
    for name, value in described.state_dict().items():
        if name in tensors and tensors[name].shape != value.shape:
            raise KinestError(
                f"{name} has shape {tuple(tensors[name].shape)}, described is {tuple(value.shape)}"
            )
        if name not in tensors:
            raise KinestError(f"{name} is described but missing")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def weights_path(path_or_name: str | Path) -> Path:
    """Return the file of bundled weights by name, or of a path.

    Raises:
        KinestError: neither is there.
    """
    path = Path(path_or_name)
    bundled = BUNDLED / f"{path_or_name}.safetensors"
    if path.suffix != ".safetensors" and bundled.is_file():
        return bundled
    if path.is_file():
        return path
    names = ", ".join(sorted(p.stem for p in BUNDLED.glob("*.safetensors"))) or "none"
    raise KinestError(
        f"weights {str(path_or_name)!r} not found: give a .safetensors file or a bundled name "
        f"(there is: {names})"
    )


def load_model(path_or_name: str | Path = "default", device: str = "cpu") -> StreamingKineST:
    """Load streaming weights, ready to run.

    Args:
        path_or_name: a .safetensors file with its .json beside it, or the name of bundled weights.
        device: auto, cpu or cuda.

    Raises:
        KinestError: a file that is missing, damaged or of another format.
    """
    model, name, digest = read_weights(
        path_or_name, _FORMAT, lambda shape: StreamingKineST(StreamingConfig(**shape))
    )
    model.weights_name, model.weights_hash = name, digest
    model.error_model = _error_model(path_or_name)
    return model.to(resolve_device(device)).eval().requires_grad_(False)


def _error_model(path_or_name: str | Path) -> ErrorModel:
    values = describe_weights(path_or_name).get(_ERROR_MODEL)
    if values is None:
        return ErrorModel()
    try:
        return ErrorModel.from_dict(values)
    except KinestError as error:
        path = weights_path(path_or_name).with_suffix(".json")
        raise KinestError(f"{path}, {_ERROR_MODEL!r}: {error}") from error


def write_error_model(path_or_name: str | Path, model: ErrorModel, fitted: dict[str, Any]) -> Path:
    """Put an error model into the description of streaming weights; returns that file.

    Args:
        path_or_name: as load_model.
        model: replaces the one that is there.
        fitted: what it was fitted to, for the record.

    Raises:
        KinestError: as describe_weights.
    """
    described = describe_weights(path_or_name)
    described[_ERROR_MODEL] = {**model.as_dict(), "fitted": fitted}
    path = weights_path(path_or_name)
    _write_description(path, described)
    return path.with_suffix(".json")


def describe_weights(path_or_name: str | Path) -> dict[str, Any]:
    """Return what the .json beside a weights file says: format, model, training.

    Raises:
        KinestError: no such weights, or no readable description of them.
    """
    return _described(weights_path(path_or_name))


def _described(path: Path) -> dict[str, Any]:
    """Return the description of the weights that are there, though their writer was killed."""
    shape = path.with_suffix(".json")
    if not shape.is_file():
        raise KinestError(
            f"weights {path} have no {shape.name} beside them with the network's shape"
        )
    try:
        described = parse_json(read_text(shape))
    except (OSError, ValueError) as error:
        raise KinestError(f"weights {path} cannot be loaded: {error}") from error
    if not isinstance(described, dict):
        raise KinestError(f"weights {path} cannot be loaded: {shape.name} describes no network")
    before = described.pop(_BEFORE, None)
    if isinstance(before, dict) and described.get("weights") != _hash(_content(path)):
        return before
    return described


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
    path = weights_path(path_or_name)
    described = describe_weights(path)
    content = _content(path)
    if described.get("format") != kind:
        raise KinestError(
            f"{path.with_suffix('.json')} has format {described.get('format')!r}, expected "
            f"{kind!r}: it holds another network, or another version of this package wrote it"
        )
    try:
        tensors = load(content)
        with torch.device("meta"):  # shapes alone: what is described may be larger than the memory
            _check_shapes(build(_plausible(described["model"])), tensors)
        model = build(described["model"])
        model.load_state_dict(tensors)
    except (
        KinestError, ArithmeticError, ValueError, TypeError, KeyError, RuntimeError,
        SafetensorError,
    ) as error:  # fmt: skip
        raise KinestError(f"weights {path} cannot be loaded: {error}") from error
    return model, path.stem, _hash(content)
