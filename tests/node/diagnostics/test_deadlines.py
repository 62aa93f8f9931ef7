# SPDX-License-Identifier: Apache-2.0
import pytest

from kinest_ros.node.diagnostics.deadlines import DEADLINE, WINDOW, Deadlines

TICK = 1_000_000_000 // 60


class Run:
    """Bodies at their ticks, each so many ms behind; the computer's clock is somewhere else."""

    def __init__(self, offset_ns: int = 5_000_000_000_000) -> None:
        self.now, self.tick, self.offset = 0, 0, offset_ns
        self.deadlines = Deadlines(lambda: self.now)

    def bodies(self, *delays_ms: float) -> list[bool]:
        late = []
        for delay in delays_ms:
            self.tick += 1
            stamp = self.tick * TICK
            self.now = stamp + self.offset + round(delay * 1e6)
            late.append(self.deadlines.published(stamp))
        return late


def test_what_is_later_than_a_tick_behind_the_quickest_is_a_miss():
    run = Run()
    assert run.bodies(5.0, 4.0, 20.0, 22.0, 4.5, 60.0) == [False] * 3 + [True, False, True]
    assert run.deadlines.facts() == {
        "deadline misses": "2 of 6", "latest body (ms)": "56.0",
    }  # fmt: skip


@pytest.mark.parametrize("drift", [-200e-6, 200e-6])
def test_clocks_that_drift_apart_are_no_misses(drift):
    """0.2 ms a second for ten minutes is seven ticks."""
    run = Run()
    assert not any(run.bodies(*(drift * 1e3 * tick / 60.0 for tick in range(36_000))))
    assert run.deadlines.worst < DEADLINE


def test_a_lasting_delay_is_counted_until_it_is_how_it_is():
    """A queue that fills is late; after the window before last it counts as the transport's."""
    run = Run()
    run.bodies(*[4.0] * 60)
    late = run.bodies(*[40.0] * round(3 * WINDOW * 60))
    assert all(late[: round(WINDOW * 60) - 60]) and not any(late[-round(WINDOW * 60) :])


def test_the_quickest_of_a_window_counts_in_the_next_wherever_it_came():
    run, window = Run(), round(WINDOW * 60)
    run.bodies(*[8.0] * (window + 2))
    run.bodies(30.0, *[8.0] * (window + 2))
    assert run.bodies(26.0, 20.0) == [True, False]


def test_another_clock_begins_anew_and_the_counts_stay():
    run = Run()
    run.bodies(4.0, 40.0)
    run.tick -= 216_000
    run.offset += 3_600_000_000_000
    assert run.bodies(4.0, 5.0) == [False, False]
    assert (run.deadlines.bodies, run.deadlines.misses) == (4, 1)
