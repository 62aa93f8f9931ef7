# SPDX-License-Identifier: Apache-2.0
"""What counts as a jump."""

import numpy as np
import pytest

from kinest_ros.tracking.sampling.sample_track import Source
from kinest_ros.tracking.steadying.jumps import JumpWatch

MEASURED, EXTRAPOLATED, HELD, LOST = (
    Source.MEASURED,
    Source.EXTRAPOLATED,
    Source.HELD,
    Source.LOST,
)


NAMES = np.array(list("hlrpLR"))


def sources(head=MEASURED, left=MEASURED, right=MEASURED, pelvis=LOST):
    return np.array([head, left, right, pelvis, LOST, LOST], dtype=np.int8)


def look(before, after, step=0.0, index=11, restart=False):
    watch = JumpWatch(60.0)
    assert watch.look(10, before, np.zeros((6, 3))) is None
    if restart:
        watch.network_restarted()
    moved = np.zeros((6, 3))
    moved[1, 2] = step
    jump = watch.look(index, after, moved)
    return None if jump is None else "".join(NAMES[jump.slots])


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (sources(), sources(), None),
        (sources(), sources(left=EXTRAPOLATED), None),
        (sources(left=EXTRAPOLATED), sources(), None),
        (sources(left=EXTRAPOLATED), sources(left=HELD), None),
        (sources(left=HELD), sources(left=LOST), "l"),
        (sources(left=LOST), sources(), "l"),
        (sources(right=HELD), sources(), "r"),
        (sources(head=HELD), sources(), "h"),
        (sources(), sources(pelvis=MEASURED), "p"),
        (sources(pelvis=HELD), sources(), "p"),
    ],
)
def test_losses_and_recoveries(before, after, expected):
    assert look(before, after) == expected


def test_missing_ticks_mean_that_the_head_was_away():
    assert look(sources(), sources(), index=12) == "h"


def test_a_restarted_network_jumps_by_itself():
    assert look(sources(), sources(), restart=True) == ""


def test_trackers_that_find_themselves_anew():
    assert look(sources(), sources(), step=19.0 / 60) is None
    assert look(sources(), sources(), step=21.0 / 60) == "l"


def test_a_tracker_whose_samples_leapt_has_jumped_however_far():
    watch, still = JumpWatch(60.0), np.zeros((6, 3))
    leapt = np.array([0, 1, 0, 0, 0, 0])
    assert watch.look(10, sources(), still) is None
    assert "".join(NAMES[watch.look(11, sources(), still, leapt).slots]) == "l"
    assert watch.look(12, sources(), still, leapt) is None


def test_a_lost_tracker_has_no_position_to_jump_from():
    lost = sources(left=LOST)
    assert look(lost, lost, step=5.0) is None


def test_reset_forgets_everything():
    watch = JumpWatch(60.0)
    watch.look(10, sources(), np.zeros((6, 3)))
    watch.network_restarted()
    watch.reset()
    assert watch.look(50, sources(left=LOST), np.ones((6, 3))) is None
    assert watch.look(51, sources(left=LOST), np.ones((6, 3))) is None
