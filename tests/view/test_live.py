# SPDX-License-Identifier: Apache-2.0
"""Bodies in a real viser scene: they come, move, go and come back."""

import time

import numpy as np
import pytest

pytest.importorskip("viser", reason="needs the extra view")

from kinest_ros.errors import KinestError
from kinest_ros.view.live import GONE, LivePage
from kinest_ros.view.stage import close_stage, open_stage
from tests.web.ports import free_port


@pytest.fixture
def stage():
    server = open_stage("127.0.0.1", free_port())
    yield server
    close_stage(server)


def body(page: LivePage, x: float = 0.0) -> None:
    positions = np.random.default_rng(0).normal(size=(22, 3)) + (x, 0.0, 0.0)
    page.body("kinest", positions, np.full(22, 0.9), np.ones(2), np.full(6, 3), 0.004)


def test_a_body_comes_goes_and_comes_back(stage):
    page = LivePage(stage)
    page.trackers("kinest", np.ones((3, 3)))
    body(page)
    figure = page._bodies["kinest"].figure
    limbs = figure._parts
    assert limbs.visible and limbs.batched_scales.max() > 0.1
    assert (np.ptp(figure._trackers.batched_scales[:3], axis=0) < 1e-6).all()
    before = limbs.batched_positions.copy()
    time.sleep(0.05)
    body(page, x=1.0)
    assert (limbs.batched_positions - before)[:, 0] == pytest.approx(1.0, abs=1e-4)
    time.sleep(GONE + 0.1)
    page.look()
    assert not limbs.visible and "no body" in page._text.content
    assert len(page._latency_plot.data[0]) >= 1
    body(page)
    assert limbs.visible


def test_a_port_in_use_is_named(stage):
    with pytest.raises(KinestError, match="in use"):
        open_stage("127.0.0.1", stage.get_port())
