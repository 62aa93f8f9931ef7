# SPDX-License-Identifier: Apache-2.0
"""The table of ablations: each row changes what it says, and nothing else."""

from dataclasses import asdict, replace

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.training.ablations import ABLATIONS, ablated
from kinest_ros.training.config import TrainConfig
from kinest_ros.training.loss_weights import LossWeights


@pytest.mark.parametrize("name", ABLATIONS)
def test_a_row_changes_what_it_says(name):
    change, plain = ABLATIONS[name], TrainConfig()
    changed = ablated(plain, name)
    assert changed.ablation == name
    assert change.what
    for part in ("model", "loss", "augment"):
        before, after = (asdict(getattr(config, part)) for config in (plain, changed))
        different = {key: after[key] for key in before if after[key] != before[key]}
        assert different == dict(getattr(change, part)), part
    touched = [part for part in (change.model, change.loss, change.augment) if part]
    assert len(touched) + (not change.procedural) == 1


def test_an_unknown_name_is_refused():
    with pytest.raises(KinestError, match="there are world-features, "):
        ablated(TrainConfig(), "no-luck")


def test_widths_are_what_the_words_say():
    width = StreamingConfig().width
    assert ABLATIONS["width-96"].model["width"] == width / 2
    assert ABLATIONS["width-288"].model["width"] == width * 3 / 2


def test_terms_of_the_loss_are_changed_by_name():
    changed = LossWeights.changed(["rotation=2.5", "contact=0"])
    assert changed == replace(LossWeights(), rotation=2.5, contact=0.0)
    assert LossWeights.changed([]) == LossWeights()


@pytest.mark.parametrize(
    "change", ["turns=1", "rotation", "rotation=much", "root=-1", "root=inf", "root=nan", "=1"]
)
def test_other_changes_of_the_loss_are_refused(change):
    with pytest.raises(KinestError, match=r"TERM=WEIGHT with a term of rotation, root, "):
        LossWeights.changed([change])
