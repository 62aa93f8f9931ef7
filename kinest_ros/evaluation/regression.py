# SPDX-License-Identifier: Apache-2.0
"""Limits on figures, also against those of an earlier run, for the CI of those who need them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import parse_json, read_text

_RULE = re.compile(r"\s*([\w.]+)\s*([<>])\s*([+-]?)(\d+(?:\.\d*)?)\s*(%?)\s*")


@dataclass(frozen=True)
class Limit:
    """A condition that is not to come true, such as ``mpjpe>+5%``.

    Attributes:
        text: as it was given.
        name: of a figure, with dots where it is nested: ``reprojection_cm.head.p95``.
        above: whether more than the limit fails, or less.
        value: the limit; of the change where it is relative.
        change: whether it is a limit on the change since the earlier run.
        percent: whether that change is in percent of the earlier figure.
    """

    text: str
    name: str
    above: bool
    value: float
    change: bool
    percent: bool

    @classmethod
    def parse(cls, text: str) -> Limit:
        """Return the limit that a text says.

        Raises:
            KinestError: it says none.
        """
        match = _RULE.fullmatch(text)
        if match is None or (match[5] and not match[3]):
            raise KinestError(
                f"--fail-if '{text}': write it as 'mpjpe>+5%' (change in percent), 'mpjpe>+0.2' "
                "(change), or 'jitter>1.5' (value)"
            )
        name, sign, change, number, percent = match.groups()
        value = -float(number) if change == "-" else float(number)
        return cls(text, name, sign == ">", value, bool(change), bool(percent))

    def broken(self, now: float, before: float | None) -> str:
        """Return what is wrong with a figure, or nothing.

        Args:
            now: its value.
            before: its value in the earlier run; needed for limits on the change.
        """
        found, said = now, f"{now:.4g}"
        if self.change:
            assert before is not None
            found, said = now - before, f"{now:.4g}, and was {before:.4g}"
            if self.percent:
                found = 100.0 * found / abs(before) if before else math.copysign(math.inf, found)
                found = 0.0 if now == before else found
                said += f" ({found:+.1f} %)"
        over = found > self.value if self.above else found < self.value
        return f"{self.name} is {said}: {self.text}" if over else ""


def failures(
    limits: Sequence[Limit],
    now: Mapping[str, Mapping[str, Any]],
    before: Mapping[str, Mapping[str, Any]] | None,
) -> Iterator[str]:
    """Yield a line for each limit that is broken.

    Args:
        limits: of the user.
        now: figures by the name of what they are of.
        before: those of the earlier run.

    Raises:
        KinestError: a figure that is not there, or nothing to compare with.
    """
    for title, figures in now.items():
        old = None if before is None else _same(title, now, before)
        for limit in limits:
            if limit.change and old is None:
                raise KinestError(
                    f"--fail-if '{limit.text}' is about a change: give --against OLD.json"
                )
            was = _figure(limit.name, old, "the earlier run") if limit.change and old else None
            broken = limit.broken(_figure(limit.name, figures, title), was)
            if broken:
                yield f"{title}: {broken}"


def load_figures(path: Path) -> dict[str, dict[str, Any]]:
    """Return what `kinest evaluate BAG... --json` printed into a file.

    Raises:
        KinestError: no such file, or something else in it.
    """
    try:
        found = parse_json(read_text(path))
    except FileNotFoundError:
        raise KinestError(
            f"--against {path} does not exist: write one with kinest evaluate BAG... --json"
        ) from None
    except (OSError, ValueError) as error:
        raise KinestError(f"--against {path} cannot be read: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise KinestError(f"--against {path} is not what kinest evaluate BAG... --json prints")
    return found


def _same(
    title: str, now: Mapping[str, Any], before: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    if title in before:
        return before[title]
    if len(now) == len(before) == 1:  # renamed, or with other weights
        return next(iter(before.values()))
    raise KinestError(f"--against: there is no '{title}'; there are {', '.join(before) or 'none'}")


def _figure(name: str, figures: Mapping[str, Any], title: str) -> float:
    found: Any = {**figures, **(figures.get("accuracy") or {})}
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, bool) or not isinstance(found, (int, float)):
        numbers = [k for k, v in figures.items() if isinstance(v, (int, float))]
        names = ", ".join(dict.fromkeys((*numbers, *(figures.get("accuracy") or {}))))
        raise KinestError(f"{title} has no figure '{name}'; there are {names}, and nested ones")
    return float(found)
