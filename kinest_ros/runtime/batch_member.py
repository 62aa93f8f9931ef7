# SPDX-License-Identifier: Apache-2.0
"""BatchMember: the predictor of one body of a batch."""

from __future__ import annotations

import numpy as np

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.network import Network
from kinest_ros.runtime.body_batch import BodyBatch, BodyFrame
from kinest_ros.runtime.predictor import NetworkPredictor, Prediction


class BatchMember(NetworkPredictor):
    """What a StreamingPredictor is, with its state in a row of a batch.

    Stepped here it is stepped alone; `BodyBatch.step` steps several members at once.
    """

    def __init__(self, batch: BodyBatch, name: str, model: Network, skeleton: Skeleton) -> None:
        """Join the batch.

        Args:
            batch: takes the body in.
            name: of the body in the batch.
            model: the batch's network.
            skeleton: of the wearer.

        Raises:
            KinestError: the name is taken, or all places are.
        """
        self.model, self.runtime, self.device = model, batch.runtime, batch.runtime.device
        self.lookahead = model.config.lookahead
        self.batch, self.name = batch, name
        batch.add(name, skeleton)

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Go on with another wearer; the state stays."""
        self.batch.set_skeleton(self.name, skeleton)

    def reset(self) -> None:
        """Forget everything: the next frame starts a new stream."""
        self.batch.reset(self.name)

    def step(
        self, positions: np.ndarray, link_rotations: np.ndarray, valid: np.ndarray
    ) -> Prediction:
        """Take one frame of trackers alone; see StreamingPredictor.step."""
        frame = BodyFrame(positions, link_rotations, valid)
        return self.batch.step({self.name: frame})[self.name]
