# SPDX-License-Identifier: Apache-2.0
"""The unit of a recording's times, from the column name or the step."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal, InvalidOperation

import numpy as np

#: ns of a unit, and what it is called at the end of a column's name.
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_NAMED = re.compile(r"(?:^|[^a-z])(ns|us|ms|s|sec|seconds?|nanoseconds?|milliseconds?)\W*$")
#: Trackers report between 5 and 2000 times a second; steps of each unit that mean that.
_STEPS = {"s": (5e-4, 0.2), "ms": (0.5, 200.0), "us": (500.0, 2e5), "ns": (5e5, 2e8)}


def stamps_of(texts: list[str], name: str = "") -> np.ndarray:
    """Return stamps (N,) int64, ns, of times as they are written.

    Args:
        texts: numbers; whole nanoseconds keep their last digit.
        name: of their column; tells the unit if it ends in one.

    Raises:
        ValueError: what is no number, or steps that no unit explains.
    """
    try:
        found = [Decimal(text) for text in texts]
    except InvalidOperation:
        wrong = next(text for text in texts if not _is_number(text))
        raise ValueError(f"the time '{wrong}' is not a number") from None
    if not all(value.is_finite() and abs(value) < 10**19 for value in found):
        raise ValueError("a time is not finite, or too large for any clock")
    scale = UNITS[_unit(name, found)]
    stamps = [int((value * scale).to_integral_value()) for value in found]
    if any(abs(stamp) >= 1 << 62 for stamp in stamps):
        raise ValueError(f"times as large as {texts[0]} are none in this unit")
    return np.array(stamps, np.int64)


def _unit(name: str, times: list[Decimal]) -> str:
    if match := _NAMED.search(name.lower()):
        word = match[1]
        return {"n": "ns", "u": "us", "m": "ms"}.get(word[0], "s")
    steps = [float(b - a) for a, b in itertools.pairwise(times) if b > a]
    step = float(np.median(steps)) if steps else 0.0
    unit = next((unit for unit, (low, high) in _STEPS.items() if low <= step < high), None)
    if unit is None:
        raise ValueError(
            f"times step by {step:g}, which is not a plausible rate in s, ms, us or ns: "
            "end the column's name in its unit, such as time_ms"
        )
    return unit


def _is_number(text: str) -> bool:
    try:
        Decimal(text)
    except InvalidOperation:
        return False
    return True
