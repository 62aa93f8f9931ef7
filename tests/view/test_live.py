# SPDX-License-Identifier: Apache-2.0
"""Bodies in a real viser scene: they come, move, go and come back."""

import time

import numpy as np
import pytest

pytest.importorskip("viser", reason="needs the extra view")

from kinest_ros.errors import KinestError
from kinest_ros.view.live import GONE, LivePage
from kinest_ros.view.stage import close_stage, open_stage
from kinest_ros.view.tracker_axes import GREY, XYZ
from tests.web.ports import free_port


@pytest.fixture
def stage():
    server = open_stage("127.0.0.1", free_port())
    yield server
    close_stage(server)


#: Three trackers whose axes are the world's, and three that never were.
MEASURED = np.full((6, 3), np.nan), np.full((6, 3, 3), np.nan)
MEASURED[0][:3], MEASURED[1][:3] = 1.0, np.eye(3)


def body(page: LivePage, x: float = 0.0, states: tuple[int, ...] = (3,) * 6) -> None:
    positions = np.random.default_rng(0).normal(size=(22, 3)) + (x, 0.0, 0.0)
    page.body("kinest", positions, np.full(22, 0.9), np.ones(2), np.array(states), 0.004)


def test_a_body_comes_goes_and_comes_back(stage):
    page = LivePage(stage)
    page.trackers("kinest", *MEASURED)
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


def test_a_lost_and_a_rejected_tracker_are_grey_where_they_were_last(stage):
    page = LivePage(stage)
    page.trackers("kinest", *MEASURED)
    body(page)
    axes = page._bodies["kinest"].figure.axes
    assert set(axes._labels) == {0, 1, 2}
    assert (axes._lines.colors == XYZ[[0, 0, 1, 1, 2, 2] * 3].reshape(9, 2, 3)).all()
    time.sleep(0.05)
    body(page, states=(3, 0, 4, 0, 0, 0))
    colours = axes._lines.colors.reshape(3, 6, 3)
    assert (colours[0] == XYZ[[0, 0, 1, 1, 2, 2]]).all() and (colours[1:] == GREY).all()
    assert [axes._labels[i].text for i in range(3)] == [
        "head", "left_hand: not valid", "right_hand: not valid"
    ]  # fmt: skip
    # The pink balls, which say what the body follows, do not stay.
    assert (page._bodies["kinest"].figure._trackers.batched_scales[1:] < 1e-3).all()


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(KinestError, match=r"192\.0\.2\.1.*--host"):  # TEST-NET-1 of RFC 5737
        open_stage("192.0.2.1", 0)


def test_a_port_in_use_is_named(stage):
    with pytest.raises(KinestError, match="in use"):
        open_stage("127.0.0.1", stage.get_port())
