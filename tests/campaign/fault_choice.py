# SPDX-License-Identifier: Apache-2.0
"""All faults by their names, and which samples one of them changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from tests.campaign.streams import Fault, Sample, Step

FAULTS: dict[str, Callable[[list[Step], Fault], list[Step]]] = {}


def fault(function):
    FAULTS[function.__name__] = function
    return function


def within(steps: list[Step], fault: Fault) -> Iterator[Step]:
    return (step for step in steps if fault.start <= step.time < fault.end)


def after(steps: list[Step], fault: Fault) -> Iterator[Step]:
    return (step for step in steps if step.time >= fault.start)


def _slots(steps: list[Step]) -> list[str]:
    return list(dict.fromkeys(sample.slot for step in steps for sample in step.samples))


def some_slot(steps: list[Step], rng: np.random.Generator) -> str:
    return str(rng.choice(_slots(steps) or ["head"]))


def some_slots(steps: list[Step], rng: np.random.Generator) -> set[str]:
    """One of them, all of them, or all but the head."""
    slots = _slots(steps)
    pick = rng.integers(3)
    if pick == 0:
        return {some_slot(steps, rng)}
    return set(slots) if pick == 1 else set(slots) - {"head"}


def of(step: Step, slots: set[str]) -> Iterator[Sample]:
    return (sample for sample in step.samples if sample.slot in slots)
