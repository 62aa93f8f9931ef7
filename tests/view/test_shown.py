# SPDX-License-Identifier: Apache-2.0
"""The tick that is nearest to a time."""

import numpy as np

from kinest_ros.view.shown import Shown


def test_the_nearest_tick_or_none():
    stamps = np.array([0, 16, 33, 500]) * 1_000_000
    shown = Shown("body", stamps, np.zeros((4, 22, 3)))
    assert [shown.at(ms * 1_000_000) for ms in (0, 7, 9, 33, 50)] == [0, 0, 1, 2, 2]
    assert shown.at(200_000_000) is None
    assert shown.at(510_000_000) == 3
    assert shown.at(-30_000_000) is None
