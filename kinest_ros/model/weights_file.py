# SPDX-License-Identifier: Apache-2.0
"""Weights files: .safetensors with the network's shape beside it as JSON, read as arrays."""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import WEIGHTS_LIMIT, parse_json, read_bytes, read_text
from kinest_ros.files.whole import write_whole
from kinest_ros.model.error_model import ErrorModel

#: What the description of streaming weights calls them.
FORMAT = "kinest_ros/streaming/1"
#: Weights that come with the package.
BUNDLED = Path(__file__).parents[1] / "weights"
#: The largest numbers in the description of a network.
MOST_WIDTH, MOST_BLOCKS = 65_536, 64
#: Key of the error model in the description; weights from before there was one have none.
_ERROR_MODEL = "confidence"
#: Key of what the description said of the weights that are being replaced.
_BEFORE = "before"


@dataclass(frozen=True)
class WeightsFile:
    """What a weights file and the description beside it hold.

    Attributes:
        path: of the .safetensors file.
        shape: the network's, as it is described; its numbers are of plausible size.
        arrays: the parameters by name.
        digest: the first 12 hexadecimal digits of the file's SHA-256.
        error_model: that of the description, or one that corrects nothing.
    """

    path: Path
    shape: dict[str, Any]
    arrays: dict[str, np.ndarray]
    digest: str
    error_model: ErrorModel

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    def refused(self, error: object) -> KinestError:
        """Return the error that these weights cannot be loaded, and why."""
        return cannot_be_loaded(self.path, error)


def cannot_be_loaded(path: Path, error: object) -> KinestError:
    """Return the error that weights cannot be loaded, and why."""
    return KinestError(f"weights {path} cannot be loaded: {error}")


def read_weights_file(path_or_name: str | Path, kind: str) -> WeightsFile:
    """Read weights of one kind.

    Args:
        path_or_name: a .safetensors file with its .json beside it, or the name of bundled weights.
        kind: the format that the file must have.

    Raises:
        KinestError: a file that is missing, damaged or of another format.
    """
    path = weights_path(path_or_name)
    described = describe_weights(path)
    content = _content(path)
    if described.get("format") != kind:
        raise KinestError(
            f"{path.with_suffix('.json')} has format {described.get('format')!r}, expected "
            f"{kind!r}: it holds another network, or another version of this package wrote it"
        )
    error_model = _error_model(path, described)
    try:
        shape, arrays = _plausible(described["model"]), load(content)
    except (KinestError, ValueError, TypeError, KeyError, SafetensorError) as error:
        raise cannot_be_loaded(path, error) from error
    return WeightsFile(path, shape, arrays, digest_of(content), error_model)


def write_weights_file(path: Path, content: bytes, config: dict[str, Any]) -> Path:
    """Write a .safetensors file and its description whole, or neither.

    Args:
        path: of the .safetensors file.
        content: of it.
        config: the description, with "weights", the content's `digest_of`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
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
        raise cannot_be_loaded(path, error) from error


def _plausible(shape: Any) -> dict[str, Any]:
    """Return a description's shape; networks of other sizes take for ever to describe."""
    if not isinstance(shape, dict):
        raise KinestError("its description says nothing of the network's shape")
    for name, value in shape.items():
        most = MOST_BLOCKS if name.endswith("blocks") else MOST_WIDTH
        if isinstance(value, int | float) and not 0 <= value <= most:
            raise KinestError(f"{name} is {value:.6g}; it must lie between 0 and {most}")
    return shape


def digest_of(content: bytes) -> str:
    """Return the word by which weights are known: 12 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()[:12]


def weights_path(path_or_name: str | Path) -> Path:
    """Return the file of bundled weights by name, or of a path.

    Raises:
        KinestError: neither is there.
    """
    path = Path(path_or_name).expanduser()
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


def _error_model(path: Path, described: dict[str, Any]) -> ErrorModel:
    values = described.get(_ERROR_MODEL)
    if values is None:
        return ErrorModel()
    try:
        return ErrorModel.from_dict(values)
    except KinestError as error:
        raise KinestError(f"{path.with_suffix('.json')}, {_ERROR_MODEL!r}: {error}") from error


def write_error_model(path_or_name: str | Path, model: ErrorModel, fitted: dict[str, Any]) -> Path:
    """Put an error model into the description of streaming weights; returns that file.

    Args:
        path_or_name: as read_weights_file.
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
        raise cannot_be_loaded(path, error) from error
    if not isinstance(described, dict):
        raise cannot_be_loaded(path, f"{shape.name} describes no network")
    before = described.pop(_BEFORE, None)
    if isinstance(before, dict) and described.get("weights") != digest_of(_content(path)):
        return before
    return described
