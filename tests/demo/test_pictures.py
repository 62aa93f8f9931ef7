# SPDX-License-Identifier: Apache-2.0
"""The picture is drawn headless, and shows the body, the trackers and the truth."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="needs matplotlib: pip install 'kinest_ros[plot]'")

from matplotlib.colors import to_rgb
from matplotlib.image import imread

from kinest_ros.body.picture_colours import LEFT, RIGHT
from kinest_ros.demo import pictures
from tests.demo.recordings import recording

pytestmark = pytest.mark.slow


def share_of(image: np.ndarray, color: str) -> float:
    """Share of the pixels that have about this colour."""
    return float((np.abs(image[..., :3] - to_rgb(color)).max(axis=-1) < 0.02).mean())


def test_everything_is_in_the_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    path = tmp_path / "body.png"
    pictures.draw(recording(offset=0.1), path)
    image = imread(path)
    assert image.shape[1] > 1500
    for color in (LEFT, RIGHT, pictures._TRACKER, pictures._TRUTH):
        assert share_of(image, color) > 1e-4
    with_truth = share_of(image, pictures._TRUTH)
    pictures.draw(recording(offset=0.1, truth=False), path)
    # Edges of text and axes are grey too.
    assert share_of(imread(path), pictures._TRUTH) < 0.1 * with_truth


def test_one_body_is_enough(tmp_path: Path) -> None:
    pictures.draw(recording(1, truth=False), tmp_path / "body.png")
    assert (tmp_path / "body.png").stat().st_size > 10_000


def test_body_axes_are_level_and_right_handed() -> None:
    joints = recording(1).bodies.positions[0]
    forward, left = pictures._body_axes(joints)
    np.testing.assert_allclose(forward, (1.0, 0.0, 0.0), atol=1e-9)
    np.testing.assert_allclose(left, (0.0, 1.0, 0.0), atol=1e-9)
