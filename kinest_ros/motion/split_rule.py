# SPDX-License-Identifier: Apache-2.0
"""Which clips train, choose and test: a rule by people and actions, never by chance.

The lists come from the names of our conversions alone: dataset-1_walk_active_001 of Bandai Namco,
train_walking_3 or martial_02 of CMU. Groups in test and validation never appear in train: actor
group C of Bandai Namco, and whole actions of CMU. Validation and test share that actor group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from kinest_ros.motion.labels import ClipLabel, label_of

PARTS = ("train", "validation", "test")


class Rule(NamedTuple):
    """The part of the clips of a source's group, or of one style of it ("" for any)."""

    source: str
    group: str
    style: str
    part: str


RULES: tuple[Rule, ...] = (
    Rule("bandai", "A", "", "train"),
    Rule("bandai", "B", "", "train"),
    Rule("bandai", "D1", "", "train"),
    Rule("bandai", "C", "masculine", "validation"),
    Rule("bandai", "C", "normal", "test"),
    Rule("convseq", "CMU_basketball", "", "train"),
    Rule("convseq", "CMU_basketball_signal", "", "train"),
    Rule("convseq", "CMU_jumping", "", "train"),
    Rule("convseq", "CMU_running", "", "train"),
    Rule("convseq", "CMU_walking_extra", "", "train"),
    Rule("convseq", "CMU_walking", "", "validation"),
    Rule("convseq", "CMU_soccer", "", "validation"),
    Rule("convseq", "CMU_directing_traffic", "", "test"),
    Rule("convseq", "CMU_washwindow", "", "test"),
    Rule("papagina", "CMU_salsa", "", "train"),
    Rule("papagina", "CMU_indian", "", "validation"),
    Rule("papagina", "CMU_martial", "", "test"),
)


def part_of(label: ClipLabel) -> str | None:
    """Return "train", "validation" or "test"; None for a clip that the rule leaves out."""
    for rule in RULES:
        same_people = (rule.source, rule.group) == (label.source, label.group)
        if same_people and rule.style in ("", label.style):
            return rule.part
    return None


def split_by_rule(clips: Sequence[Path] | Iterable[Path], data: Path) -> dict[str, list[Path]]:
    """Return the clips of each part, in their order."""
    parts: dict[str, list[Path]] = {part: [] for part in PARTS}
    for clip in clips:
        part = part_of(label_of(clip, data))
        if part is not None:
            parts[part].append(clip)
    return parts
