# SPDX-License-Identifier: Apache-2.0
"""From names of weights to candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kinest_ros.errors import KinestError
from kinest_ros.evaluation.candidates import Candidate, published, streaming
from kinest_ros.model.published.baseline import FORMAT, PublishedKineST, load_published
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model
from kinest_ros.model.weights_file import describe_weights

#: How the published network may be run: windows side by side, or the last frame of each window.
MODES = ("offline", "online")


@dataclass(frozen=True)
class NamedWeights:
    """Weights with a name that is theirs alone in a table."""

    name: str
    model: StreamingKineST | PublishedKineST

    @property
    def parameters(self) -> int:
        """Number of parameters."""
        return sum(p.numel() for p in self.model.parameters())


def load_weights(names: Sequence[str], device: str) -> list[NamedWeights]:
    """Load weights of either kind.

    Args:
        names: bundled names, .safetensors files, or released checkpoints (.pt, .pth, .ckpt).
        device: auto, cpu or cuda.

    Raises:
        KinestError: weights that are missing or damaged.
    """
    shown = _distinct(names)
    return [
        NamedWeights(short, _load(name, device)) for short, name in zip(shown, names, strict=True)
    ]


def _load(name: str, device: str) -> StreamingKineST | PublishedKineST:
    released = Path(name).suffix in (".pt", ".pth", ".ckpt")
    if released or describe_weights(name).get("format") == FORMAT:
        return load_published(name, device)
    return load_model(name, device)


def candidates_of(weights: NamedWeights, modes: Sequence[str] = MODES) -> dict[str, Candidate]:
    """Return the candidates by name: one of streaming weights, one per mode of published ones."""
    model = weights.model
    if isinstance(model, StreamingKineST):
        delay = model.config.lookahead
        note = f", {delay} frames late" if delay else ""
        return {f"{weights.name}{note}": streaming(model)}
    return {f"{weights.name}, {mode}": published(model, mode == "offline") for mode in modes}


def check_slots(weights: Sequence[NamedWeights], slots: Sequence[str]) -> None:
    """Raise KinestError where a network cannot do with the trackers at hand."""
    for each in weights:
        raw = isinstance(each.model, PublishedKineST) and each.model.config.features == "raw"
        if raw and set(slots) != {"head", "left_hand", "right_hand"}:
            raise KinestError(
                f"{each.name} has the published inputs: head and both hands, no more and no "
                f"less; --slots is {' '.join(slots)}"
            )


def _distinct(names: Sequence[str]) -> list[str]:
    """Return short names: the file's name, with as many of its folders as tell it from others."""
    for depth in range(1, max(len(Path(name).parts) for name in names) + 1):
        short = [_short(name, depth) for name in names]
        if len(set(short)) == len(set(names)):
            break
    if len(set(short)) < len(names):
        raise KinestError(f"--weights names the same file twice: {' '.join(names)}")
    return short


def _short(name: str, depth: int) -> str:
    path = Path(name)
    return "/".join((*path.parts[:-1], path.stem)[-depth:])
