# SPDX-License-Identifier: Apache-2.0
"""What is evaluated: the streaming network with and without its state, and a mean pose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kinest_ros.body.frames import JOINT_FROM_LINK, heading_yaw
from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations import (
    matrix_from_quaternion,
    matrix_from_rotation_vector,
    matrix_from_sixd,
)
from kinest_ros.model.features import describe_body, extract_features, root_from_canonical
from kinest_ros.model.predictor import Prediction, as_prediction
from kinest_ros.model.streaming import NetworkOutput, StreamingKineST
from kinest_ros.training.corpus import Corpus


@dataclass(frozen=True)
class TrackedClip:
    """A clip as the trackers see it.

    Attributes:
        positions: (N, 6, 3) of the tracked links, m.
        rotations: (N, 6, 3, 3) world_from_link.
        valid: (N, 6) bool.
        rest_offsets: (22, 3) of the skeleton that the tracker is told, m.
    """

    positions: np.ndarray
    rotations: np.ndarray
    valid: np.ndarray
    rest_offsets: np.ndarray


#: Returns the prediction for every frame of every clip.
Candidate = Callable[[Sequence[TrackedClip]], list[list[Prediction]]]


def streaming(model: StreamingKineST, keep_state: bool = True) -> Candidate:
    """Return the network as a candidate, run over whole clips in a batch.

    Args:
        model: the network. forward over a clip gives what step gives frame by frame.
        keep_state: False resets the network's state before every frame (the features still
            hold velocities), to show what the state is worth.
    """
    if model.config.lookahead:
        raise ValueError("a network with lookahead predicts other frames than it is given")

    def predict(clips: Sequence[TrackedClip]) -> list[list[Prediction]]:
        longest = max(len(clip.positions) for clip in clips)

        def stack(name: str, dtype: torch.dtype) -> torch.Tensor:
            padded = [_pad(getattr(clip, name), longest) for clip in clips]
            return torch.as_tensor(np.stack(padded), dtype=dtype)

        offsets = torch.as_tensor(
            np.stack([clip.rest_offsets for clip in clips]), dtype=torch.float32
        )
        with torch.inference_mode():
            features, heading, _ = extract_features(
                stack("positions", torch.float64), stack("rotations", torch.float32),
                stack("valid", torch.bool), describe_body(offsets),
            )  # fmt: skip
            if keep_state:
                output, _ = model(features)
            else:
                shape = features.shape[:2]
                alone, _ = model(features.reshape(-1, 1, features.shape[-1]))
                output = NetworkOutput(*(value.view(*shape, *value.shape[2:]) for value in alone))
            rotations = matrix_from_sixd(output.rotations_6d)
            rotations[:, :, 0] = root_from_canonical(rotations[:, :, 0], heading)
        return [
            [
                as_prediction(rotations[row, t], output.contact_logits[row, t],
                              output.log_variance[row, t])
                for t in range(len(clip.positions))
            ]
            for row, clip in enumerate(clips)
        ]  # fmt: skip

    return predict


def mean_pose(corpus: Corpus, frames: int = 20_000, seed: int = 0) -> Candidate:
    """Return the mean pose of a corpus as a candidate: it turns with the head and no more.

    The body tracker still hangs it from the head and moves its wrists onto the trackers, so this
    is "mean pose with wrist inverse kinematics", what one has without learning.

    Args:
        corpus: the clips to take the mean of.
        frames: size of the sample.
        seed: of the sample.
    """
    picked = np.random.default_rng(seed).integers(len(corpus.roots), size=frames)
    local = matrix_from_quaternion(corpus.quaternions[np.sort(picked)].astype(np.float64))
    clip_root = local[:, 0] @ JOINT_FROM_LINK
    upright = _about_z(-heading_yaw(clip_root))
    local[:, 0] = upright @ clip_root @ JOINT_FROM_LINK.T
    # The chordal mean: the rotation nearest to the mean matrix.
    u, _, vt = np.linalg.svd(local.mean(axis=0))
    signs = np.ones((NUM_JOINTS, 3))
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))
    mean = u @ (signs[..., None] * vt)

    def predict(clips: Sequence[TrackedClip]) -> list[list[Prediction]]:
        return [[_held(mean, rotation) for rotation in clip.rotations[:, 0]] for clip in clips]

    return predict


def _held(mean: np.ndarray, head_link: np.ndarray) -> Prediction:
    local = mean.copy()
    local[0] = _about_z(heading_yaw(head_link)) @ mean[0]
    unknown = np.full(NUM_JOINTS, np.inf)
    return Prediction(local, np.zeros(2), np.zeros(NUM_JOINTS), unknown)


def _about_z(yaw: np.ndarray) -> np.ndarray:
    yaw = np.asarray(yaw)
    zero = np.zeros_like(yaw)
    return matrix_from_rotation_vector(np.stack((zero, zero, yaw), axis=-1))


def _pad(values: np.ndarray, count: int) -> np.ndarray:
    return np.concatenate((values, values[-1:].repeat(count - len(values), axis=0)))
