# SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime, which would tell its makers what is run, is told not to."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("onnxruntime")

#: Makes a runtime as the node does, of a small network.
PROGRAM = """
import torch
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.choose import make_runtime
model = StreamingKineST(StreamingConfig(width=16, joint_width=8)).eval()
print(make_runtime(model, "onnx").name)
"""


def test_nothing_is_kept_for_its_makers(tmp_path: Path) -> None:
    """It would keep what to send, and who sends it, in ~/.cache/Microsoft."""
    # Under continuous integration it tells nothing anyway.
    quiet = {"CI", "TF_BUILD", "GITHUB_ACTIONS", "ORT_RUNNING_UNIT_TESTS", "ORT_DISABLE_TELEMETRY"}
    env = {name: value for name, value in os.environ.items() if name not in quiet}
    env |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / ".cache")}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, env=env)
    assert done.stdout.split() == ["onnx"], done.stderr
    assert not [path for path in tmp_path.rglob("*") if "microsoft" in str(path).lower()]
