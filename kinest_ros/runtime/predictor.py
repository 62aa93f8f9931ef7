# SPDX-License-Identifier: Apache-2.0
"""StreamingPredictor: tracker poses in, body rotations out, one frame at a time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from kinest_ros.body.frames import joints_of_links
from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations_numpy import matrices_from_sixd
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.confidence import HALF_CONFIDENCE, confidence_from_sigma
from kinest_ros.model.error_model import ErrorModel
from kinest_ros.model.network import Network
from kinest_ros.runtime.base import Runtime, StepOutput
from kinest_ros.runtime.choose import make_runtime
from kinest_ros.runtime.cold_start import agree
from kinest_ros.runtime.live_features import FrameFeatures
from kinest_ros.runtime.native import kernels


@dataclass(frozen=True)
class Prediction:
    """What the network says of one frame.

    Attributes:
        local_rotations: (22, 3, 3) float64 in SMPL axes; [0] is world_from_pelvis, the others
            parent_from_joint.
        contacts: (2,) probability that the left and the right foot rest on the floor.
        confidence: (22,) in (0, 1]; one half where an error of 10 cm is expected.
        position_sigma: (22,) m, expected size of each joint's position error.
    """

    local_rotations: np.ndarray
    contacts: np.ndarray
    confidence: np.ndarray
    position_sigma: np.ndarray


def as_prediction(
    rotations: ArrayLike, contact_logits: ArrayLike, log_variance: ArrayLike
) -> Prediction:
    """Return the prediction of one frame.

    Args:
        rotations: (22, 3, 3), [0] world_from_pelvis.
        contact_logits: (2,).
        log_variance: (22,), of one coordinate of the position error, in m^2.
    """
    logits, variance = (np.asarray(v, dtype=np.float64) for v in (contact_logits, log_variance))
    # The length of an error of three such coordinates.
    sigma = np.exp(0.5 * np.minimum(np.maximum(variance, -14.0), 2.0))
    sigma *= 3.0**0.5
    # Beyond 50 the probability is 0 or 1 to double precision; exp would overflow far beyond.
    contacts = 1.0 / (1.0 + np.exp(-np.minimum(np.maximum(logits, -50.0), 50.0)))
    rotations = np.asarray(rotations, dtype=np.float64)
    return Prediction(rotations, contacts, confidence_from_sigma(sigma), sigma)


def decoded(output: StepOutput, row: int, heading: np.ndarray) -> Prediction:
    """Return the prediction of one row of a network's output.

    Args:
        output: of the network.
        row: whose.
        heading: (3, 3) world_from_heading of the frame that is predicted.
    """
    sixd, logits, variance = (each[row] for each in output)
    if kernels.COMPILED:
        return Prediction(*kernels.decode(sixd, logits, variance, heading, HALF_CONFIDENCE))
    rotations = matrices_from_sixd(sixd.reshape(NUM_JOINTS, 6))
    # As root_from_canonical: the network's root is heading_from_pelvis_link.
    rotations[0] = joints_of_links(heading.dot(rotations[0]))
    return as_prediction(rotations, logits, variance)


class Predictor(Protocol):
    """What a body tracker asks frame by frame for the posture; it carries the state of one body."""

    @property
    def lookahead(self) -> int:
        """Steps by which the predictions lag behind the frames."""

    @property
    def error_model(self) -> ErrorModel:
        """What the expected errors of a finished pose follow from, given a prediction's."""

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Go on with another wearer; the state stays."""

    def reset(self) -> None:
        """Forget everything: the next frame starts a new stream."""

    def step(
        self, positions: np.ndarray, link_rotations: np.ndarray, valid: np.ndarray
    ) -> Prediction:
        """Take one frame of trackers, as `StreamingPredictor.step`."""


class NetworkPredictor:
    """A predictor that runs a streaming network.

    Attributes:
        model: the network.
        runtime: how it runs.
        device: "cpu" or "cuda".
        lookahead: steps by which the predictions lag behind the frames.
    """

    model: Network
    runtime: Runtime
    device: str
    lookahead: int

    @property
    def error_model(self) -> ErrorModel:
        """The network's, see `ErrorModel`."""
        return self.model.error_model


def streaming_of(predictor: Predictor) -> NetworkPredictor:
    """Return a predictor that runs a streaming network, for what only those have: model, runtime.

    Raises:
        TypeError: it is another one.
    """
    if not isinstance(predictor, NetworkPredictor):
        raise TypeError(f"{type(predictor).__name__} runs no streaming network")
    return predictor


class StreamingPredictor(NetworkPredictor):
    """Features, network and decoding for one body; owns the state carried across frames."""

    def __init__(
        self,
        model: Network,
        skeleton: Skeleton,
        device: str = "cpu",
        runtime: str | Runtime = "torch",
    ) -> None:
        """Start a stream.

        Args:
            model: the network, already on the device.
            skeleton: of the wearer.
            device: "cpu" or "cuda".
            runtime: how the network runs: a name of RUNTIMES, or a runtime of one body.

        Raises:
            KinestError: the runtime is not known, or not to be had here.
        """
        self.model = model
        if isinstance(runtime, str):
            runtime = make_runtime(model, runtime, device)
        self.runtime = runtime
        self.device = runtime.device
        self.lookahead = model.config.lookahead
        self._features = FrameFeatures(canonical=model.config.canonical)
        self.set_skeleton(skeleton)
        self._headings: deque[np.ndarray] = deque(maxlen=self.lookahead + 1)
        self.reset()

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Go on with another wearer; the state stays."""
        self._features.set_body(0, skeleton)
        self._rest_offsets = skeleton.rest_offsets

    def reset(self) -> None:
        """Forget everything: the next frame starts a new stream."""
        self.runtime.reset()
        self._features.reset()
        self._headings.clear()
        self._cold = True

    def step(
        self, positions: np.ndarray, link_rotations: np.ndarray, valid: np.ndarray
    ) -> Prediction:
        """Take one frame of trackers.

        Args:
            positions: (6, 3) of the tracked links in the world (z up), m, in the order of SLOTS;
                anything where not valid.
            link_rotations: (6, 3, 3) world_from_link.
            valid: (6,) bool; the head must be valid.

        Returns:
            The pose of the frame lookahead steps ago (in the first steps: of the first frame).
        """
        features, headings = self._features.next(positions[None], link_rotations[None], valid[None])
        self._headings.append(headings[0])
        if self._cold:
            self._cold = False
            self._warm_up(features)
        return decoded(self.runtime.step(features), 0, self._headings[0])

    def _warm_up(self, features: np.ndarray) -> None:
        """Have the state of somebody who stood still, or an empty one; see `cold_start`."""
        steps = (self.runtime.step(features) for _ in range(self.model.config.warm_up))
        seen = [decoded(step, 0, self._headings[0]).local_rotations for step in steps]
        if agree(seen, self._rest_offsets):
            self.runtime.reset()
