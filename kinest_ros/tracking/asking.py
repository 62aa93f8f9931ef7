# SPDX-License-Identifier: Apache-2.0
"""Work that stops wherever it needs the network, so that one step can answer several bodies."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, NamedTuple, TypeVar

import numpy as np

if TYPE_CHECKING:
    from kinest_ros.runtime.predictor import Prediction, Predictor


class Ask(NamedTuple):
    """What a predictor's step is asked with; see `StreamingPredictor.step`.

    Attributes:
        positions: (6, 3) of the tracked links, m, above the floor.
        link_rotations: (6, 3, 3) world_from_link.
        valid: (6,) bool.
    """

    positions: np.ndarray
    link_rotations: np.ndarray
    valid: np.ndarray


Result = TypeVar("Result")
#: Yields what the network is asked, is sent its answer, and comes to a result.
Asking = Generator[Ask, "Prediction", Result]


def answered(work: Asking[Result], predictor: Predictor) -> Result:
    """Return what some work comes to, with a predictor that answers it at once."""
    try:
        ask = next(work)
        while True:
            try:
                prediction = predictor.step(*ask)
            except Exception as error:
                ask = work.throw(error)  # where it was asked, as if it had been called there
            else:
                ask = work.send(prediction)
    except StopIteration as end:
        result: Result = end.value
        return result
