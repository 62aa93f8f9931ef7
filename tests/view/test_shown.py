# SPDX-License-Identifier: Apache-2.0
"""The tick that is nearest to a time."""

import numpy as np

from kinest_ros.evaluation.tracked_links import TrackedLinks
from kinest_ros.view.shown import Shown


def test_the_nearest_tick_or_none():
    stamps = np.array([0, 16, 33, 500]) * 1_000_000
    shown = Shown("body", stamps, np.zeros((4, 22, 3)))
    assert [shown.at(ms * 1_000_000) for ms in (0, 7, 9, 33, 50)] == [0, 0, 1, 2, 2]
    assert shown.at(200_000_000) is None
    assert shown.at(510_000_000) == 3
    assert shown.at(-30_000_000) is None


def test_a_tracker_that_is_not_valid_stays_where_it_was_last():
    links = TrackedLinks.nowhere(4)
    links.positions[1:3, 1], links.quaternions[1:3, 1] = (1.0, 2.0, 3.0), (0.0, 0.0, 0.0, 1.0)
    links.positions[2, 1, 0] = 5.0
    shown = Shown("body", np.arange(4) * 16_000_000, np.zeros((4, 22, 3)), trackers=links)
    seen = [shown.seen(tick) for tick in range(4)]
    assert [bool(s.valid[1]) for s in seen] == [False, True, True, False]
    assert np.isnan(seen[0].positions[1]).all()  # not yet
    assert seen[1].positions[1].tolist() == [1.0, 2.0, 3.0]
    assert seen[3].positions[1].tolist() == seen[2].positions[1].tolist() == [5.0, 2.0, 3.0]
    assert np.array_equal(seen[3].rotations[1], np.eye(3))
    assert np.isnan(seen[3].positions[0]).all()
    assert Shown("truth", shown.stamps_ns, shown.positions).seen(0) is None
