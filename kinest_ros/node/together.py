# SPDX-License-Identifier: Apache-2.0
"""Who answers what bodies ask of the network: each alone, or all that wait in one step."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from kinest_ros.runtime.body_batch import BodyBatch, BodyFrame
from kinest_ros.runtime.predictor import Prediction, Predictor
from kinest_ros.tracking.asking import Ask, Asking, answered

#: Is told how many seconds were spent on a body.
Spent = Callable[[float], None]


class Answering(Protocol):
    """Sees to it that a body's work gets its answers."""

    def follow(self, work: Asking[None], spent: Spent) -> None:
        """Begin some work; it is done at the latest when `settle` returns."""

    def settle(self) -> None:
        """Finish what was begun, so that the body can be reset, or told who wears it."""


class Alone:
    """Answers a body at once."""

    def __init__(self, predictor: Predictor) -> None:
        """Keep the body's predictor."""
        self._predictor = predictor

    def follow(self, work: Asking[None], spent: Spent) -> None:
        """Do the work."""
        started = time.perf_counter()
        answered(work, self._predictor)
        spent(time.perf_counter() - started)

    def settle(self) -> None:
        """Nothing is left open."""


class Together:
    """Answers all bodies that wait with one step of their batch.

    A body waits until what was received before its question has been looked at: other bodies'
    ticks that fall into the same moment are found so, and nobody waits for what has not come. Who
    is stepped with whom depends on that, and on a body's result it has no influence.
    """

    def __init__(self, batch: BodyBatch, soon: Callable[[Callable[[], None]], None]) -> None:
        """Start with nobody waiting.

        Args:
            batch: the network with the states of all.
            soon: sees to it that something is called once what was received before is done.
        """
        self._batch, self._soon = batch, soon
        self._waiting: dict[str, tuple[Asking[None], Ask, Spent]] = {}
        #: Steps of the network, and the bodies that were stepped in them.
        self.steps = self.answers = 0

    def follow(self, name: str, work: Asking[None], spent: Spent) -> None:
        """Begin a body's work; what it does next has to wait for what it did before."""
        if name in self._waiting:
            self.flush()
        nobody_waited = not self._waiting
        self._go_on(name, work, spent, lambda: next(work))
        if nobody_waited and self._waiting:
            self._soon(self.flush)

    def flush(self) -> None:
        """Answer all who wait, until nobody does."""
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            started = time.perf_counter()
            answers = self._answers({name: ask for name, (_, ask, _) in waiting.items()})
            share = (time.perf_counter() - started) / len(waiting)
            for name, (work, _, spent) in waiting.items():
                spent(share)
                answer = answers[name]
                self._go_on(name, work, spent, lambda w=work, a=answer: _hand(w, a))  # type: ignore[misc]

    def _go_on(self, name: str, work: Asking[None], spent: Spent, go_on: Callable[[], Ask]) -> None:
        started = time.perf_counter()
        with suppress(StopIteration):
            self._waiting[name] = work, go_on(), spent
        spent(time.perf_counter() - started)

    def _answers(self, asked: dict[str, Ask]) -> dict[str, Prediction | Exception]:
        self.steps += 1
        self.answers += len(asked)
        frames = {name: BodyFrame(*ask) for name, ask in asked.items()}
        try:
            return dict(self._batch.step(frames))
        except Exception:
            # One body's fault is not to be the others'.
            return {name: self._answer(name, frame) for name, frame in frames.items()}

    def _answer(self, name: str, frame: BodyFrame) -> Prediction | Exception:
        try:
            return self._batch.step({name: frame})[name]
        except Exception as error:
            return error


class Member:
    """One body of several that are answered together."""

    def __init__(self, together: Together, name: str) -> None:
        """Keep who it is.

        Args:
            together: answers.
            name: of the body in the batch.
        """
        self._together, self._name = together, name

    def follow(self, work: Asking[None], spent: Spent) -> None:
        """Begin some work."""
        self._together.follow(self._name, work, spent)

    def settle(self) -> None:
        """Answer all who wait."""
        self._together.flush()


def _hand(work: Asking[None], answer: Prediction | Exception) -> Ask:
    """Go on with some work, with the answer or with what went wrong."""
    return work.throw(answer) if isinstance(answer, Exception) else work.send(answer)
