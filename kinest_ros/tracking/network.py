# SPDX-License-Identifier: Apache-2.0
"""The network of one body: asked once a tick, restarted when it says something not finite."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from kinest_ros.body.finite import all_finite
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.tracking.asking import Ask, Asking
from kinest_ros.tracking.moment import Moment
from kinest_ros.tracking.stats import TrackerStats

if TYPE_CHECKING:
    from kinest_ros.runtime.predictor import Prediction, Predictor


class Network:
    """A predictor, and the ticks whose predictions are still to come."""

    def __init__(
        self, predictor: Predictor, stats: TrackerStats, on_restart: Callable[[], None]
    ) -> None:
        """Use a predictor as it is; `restart` comes before the first tick.

        Args:
            predictor: with its carried state.
            stats: counters, to be kept.
            on_restart: called when the next pose will not follow from the one before.
        """
        self._predictor, self._stats, self._on_restart = predictor, stats, on_restart
        # With a lookahead the prediction is of an earlier tick.
        self._moments: deque[Moment] = deque(maxlen=predictor.lookahead + 1)

    def restart(self) -> None:
        """Forget the carried state."""
        self._predictor.reset()
        self._moments.clear()
        self._on_restart()

    def lost_track(self) -> None:
        """Forget the carried state because it does not hold any more, and count that."""
        self._stats.network_resets += 1
        self.restart()

    def not_finite(self) -> None:
        """Count a tick without a finite body, and begin with a clean state at the next one."""
        self._stats.not_finite += 1
        self.lost_track()

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Go on with another wearer; the state stays."""
        self._predictor.set_skeleton(skeleton)

    def ask(self, moment: Moment, floor: float) -> Asking[tuple[Prediction, Moment] | None]:
        """Step by one tick; return a prediction and the tick it is of, None if there is none yet.

        Args:
            moment: the tick.
            floor: height of the floor, m.
        """
        self._moments.append(moment)
        above_floor = moment.positions.copy()
        above_floor[:, 2] -= floor
        prediction = yield Ask(above_floor, moment.rotations, moment.tick.valid)
        if not _is_finite(prediction):
            self.not_finite()
            return None
        if len(self._moments) <= self._predictor.lookahead:
            return None
        return prediction, self._moments[0]


def _is_finite(prediction: Prediction) -> bool:
    return bool(
        all_finite(prediction.local_rotations)
        and all_finite(prediction.confidence)
        and all_finite(prediction.contacts)
    )
