# SPDX-License-Identifier: Apache-2.0
"""What is to run on a CUDA device, rehearsed on the CPU; and the script of it all."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from kinest_ros.runtime.eager import TorchRuntime
from tools.gpu import coming_and_going, live_tracker, parity

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def test_parity_finds_all_ways_alike(tmp_path: Path) -> None:
    out = tmp_path / "parity.json"
    assert parity.main(["--device", "cpu", "--frames", "30", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert set(found["ways"]) == {"eager", "graph", "sequence, torch"}
    assert all(way["largest"] < 1e-4 for way in found["ways"].values())
    assert found["ways"]["eager"]["largest"] > 0.0  # it was not compared with itself


def test_parity_names_the_way_that_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    step = TorchRuntime.step

    def drifting(self, features, active=None):
        return step(self, features * 1.001, active)

    monkeypatch.setattr(TorchRuntime, "step", drifting)
    assert parity.main(["--device", "cpu", "--frames", "30"]) == 1
    assert re.search(r"wrong: eager: off by .* at frame", capsys.readouterr().out)


def test_bodies_come_and_go(tmp_path: Path) -> None:
    out = tmp_path / "coming.json"
    assert coming_and_going.main(["--device", "cpu", "--capacities", "3", "--out", str(out)]) == 0
    assert 0.0 < json.loads(out.read_text())["capacities"]["3"]["largest"] < 1e-4


def test_the_tracker_at_live_pace(tmp_path: Path) -> None:
    out = tmp_path / "live.json"
    assert live_tracker.main(["--device", "cpu", "--seconds", "0.5", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["bodies"] >= 20
    assert found["joints_apart_m"] < 1e-5


def test_the_script_goes_on_after_what_fails_and_keeps_to_its_time(tmp_path: Path) -> None:
    """Without a device nothing can pass; every stage is tried, and said to have failed."""
    pretended = tmp_path / "python3"
    pretended.write_text('#!/bin/sh\necho "no module"\nexit 3\n')
    pretended.chmod(0o755)
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "gpu.sh")],
        env={**os.environ, "OUT": str(tmp_path / "out"), "PYTHON": str(pretended), "MINUTES": "1"},
        capture_output=True, text=True, check=False, timeout=90,
    )  # fmt: skip
    summary = (tmp_path / "out" / "summary.txt").read_text()
    for stage in (
        "prepare",
        "card",
        "kernels",
        "tests",
        "parity",
        "coming",
        "bench",
        "live",
        "training",
    ):
        assert re.search(rf"^{stage} .*FAILED", summary, re.MULTILINE), (summary, done.stderr)
    assert done.returncode == 9
    assert "9 stages failed" in summary
