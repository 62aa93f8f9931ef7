# SPDX-License-Identifier: Apache-2.0
"""Labels of clips, and the split by rule."""

import json
from pathlib import Path

import pytest

from kinest_ros.motion.clips.labels import label_of
from kinest_ros.motion.clips.split import PARTS, RULES, part_of, split_by_rule


@pytest.mark.parametrize(
    ("name", "source", "group", "action", "style", "part"),
    [
        ("dataset-2_walk-turn-left_normal_012", "bandai", "C", "walk-turn-left", "normal", "test"),
        ("dataset-2_run_masculine_001", "bandai", "C", "run", "masculine", "validation"),
        ("dataset-2_run_elderly_001", "bandai", "B", "run", "elderly", "train"),
        ("dataset-1_bow_not-confident_001", "bandai", "D1", "bow", "not-confident", "train"),
        ("martial_08_s5", "papagina", "CMU_martial", "martial", "", None),
        ("salsa_30", "papagina", "CMU_salsa", "salsa", "", "train"),
        ("train_walking_1", "convseq", "CMU_walking", "walking", "", "validation"),
        ("train_walking_5", "convseq", "CMU_walking", "walking", "", None),
        ("train_walking_52", "convseq", "CMU_walking_extra", "walking", "", "train"),
        ("train_walking_51_s1", "convseq", "CMU_walking_extra", "walking", "", None),
        ("test_washwindow_1_s0", "convseq", "CMU_washwindow", "washwindow", "", None),
        ("train_jumping_4", "convseq", "CMU_jumping", "jumping", "", "test"),
        ("14_02_s0", "cmuasf", "CMU14", "subject 14", "", "train"),
        ("35_01", "cmuasf", "CMU35", "subject 35", "", "validation"),
        ("135_11_s7", "cmuasf", "CMU135", "subject 135", "", "test"),
        (
            "MocapReaching__motions__ChrGarza_IdleStand01_ReachLowRt01",
            "smartbody", "ICT_ChrGarza", "idle stand reach low rt", "", "train",
        ),
        (
            "ChrGenericFmlAdult_IdleSeatedBack01_WTF02_c41229",
            "vhtoolkit", "VHT_female", "idle seated back wtf", "", "train",
        ),
        ("005_02_s1", "iclone", "CMU05", "subject 05", "", None),
        ("0005_jogging_poses", "ACCAD", "Male1", "jogging", "", None),
    ],
)  # fmt: skip
def test_names_tell_the_part(name, source, group, action, style, part):
    # Where the user puts the files does not matter, but for collections that are not known.
    folder = {"ACCAD": "ACCAD/Male1", "cmuasf": "cmuasf"}.get(source, "downloads")
    label = label_of(Path(f"/data/{folder}/{name}.npz"), Path("/data"))
    assert (label.source, label.group, label.action, label.style) == (source, group, action, style)
    assert label.path == f"{folder}/{name}.npz"
    assert part_of(label) == part


def test_numbered_clips_of_another_folder_are_not_taken_for_cmu_subjects():
    label = label_of(Path("/data/mine/14_02_s0.npz"), Path("/data"))
    assert label.source == "mine"
    assert part_of(label) is None


def test_nobody_stands_in_two_parts():
    seen: dict[tuple[str, str, str], set[str]] = {}
    for rule in RULES:
        seen.setdefault((rule.source, rule.group, rule.style), set()).add(rule.part)
    assert all(len(parts) == 1 for parts in seen.values())
    # One group of Bandai Namco's actors is in two parts, told apart by style.
    styled = {(rule.source, rule.group) for rule in RULES if rule.style}
    assert styled == {("bandai", "C")}


def test_the_rule_gives_the_lists_that_the_weights_were_made_with(shared_data):
    lists = json.loads((shared_data / "splits.json").read_text())
    motion = shared_data / "motion"
    parts = split_by_rule(sorted(motion.rglob("*.npz")), motion)
    for part in PARTS:
        assert sorted(lists[part]) == [p.relative_to(motion).as_posix() for p in parts[part]]
