# SPDX-License-Identifier: Apache-2.0
"""Remembers which inputs each finished step was made from, so that it is done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def digest(root: Path, patterns: Iterable[str], *extra: str) -> str:
    """Hash over the names and contents of the files that match, and over extra strings."""
    total = hashlib.sha256()
    files = {file for pattern in patterns for file in root.glob(pattern) if file.is_file()}
    for file in sorted(files):
        total.update(f"{file.relative_to(root)}\0".encode())
        total.update(hashlib.sha256(file.read_bytes()).digest())
    for text in extra:
        total.update(f"{text}\0".encode())
    return total.hexdigest()


class Stamps:
    """The finished steps, kept in a JSON file inside the environment they describe."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            content = {}
        self._steps: dict[str, str] = content if isinstance(content, dict) else {}

    def holds(self, step: str, inputs: str) -> bool:
        """Whether the step was finished from exactly these inputs."""
        return self._steps.get(step) == inputs

    def begin(self, step: str) -> None:
        """Forgets the step, so that an interruption from here on repeats it."""
        if self._steps.pop(step, None) is not None:
            self._write()

    def finish(self, step: str, inputs: str) -> None:
        """Records the step as done from these inputs."""
        self._steps[step] = inputs
        self._write()

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        scratch = self._path.with_suffix(".tmp")
        scratch.write_text(json.dumps(self._steps, indent=1), encoding="utf-8")
        scratch.replace(self._path)
