# SPDX-License-Identifier: Apache-2.0
"""Clocks that are constantly apart are named, and nothing else is."""

import pytest

from kinest_ros.node.diagnostics.slot_clocks import SlotClocks, described

MS = 1_000_000


def looks(arrivals, seconds=4):
    """Feed (arrival, stamp, slots), ns, looking once a second; return each look's findings."""
    clocks, found, due = SlotClocks(), [], None
    for arrival, stamp_ns, slots in sorted(arrivals):
        due = arrival + 1000 * MS if due is None else due
        while arrival >= due:
            found.append(clocks.look())
            due += 1000 * MS
        clocks.heard(stamp_ns, slots)
    return found


def stream(slot, rate, offset_ms=0.0, delay_ms=0.0, seconds=5.0, burst_ms=0.0, until=None):
    for i in range(int(seconds * rate)):
        time = int(i * 1e9 / rate)
        if until is not None and time > until:
            return
        arrival = time + delay_ms * MS
        if burst_ms:
            arrival = (arrival // (burst_ms * MS) + 1) * burst_ms * MS
        yield int(arrival), time + round(offset_ms * MS), (slot,)


@pytest.mark.parametrize("offset_ms", [-2000, -300, -100, 60, 100, 300])
def test_a_clock_that_is_apart_is_named_with_the_offset(offset_ms):
    arrivals = [*stream("head", 72), *stream("left_hand", 90, offset_ms), *stream("pelvis", 90)]
    for offsets, apart in looks(arrivals)[1:]:
        assert list(apart) == ["left_hand"]
        assert apart["left_hand"] / MS == pytest.approx(offset_ms, abs=12)
        assert abs(offsets["pelvis"]) < 12 * MS


def test_a_head_that_arrives_late_is_named_by_the_hands():
    arrivals = [*stream("head", 72, delay_ms=100), *stream("left_hand", 72)]
    (_, apart) = looks(arrivals)[-1]
    assert apart["left_hand"] / MS == pytest.approx(100, abs=15)


@pytest.mark.parametrize(
    "arrivals",
    [
        [*stream("head", 72), *stream("left_hand", 72)],
        [*stream("head", 120), *stream("left_hand", 15)],
        [*stream("head", 12), *stream("left_hand", 120)],
        [*stream("head", 72, delay_ms=8), *stream("left_hand", 72, delay_ms=30)],
        [*stream("head", 72, burst_ms=400), *stream("left_hand", 72, burst_ms=400)],
        [
            *stream("head", 72, burst_ms=400),
            *((a + 1, s, t) for a, s, t in stream("left_hand", 72, burst_ms=400)),
        ],
        [*stream("head", 72), *stream("left_hand", 72, until=1200 * MS)],
        [*stream("head", 72, until=1200 * MS), *stream("left_hand", 72)],
    ],
    ids=["same", "slow hand", "slow head", "delays", "bursts", "by topic", "lost", "head lost"],
)
def test_nothing_is_named_where_clocks_agree(arrivals):
    found = looks(arrivals)
    assert len(found) >= 2
    assert not any(apart for _, apart in found)


def test_what_is_told():
    assert "left_hand: stamps arrive 120 ms ahead of the head's" in described("left_hand", 120 * MS)
    assert "120 ms behind" in described("left_hand", -120 * MS)
