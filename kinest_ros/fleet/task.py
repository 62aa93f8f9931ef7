# SPDX-License-Identifier: Apache-2.0
"""What a fleet is to do with each bag, and what comes back: plain values that travel."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from kinest_ros.bags.inputs import InputChoice
from kinest_ros.tracking.wearer.wearer import Wearer

#: What may be done with a bag.
KINDS = ("replay", "evaluate")


@dataclass(frozen=True)
class Task:
    """The same for all bags, so that the results of any two of them compare.

    Attributes:
        kind: one of `KINDS`.
        out: absolute folder of the results.
        weights: name or absolute path; empty: score the bodies that a bag has, and make those of
            others with the default weights.
        weights_hash: that they must have on every machine.
        device: "cpu" or "cuda".
        runtime: never "auto": machines would choose apart, and differ in the last bits.
        wearer: skeleton and settings.
        own_skeleton: take the skeleton.npz that lies in a bag, where there is one.
        choice: which of the bags' topics the trackers are.
        keep_inputs: of a replay, copy trackers and ground truth.
    """

    kind: str
    out: str
    weights: str
    weights_hash: str
    device: str
    runtime: str
    wearer: Wearer
    own_skeleton: bool = False
    choice: InputChoice = field(default_factory=InputChoice)
    keep_inputs: bool = True


@dataclass(frozen=True)
class Done:
    """What came of a bag.

    Attributes:
        name: of the bag.
        figures: nested plain values; empty after an error.
        error: why there are none; empty where there are.
        cost: of the work: wall_s, cpu_s, memory_mb (the most that the worker ever had), worker.
        stop: a fault of the machine rather than of the bag: no other bag would fare better.
    """

    name: str
    figures: dict[str, Any]
    error: str = ""
    cost: dict[str, Any] = field(default_factory=dict)
    stop: bool = False
