# SPDX-License-Identifier: Apache-2.0
"""mamba-ssm's own Triton kernels, run without a card, are our scan: forward and backward."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

#: Environment variable with a folder of mamba-ssm's sources, where it is not installed.
SOURCES = "KINEST_MAMBA_SOURCES"


def _sources() -> Path:
    """The folder that holds the package mamba_ssm, which is not to be imported here."""
    given = os.environ.get(SOURCES)
    if given:
        return Path(given)
    found = importlib.util.find_spec("mamba_ssm")
    if found is None or found.origin is None:
        pytest.skip(
            f"needs the sources of mamba-ssm: git clone https://github.com/state-spaces/mamba, and "
            f"its folder in {SOURCES}"
        )
    return Path(found.origin).parents[1]


def test_the_kernels_are_our_scan() -> None:
    folder = _sources()
    for name in ("triton", "einops"):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs {name}: pip install triton einops")
    done = subprocess.run(
        [sys.executable, "-m", "tests.model.ssd.interpreted_kernels", str(folder)],
        env={**os.environ, "TRITON_INTERPRET": "1", "OMP_NUM_THREADS": "1"},
        cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    for differences in json.loads(done.stdout.splitlines()[-1]):
        assert set(differences) >= {"y", "after", "d x", "d log_decay", "d state"}
        assert max(differences.values()) < 1e-5, differences
