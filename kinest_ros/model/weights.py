# SPDX-License-Identifier: Apache-2.0
"""Weights files: .safetensors with the network's shape beside it as JSON."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from kinest_ros.errors import KinestError
from kinest_ros.model.streaming import StreamingConfig, StreamingKineST

#: Weights that come with the package.
BUNDLED = Path(__file__).parents[1] / "weights"
_FORMAT = "kinest_ros/streaming/1"


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
    path.parent.mkdir(parents=True, exist_ok=True)
    tensors = {name: value.contiguous().cpu() for name, value in model.state_dict().items()}
    save_file(tensors, path, metadata={"format": _FORMAT})
    config = {"format": _FORMAT, "model": model.config.to_dict(), "training": training}
    path.with_suffix(".json").write_text(json.dumps(config, indent=2) + "\n")
    return path


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
    path = weights_path(path_or_name)
    shape = path.with_suffix(".json")
    if not shape.is_file():
        raise KinestError(
            f"weights {path} have no {shape.name} beside them with the network's shape"
        )
    try:
        described = json.loads(shape.read_text())
        if described.get("format") != _FORMAT:
            raise KinestError(
                f"{shape} has format {described.get('format')!r}, expected {_FORMAT!r}: "
                "it was written by another version of this package"
            )
        model = StreamingKineST(StreamingConfig(**described["model"]))
        model.load_state_dict(load_file(path))
    except (ValueError, TypeError, KeyError, RuntimeError, SafetensorError) as error:
        raise KinestError(f"weights {path} cannot be loaded: {error}") from error
    model.weights_name = path.stem
    model.weights_hash = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return model.to(resolve_device(device)).eval().requires_grad_(False)
