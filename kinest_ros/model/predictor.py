# SPDX-License-Identifier: Apache-2.0
"""StreamingPredictor: tracker poses in, body rotations out, one frame at a time."""

from dataclasses import dataclass

import numpy as np
import torch

from kinest_ros.body.rotations import matrix_from_sixd
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.features import (
    describe_body,
    extract_features,
    initial_feature_state,
    root_from_canonical,
)
from kinest_ros.model.streaming import StreamingKineST

#: Error, m, at which confidence has fallen to one half.
_HALF_CONFIDENCE = 0.10


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
    rotations: torch.Tensor, contact_logits: torch.Tensor, log_variance: torch.Tensor
) -> Prediction:
    """Return the prediction of one frame.

    Args:
        rotations: (22, 3, 3), [0] world_from_pelvis.
        contact_logits: (2,).
        log_variance: (22,), of one coordinate of the position error, in m^2.
    """
    # The length of an error of three such coordinates.
    sigma = torch.exp(0.5 * log_variance.clamp(-14.0, 2.0)) * 3.0**0.5
    return Prediction(
        rotations.double().cpu().numpy(),
        torch.sigmoid(contact_logits).cpu().numpy(),
        (1.0 / (1.0 + sigma / _HALF_CONFIDENCE)).cpu().numpy(),
        sigma.cpu().numpy(),
    )


class StreamingPredictor:
    """Features, network and decoding for one body; owns the state carried across frames."""

    def __init__(self, model: StreamingKineST, skeleton: Skeleton, device: str = "cpu") -> None:
        """Start a stream.

        Args:
            model: the network, already on the device.
            skeleton: of the wearer.
            device: "cpu" or "cuda".
        """
        self.model = model.eval()
        self.device = device
        self.lookahead = model.config.lookahead
        offsets = torch.tensor(skeleton.rest_offsets[None], dtype=torch.float32, device=device)
        self._body = describe_body(offsets)
        self.reset()

    def reset(self) -> None:
        """Forget everything: the next frame starts a new stream."""
        self._state = self.model.initial_state(1)
        self._seen = initial_feature_state(1, self.device)
        self._headings: list[torch.Tensor] = []

    @torch.inference_mode()
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

        def frame(array: np.ndarray, kind: torch.dtype) -> torch.Tensor:
            return torch.as_tensor(array, dtype=kind, device=self.device)[None, None]

        features, heading, self._seen = extract_features(
            frame(positions, torch.float64),
            frame(link_rotations, torch.float32),
            frame(valid, torch.bool),
            self._body,
            self._seen,
        )
        output, self._state = self.model.step(features[:, 0], self._state)
        self._headings.append(heading[0, 0])
        self._headings = self._headings[-(self.lookahead + 1) :]
        rotations = matrix_from_sixd(output.rotations_6d[0])
        rotations[0] = root_from_canonical(rotations[0], self._headings[0])
        return as_prediction(rotations, output.contact_logits[0], output.log_variance[0])
