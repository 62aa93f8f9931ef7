# SPDX-License-Identifier: Apache-2.0
"""What describes one parameter of the node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ParameterSpec:
    """One parameter.

    Attributes:
        name: as in ROS.
        default: its type is the parameter's type.
        description: one sentence or two.
        minimum: with `maximum`, of a number; None: no limits.
        maximum: likewise.
        choices: of a text, or of each item of a list.
        constraint: in words, where it is neither a range nor a choice.
        switch: what false and true stand for, of a text that was a switch once.
    """

    name: str
    default: Any
    description: str
    minimum: float | int | None = None
    maximum: float | int | None = None
    choices: tuple[str, ...] = ()
    constraint: str = ""
    switch: tuple[str, str] | None = None

    def settle(self, value: Any) -> Any:
        """Return a value as the rest of the program knows it: no switch."""
        return self.switch[value] if self.switch and isinstance(value, bool) else value
