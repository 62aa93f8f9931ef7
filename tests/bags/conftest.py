# SPDX-License-Identifier: Apache-2.0
"""What is said of a bag once is said in each test."""

import pytest

from kinest_ros.bags import opening


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "_said", set())
