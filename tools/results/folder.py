# SPDX-License-Identifier: Apache-2.0
"""The folder of runs: where weights and measurements lie, and what is known of them."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinest_ros.model.weights_file import describe_weights, weights_path
from tools.results.rows import DEFAULT, Evaluation


@dataclass(frozen=True)
class Runs:
    """Trained weights in ROOT/ROW/, measurements in ROOT/evaluations/.

    Attributes:
        root: the folder.
        default: what DEFAULT stands for: a bundled name or a .safetensors file.
    """

    root: Path
    default: str = DEFAULT

    def weights(self, name: str) -> str:
        """Return what kinest evaluate --weights is given for a row."""
        return self.default if name == DEFAULT else str(self.root / name / "weights.safetensors")

    def has_weights(self, name: str) -> bool:
        """Whether a row has been trained to its end."""
        return name == DEFAULT or Path(self.weights(name)).is_file()

    def digest(self, name: str) -> str:
        """Return the hash of a row's weights, as kinest evaluate prints it."""
        return hashlib.sha256(weights_path(self.weights(name)).read_bytes()).hexdigest()[:12]

    def training(self, name: str) -> dict[str, Any]:
        """Return how a row's weights came about."""
        return describe_weights(self.weights(name))["training"]

    def command(self, name: str) -> list[str] | None:
        """Return the arguments of the training that was begun for a row."""
        path = self.root / name / "command.json"
        return json.loads(path.read_text()) if path.is_file() else None

    def measured(self, row: Evaluation) -> dict[str, Any] | None:
        """Return a row's measurement if there is one of the weights that are there now."""
        path = self.record(row)
        if not path.is_file() or not all(map(self.has_weights, row.weights)):
            return None
        found = json.loads(path.read_text())
        return found if found["hashes"] == list(map(self.digest, self.weights_of(row))) else None

    def weights_of(self, row: Evaluation) -> list[str]:
        """Return the names of the weights that a measurement is of."""
        return [*row.weights, *filter(self.has_weights, row.beside)]

    def record(self, row: Evaluation) -> Path:
        """Return the file of a row's measurement."""
        return self.root / "evaluations" / f"{row.name.replace(', ', '-').replace(' ', '-')}.json"

    @contextmanager
    def claimed(self, name: str) -> Iterator[bool]:
        """Hold a row against other processes; yields False where one of them has it.

        The lock ends with the process, however that ends.
        """
        folder = self.root / name
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".claimed").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
