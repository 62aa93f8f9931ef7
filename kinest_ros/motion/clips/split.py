# SPDX-License-Identifier: Apache-2.0
"""Which clips train, choose and test: a rule by people, never by chance.

The parts come from the names of our conversions alone: dataset-1_walk_active_001 of Bandai Namco,
cmuasf/14_02_s0 (subject 14) of CMU. No person and no performance stands in two parts, and nothing
stands there twice: of CMU recordings that come in several conversions, one is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from kinest_ros.motion.clips.labels import ClipLabel, label_of

PARTS = ("train", "validation", "test")


class Rule(NamedTuple):
    """The part of the clips of a source's group, or of one style of it ("" for any)."""

    source: str
    group: str
    style: str
    part: str


_TRAIN_SUBJECTS = (
    "01", "05", "06", "08", "10", "11", "14", "16", "29", "32", "38", "39", "43", "127",
)  # fmt: skip
RULES: tuple[Rule, ...] = (
    Rule("bandai", "A", "", "train"),
    Rule("bandai", "B", "", "train"),
    Rule("bandai", "D1", "", "train"),
    Rule("bandai", "C", "masculine", "validation"),
    Rule("bandai", "C", "normal", "test"),
    *(Rule("cmuasf", f"CMU{subject}", "", "train") for subject in _TRAIN_SUBJECTS),
    *(Rule("cmuasf", f"CMU{subject}", "", "validation") for subject in ("07", "09", "35", "55")),
    *(Rule("cmuasf", f"CMU{subject}", "", "test") for subject in ("17", "49", "135")),
    Rule("convseq", "CMU_basketball", "", "train"),
    Rule("convseq", "CMU_basketball_signal", "", "train"),
    Rule("convseq", "CMU_walking_extra", "", "train"),
    Rule("convseq", "CMU_walking", "", "validation"),
    Rule("convseq", "CMU_soccer", "", "validation"),
    Rule("convseq", "CMU_jumping", "", "test"),
    Rule("papagina", "CMU_salsa", "", "train"),
    Rule("papagina", "CMU_indian", "", "validation"),
    Rule("smartbody", "ICT_ChrBrad", "", "train"),
    Rule("smartbody", "ICT_ChrConnor", "", "train"),
    Rule("smartbody", "ICT_ChrGarza", "", "train"),
    Rule("smartbody", "ICT_ChrMarine", "", "train"),
    Rule("vhtoolkit", "VHT_female", "", "train"),
    Rule("vhtoolkit", "VHT_male", "", "train"),
)

#: What is left of convseq: performances that cmuasf has not got on the performer's own bones.
_CONVSEQ_KEPT = {
    *(f"train_basketball_{n}" for n in (1, 2, 3, 4, 5)), "test_basketball_1",
    *(f"train_basketball_signal_{n}" for n in (3, 4, 5)),
    *(f"train_walking_{n}" for n in (1, 19, 20, 21, 36, 43, 44, 52)), "test_walking_19",
    *(f"train_soccer_{n}" for n in (1, "2_s0", "2_s1", 3, 4, 5)), "test_soccer_1",
    *(f"train_jumping_{n}" for n in (1, 3, 4, 5)),
}  # fmt: skip


def part_of(label: ClipLabel) -> str | None:
    """Return "train", "validation" or "test"; None for a clip that the rule leaves out."""
    if label.source == "convseq" and PurePosixPath(label.path).stem not in _CONVSEQ_KEPT:
        return None
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
