# SPDX-License-Identifier: Apache-2.0
"""kinest evaluate on bags."""

import json

import pytest

from kinest_ros.bags.writer import BodyBagWriter
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import tracker_frames, true_bodies
from tests.tracking.fakes import SKELETON

pytestmark = pytest.mark.slow


def test_bags_and_weights_side_by_side(tmp_path, kinest, tiny_weights):
    motion = generate("standing", SKELETON, 2, 0.8)
    bag = tmp_path / "in"
    with BodyBagWriter(bag, SKELETON) as out:
        for body in true_bodies(motion, SKELETON):
            out.write_ground_truth(body)
        for frame in tracker_frames(motion, SKELETON):
            out.write_frame(frame)
    with BodyBagWriter(tmp_path / "body", SKELETON) as out:
        for frame in tracker_frames(motion, SKELETON):
            out.write_frame(frame)
        for body in true_bodies(motion, SKELETON):
            out.write_body(body)
    report = tmp_path / "report.html"
    status, text, err = kinest("evaluate", bag, tmp_path / "body", "--json", "--report", report)
    assert status == 0, err
    page = report.read_text(encoding="utf-8")
    assert "<h2>in, default</h2>" in page and "<h2>body</h2>" in page
    assert "worst moments" in page
    found = json.loads(text)
    assert set(found) == {"in, default", "body"}
    assert found["in, default"]["accuracy"]["mpjpe"] > 0.1
    assert found["body"]["accuracy"] is None
    assert found["body"]["reprojection_cm"]["head"]["p95"] < 0.1
    old = tmp_path / "old.json"
    found["body"]["jitter"] *= 0.5
    old.write_text(json.dumps(found))
    body = ("evaluate", tmp_path / "body", "--json", "--against", old)
    assert kinest(*body, "--fail-if", "slide>+5%", "--fail-if", "jitter>+150%")[0] == 0
    status, text, err = kinest(*body, "--fail-if", "jitter>+50%")
    assert status == 1
    assert "failed: body: jitter is" in err and "(+100.0 %): jitter>+50%" in err
    assert set(json.loads(text)) == {"body"}
    status, text, err = kinest(
        "evaluate", bag, "--weights", "default", tiny_weights, "--figures", tmp_path / "figures"
    )
    assert status == 0, err
    assert "in, tiny" in text
    assert "mpjpe against the truth" in text
    written = {path.name for path in (tmp_path / "figures").iterdir()}
    assert written == {"error_over_time.png", "error_per_joint.png", "reliability.png"}
    assert "no folder" in kinest("evaluate", bag, "--report", tmp_path / "no" / "report.html")[2]
    status, _, err = kinest("evaluate", bag, "--data", tmp_path)
    assert status == 2
    assert "not both" in err
