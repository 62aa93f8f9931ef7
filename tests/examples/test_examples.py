# SPDX-License-Identifier: Apache-2.0
"""Each example in a process and a folder of its own, the first of them as a user starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests import commands
from tests.warm import WarmProcess

EXAMPLES = Path(__file__).parents[2] / "examples"
pytestmark = pytest.mark.slow


def run(name: str, folder: Path, *arguments: str) -> str:
    """Return what the example printed."""
    done = commands.run(*arguments, module=str(EXAMPLES / name), folder=str(folder), timeout=300.0)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_fresh(name: str, folder: Path, *arguments: str) -> str:
    """As `run`, with everything loaded anew."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_they_are_numbered_and_all_run_here() -> None:
    names = sorted(path.name for path in EXAMPLES.glob("*.py"))
    assert [name[:3] for name in names] == [f"{number:02d}_" for number in range(1, len(names) + 1)]
    tests = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in names if name not in tests] == []


def test_first_body(tmp_path: Path) -> None:
    said = run_fresh("01_first_body.py", tmp_path)
    assert said.startswith("120 bodies")
    heights = {m[1]: float(m[2]) for m in re.finditer(r"^(\w+) .* z +(-?[\d.]+) m", said, re.M)}
    assert len(heights) == 22
    assert heights["head"] == pytest.approx(1.56, abs=0.011)
    assert heights["left_foot"] < 0.08
    assert heights["left_wrist"] == pytest.approx(1.40, abs=0.011)


def test_bag_to_bodies(tmp_path: Path) -> None:
    said = run("02_bag_to_bodies.py", tmp_path, "--out", "walk.npz")
    assert "walk.npz: 299 bodies" in said
    with np.load(tmp_path / "walk.npz") as file:
        assert file["positions"].shape == (299, 22, 3)
        assert file["local_rotations"].shape == (299, 22, 4)
        assert file["angles"].shape == (299, 63) == (299, len(file["joint_names"]))
        assert np.isfinite(file["angles"]).all()


def test_lost_hand(tmp_path: Path) -> None:
    said = run("03_lost_hand.py", tmp_path)
    states = re.findall(r"left_hand (\w+)", said)
    assert states == ["MEASURED", "EXTRAPOLATED", "HELD", "LOST", "MEASURED"]
    assert float(re.search(r"([\d.]+) m/s", said)[1]) < 5.0


def test_calibrate(tmp_path: Path) -> None:
    said = run("04_calibrate.py", tmp_path)
    assert "T-pose: stature 1.82" in said
    toes = re.search(r"toes (-?[\d.]+) and (-?[\d.]+) cm", said)
    assert all(-2.0 < float(height) < 6.0 for height in toes.groups())


def test_train_and_evaluate(tmp_path: Path) -> None:
    said = run("05_train_and_evaluate.py", tmp_path, "--out", "mine")
    before, after = map(float, re.findall(r"([\d.]+) cm", said))
    assert after < before
    assert (tmp_path / "mine" / "weights.safetensors").is_file()
    assert "119 bodies" in said


@pytest.mark.ros
def test_gmr_subscriber(tmp_path: Path) -> None:
    rclpy = pytest.importorskip("rclpy", reason="needs ROS 2")
    from kinest_ros.msg import FullBodyState

    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("bodies", context=context)
    bodies = node.create_publisher(FullBodyState, "/kinest/anna/body", 1)
    body = FullBodyState()
    body.positions[0].x, body.positions[0].z = 0.25, 0.95
    for rotation in body.local_rotations:
        rotation.w = 1.0
    said = tmp_path / "said"
    with said.open("w") as out:
        process = WarmProcess(
            str(EXAMPLES / "06_gmr_subscriber.py"),
            ("--topic", "/kinest/anna/body"),
            out.fileno(),
            folder=str(tmp_path),
        )
    try:
        end = time.monotonic() + 120.0
        while "right_wrist" not in said.read_text() and process.poll() is None:
            assert time.monotonic() < end, "no body came through"
            bodies.publish(body)
            time.sleep(0.1)
        assert "pelvis       [0.25 0.   0.95] m, wxyz [1. 0. 0. 0.]" in said.read_text()
    finally:
        process.kill()
        process.wait()
        node.destroy_node()
        rclpy.shutdown(context=context)
