# SPDX-License-Identifier: Apache-2.0
"""Weights that come with the package: each has its card, its terms, and can be loaded."""

import json
from pathlib import Path

import numpy as np
import pytest

import kinest_ros
from kinest_ros.model.error_model import UNCORRECTED
from kinest_ros.model.weights import load_model
from kinest_ros.motion.clips.terms import COMMERCIAL, KNOWN
from kinest_ros.runtime.choose import make_runtime

FOLDER = Path(kinest_ros.__file__).parent / "weights"
BUNDLED = sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def test_the_default_and_those_that_may_be_sold_are_there() -> None:
    assert {"default", "open"} <= set(BUNDLED)


@pytest.mark.parametrize("name", BUNDLED)
def test_each_has_a_card_that_names_its_terms(name: str) -> None:
    card = (FOLDER / f"{name}.md").read_text()
    description = json.loads((FOLDER / f"{name}.json").read_text())
    assert card.startswith(f"# Model card: `{name}`")
    assert "**Trained on**" in card and "**Terms of use.**" in card
    assert (FOLDER / f"{name}.safetensors").stat().st_size <= 20_000_000
    training = description["training"]
    free = training.get("terms") == COMMERCIAL
    assert ("non-commercial\npurposes only" in card) is not free
    if free:
        known = {source: terms.commercial for source, terms in KNOWN.items()}
        assert all(known.get(source, source == "procedural") for source in training["sources"])
        assert "CMU Graphics Lab" in card and "NSF EIA-0196217" in card
        # Not even what it went on from may have known anything else.
        assert not training.get("init")


@pytest.mark.parametrize("name", BUNDLED)
def test_each_steps(name: str) -> None:
    model = load_model(name)
    runtime = make_runtime(model, "torch")
    out = runtime.step(np.zeros((1, model.config.num_features), np.float32))
    assert np.isfinite(out.rotations_6d).all() and model.error_model is not UNCORRECTED
