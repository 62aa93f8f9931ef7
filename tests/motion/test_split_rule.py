# SPDX-License-Identifier: Apache-2.0
"""Labels of clips, and the split by rule."""

import json
from pathlib import Path

import pytest

from kinest_ros.motion.labels import label_of
from kinest_ros.motion.split_rule import PARTS, part_of, split_by_rule


@pytest.mark.parametrize(
    ("name", "source", "group", "action", "style", "part"),
    [
        ("dataset-2_walk-turn-left_normal_012", "bandai", "C", "walk-turn-left", "normal", "test"),
        ("dataset-2_run_masculine_001", "bandai", "C", "run", "masculine", "validation"),
        ("dataset-2_run_elderly_001", "bandai", "B", "run", "elderly", "train"),
        ("dataset-1_bow_not-confident_001", "bandai", "D1", "bow", "not-confident", "train"),
        ("martial_08_s5", "papagina", "CMU_martial", "martial", "", "test"),
        ("salsa_30", "papagina", "CMU_salsa", "salsa", "", "train"),
        ("train_walking_5", "convseq", "CMU_walking", "walking", "", "validation"),
        ("train_walking_51_s1", "convseq", "CMU_walking_extra", "walking", "", "train"),
        ("test_washwindow_1_s0", "convseq", "CMU_washwindow", "washwindow", "", "test"),
        ("005_02_s1", "iclone", "CMU05", "subject 05", "", None),
        ("0005_jogging_poses", "ACCAD", "Male1", "jogging", "", None),
    ],
)
def test_names_tell_the_part(name, source, group, action, style, part):
    # Where the user puts the files does not matter, but for collections that are not known.
    folder = "ACCAD/Male1" if source == "ACCAD" else "downloads"
    label = label_of(Path(f"/data/{folder}/{name}.npz"), Path("/data"))
    assert (label.source, label.group, label.action, label.style) == (source, group, action, style)
    assert label.path == f"{folder}/{name}.npz"
    assert part_of(label) == part


def test_the_rule_gives_the_lists_that_the_weights_were_made_with(shared_data):
    lists = json.loads((shared_data / "splits.json").read_text())
    motion = shared_data / "motion"
    parts = split_by_rule(sorted(motion.rglob("*.npz")), motion)
    for part in PARTS:
        assert sorted(lists[part]) == [p.relative_to(motion).as_posix() for p in parts[part]]
