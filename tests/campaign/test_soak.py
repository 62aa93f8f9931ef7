# SPDX-License-Identifier: Apache-2.0
"""The short form of `python -m tests.campaign.soak`: a fault-ridden stretch and a clean one."""

import pytest

pytest.importorskip("daqp", reason="needs the extra kinest_ros[retarget]")

from kinest_ros.runtime.predictor import StreamingPredictor
from tests.campaign import soak

pytestmark = pytest.mark.slow


def test_what_was_gone_through_leaves_nothing(monkeypatch):
    """No drift, bit for bit the same after a reset; a network that keeps its state is found out."""
    monkeypatch.setattr(soak, "PROBE", 2.5)
    monkeypatch.setattr(soak, "COMPARED", 1.0)
    found = soak.Soak(seed=0, seconds=1.5)
    found.faulty()
    clean = found.probe()
    assert clean.exact and clean.drift_cm < 0.5
    assert found.verdict() == [] and found.bodies > 300
    monkeypatch.setattr(StreamingPredictor, "reset", lambda self: None)
    assert not found.probe().exact
    assert any("not exact" in each for each in found.verdict())
