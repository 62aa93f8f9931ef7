# SPDX-License-Identifier: Apache-2.0
"""Where bags are done: a few at a time, by workers that may die."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from kinest_ros.errors import KinestError
from kinest_ros.fleet.listing import Listed
from kinest_ros.fleet.task import Done

#: A bag is begun so many times before it is given up: it may be what kills the workers.
ATTEMPTS = 3


class Engine(Protocol):
    """Takes bags and hands back what came of them, in any order."""

    @property
    def room(self) -> int:
        """How many more bags it takes now."""

    @property
    def workers(self) -> int:
        """How many bags it does at a time."""

    def give(self, bag: Listed) -> None:
        """Take a bag, where there is room."""

    def wait(self, seconds: float) -> list[Done]:
        """Return what is done, as soon as there is something or the time is over.

        Raises:
            KinestError: it cannot go on at all.
        """

    def close(self) -> None:
        """End all workers."""


def run_all(engine: Engine, bags: Iterator[Listed]) -> Iterator[Done | None]:
    """Yield what came of each bag, and None about once a second while nothing does.

    Bags are taken from the iterator when there is room for them, no sooner.

    Raises:
        KinestError: a fault that no other bag would be spared.
    """
    given = 0
    more = True
    while more or given:
        while more and engine.room > 0:
            bag = next(bags, None)
            if bag is None:
                more = False
            else:
                engine.give(bag)
                given += 1
        if not given:
            continue
        found = engine.wait(1.0)
        for done in found:
            if done.stop:
                raise KinestError(done.error)
            given -= 1
            yield done
        if not found:
            yield None


def given_up(name: str, why: str) -> Done:
    """Return the end of a bag whose workers died."""
    return Done(name, {}, f"given up: {why}, {ATTEMPTS} times over")
