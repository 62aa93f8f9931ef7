# SPDX-License-Identifier: Apache-2.0
"""The view as a person sees it: a page in Chromium, in which the tracker axes can be hidden."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("viser", reason="needs the extra view")

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.tracked_links import TrackedLinks
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import true_bodies
from kinest_ros.view.recording import write_html
from kinest_ros.view.shown import Shown
from kinest_ros.view.tracker_axes import ROOT
from tests.web.chromium import SMALL, browser, wait_in

pytestmark = pytest.mark.slow

SKELETON = Skeleton.from_stature(1.7)
VISIBLE = f"__viserSceneTree.getState()['{ROOT}/body/axes'].effectiveVisibility"
#: Shorter than what is waited for: the recording starts over meanwhile.
SECONDS = 1.0


@pytest.fixture(scope="module")
def recording() -> Shown:
    """The left hand is lost after half of it."""
    bodies = list(true_bodies(generate("reaching", SKELETON, 3, SECONDS), SKELETON))
    links = TrackedLinks.of(bodies)
    links.quaternions[:, :3] = (0.0, 0.0, 0.0, 1.0)
    links.positions[len(bodies) // 2 :, 1] = np.nan
    return Shown(
        "body",
        np.array([body.stamp_ns for body in bodies]),
        np.stack([body.positions for body in bodies]),
        np.full((len(bodies), 22), 0.8),
        trackers=links,
    )


@pytest.fixture(scope="module")
def page(recording: Shown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("view") / "body.html"
    write_html(path, [recording])
    with browser() as chromium:
        opened = chromium.new_page(viewport=SMALL)
        opened.faults = []
        opened.on("pageerror", lambda error: opened.faults.append(str(error)))
        opened.goto(path.as_uri())
        wait_in(
            opened, f"globalThis.__viserSceneTree?.getState()['{ROOT}/body/head'] !== undefined"
        )
        yield opened
        assert opened.faults == []


def test_the_axes_can_be_hidden_also_when_the_recording_starts_over(page: Any) -> None:
    wait_in(page, VISIBLE)
    page.dispatch_event("#kinest-axes input", "click")
    wait_in(page, f"!{VISIBLE}")
    page.wait_for_timeout(2e3 * SECONDS)
    wait_in(page, f"!{VISIBLE}")
    page.dispatch_event("#kinest-axes input", "click")
    wait_in(page, VISIBLE)


def test_a_lost_hand_says_so(page: Any) -> None:
    text = f"__viserSceneTree.getState()['{ROOT}/body/left_hand'].message.props.text"
    wait_in(page, f"{text} === 'left_hand: not valid'")
    wait_in(page, f"{text} === 'left_hand'")


@pytest.mark.skipif("KINEST_PICTURES" not in os.environ, reason="makes a picture, for the docs")
def test_picture(tmp_path: Path) -> None:
    """The sample performance with six trackers, as `kinest view BAG --html` shows it."""
    from kinest_ros.cli.main import main

    bag, html = tmp_path / "bag", tmp_path / "body.html"
    slots = "head,left_hand,right_hand,pelvis,left_foot,right_foot"
    assert main(["synth", "--out", str(bag), "--duration", "6", "--trackers", slots]) == 0
    assert main(["view", str(bag), "--html", str(html)]) == 0
    with browser() as chromium:
        opened = chromium.new_page(viewport={"width": 720, "height": 480})
        opened.goto(html.as_uri())
        wait_in(opened, f"globalThis.__viserSceneTree?.getState()['{ROOT}'] !== undefined")
        opened.wait_for_timeout(4e3)
        for close in opened.query_selector_all(".mantine-Notification-closeButton"):
            close.dispatch_event("click")  # that a processor draws
        opened.wait_for_timeout(12e3)  # it fades in
        opened.screenshot(path=Path(os.environ["KINEST_PICTURES"]) / "view.png", timeout=120e3)
