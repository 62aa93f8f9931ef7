# SPDX-License-Identifier: Apache-2.0
"""The default skeleton beside the people of some clips, as the tool prints it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.features import describe_body
from tests import commands
from tests.motion.clip_files import write_clips
from tools.proportions import WEIGHTS, anthropometry, error_cm, fitted, mean_person, symmetric


def test_the_network_is_told_of_bodies_as_when_it_was_trained() -> None:
    """Another default skeleton changes what it is told of nobody: published bones are its zero."""
    skeleton = torch.tensor(1.7 * anthropometry())[None]
    proportions = describe_body(skeleton).proportions[0].numpy()
    np.testing.assert_allclose(proportions, 0.0, atol=0.01)


def test_both_sides_are_alike() -> None:
    offsets = symmetric(np.random.default_rng(0).normal(size=(22, 3)))
    mirrored = offsets * (-1.0, 1.0, 1.0)
    np.testing.assert_allclose(offsets[1], mirrored[2])
    np.testing.assert_allclose(offsets[[3, 6, 9, 12, 15], 0], 0.0)


def test_the_mean_has_the_head_of_everybody() -> None:
    means = {name: anthropometry() * (1.0 + 0.1 * i) for i, name in enumerate(WEIGHTS)}
    head = Skeleton(1.7 * fitted(means)).head_height
    assert head == pytest.approx(Skeleton.from_stature(1.7).head_height, abs=0.002)


def test_on_ones_own_bones_nothing_is_off(tmp_path: Path) -> None:
    write_clips(tmp_path / "clips")
    clips = sorted((tmp_path / "clips").glob("*.npz"))
    own = mean_person(clips)
    assert error_cm(clips, own) < 0.01
    assert error_cm(clips, own * (1.0, 1.0, 1.1)) > 0.01


@pytest.mark.slow
def test_it_says_what_it_needs() -> None:
    done = commands.run(module="tools.proportions")
    assert done.returncode == 2 and "--data" in done.stderr
