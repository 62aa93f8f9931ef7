# SPDX-License-Identifier: Apache-2.0
"""Which stamps move the clock."""

import pytest

from kinest_ros.tracking.sampling.clock import Advance, Clock, stands_alone, went_back

MS = 1_000_000
ON, ALONE, CONFIRMED, ANEW = Advance.ON, Advance.ALONE, Advance.CONFIRMED, Advance.ANEW


@pytest.mark.parametrize(
    ("stamps", "advances", "newest"),
    [
        ((0, 10, 9000, 20), (ON, ON, ALONE, ON), 20),
        ((0, 10, 9000, 20, 9001), (ON, ON, ALONE, ON, ALONE), 20),
        ((0, 10, 9000, 9000, 20), (ON, ON, ALONE, ALONE, ON), 20),  # the same one sent twice
        ((0, 10, 9000, 5000, 20), (ON, ON, ALONE, ALONE, ON), 20),
        ((0, 10, 900, 910), (ON, ON, ALONE, CONFIRMED), 910),
        ((0, 400, 800), (ON, ALONE, CONFIRMED), 800),  # a slow tracker
        ((9000, 0, 9010), (ON, ALONE, ON), 9010),
        ((9000, 0, 10, 20), (ON, ALONE, ANEW, ON), 20),
        ((9000, 90_000, 0, 10), (ON, ALONE, ALONE, ANEW), 10),
        ((9000, 0, 90_000, 9010), (ON, ALONE, ALONE, ON), 9010),
        ((1000, 990, 600, 1010), (ON, ON, ON, ON), 1010),
    ],
)
def test_a_stamp_far_off_counts_when_the_next_one_agrees(
    stamps: tuple[int, ...], advances: tuple[Advance, ...], newest: int
) -> None:
    clock = Clock(250 * MS)
    assert tuple(clock.take(stamp * MS) for stamp in stamps) == advances
    assert clock.newest_ns == newest * MS


def test_what_is_far() -> None:
    assert stands_alone(0, None, 250) and stands_alone(251, 0, 250)
    assert not stands_alone(250, 0, 250)
    assert not went_back(0, None)
    assert went_back(0, 501 * MS) and not went_back(0, 500 * MS)
