# SPDX-License-Identifier: Apache-2.0
"""What is evaluated: the streaming network, the published one, and a mean pose."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kinest_ros.body.frames import JOINT_FROM_LINK, heading_yaw
from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations_numpy import (
    axis_rotation,
    matrices_from_quaternions,
    unit_quaternions,
)
from kinest_ros.body.rotations_torch import matrix_from_sixd
from kinest_ros.model.error_model import UNCORRECTED, ErrorModel
from kinest_ros.model.features import describe_body, extract_features, root_from_canonical
from kinest_ros.model.published.baseline import PublishedKineST, offline, online
from kinest_ros.model.streaming import NetworkOutput, State, StreamingKineST
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.runtime.cold_start import agree
from kinest_ros.runtime.eager import merged
from kinest_ros.runtime.predictor import Prediction, as_prediction


@dataclass(frozen=True)
class TrackedClip:
    """A clip as the trackers see it.

    Attributes:
        positions: (N, 6, 3) of the tracked links, m.
        rotations: (N, 6, 3, 3) world_from_link.
        valid: (N, 6) bool.
        rest_offsets: (22, 3) of the skeleton that the tracker is told, m.
        arms_known: whether its arms are the person's own, so that they need not grow.
    """

    positions: np.ndarray
    rotations: np.ndarray
    valid: np.ndarray
    rest_offsets: np.ndarray
    arms_known: bool = True


@dataclass(frozen=True)
class ClipBatch:
    """Clips as tensors, the shorter ones filled up with their last frame.

    Attributes:
        positions: (b, L, 6, 3) float64, m.
        rotations: (b, L, 6, 3, 3) world_from_link.
        valid: (b, L, 6) bool.
        rest_offsets: (b, 22, 3), m.
    """

    positions: torch.Tensor
    rotations: torch.Tensor
    valid: torch.Tensor
    rest_offsets: torch.Tensor

    @classmethod
    def of(
        cls, clips: Sequence[TrackedClip], device: torch.device | str, more: int = 0
    ) -> "ClipBatch":
        """Stack clips, each with at least this many more frames than it has."""
        longest = max(len(clip.positions) for clip in clips) + more

        def stack(name: str, dtype: torch.dtype) -> torch.Tensor:
            padded = [_pad(getattr(clip, name), longest) for clip in clips]
            return torch.as_tensor(np.stack(padded), dtype=dtype, device=device)

        offsets = np.stack([clip.rest_offsets for clip in clips])
        return cls(
            stack("positions", torch.float64),
            stack("rotations", torch.float32),
            stack("valid", torch.bool),
            torch.as_tensor(offsets, dtype=torch.float32, device=device),
        )


@dataclass(frozen=True)
class Candidate:
    """What is judged; called with clips it returns the prediction for every frame of each.

    Attributes:
        predict: does that.
        error_model: of its predictions.
    """

    predict: Callable[[Sequence[TrackedClip]], list[list[Prediction]]]
    error_model: ErrorModel = UNCORRECTED

    def __call__(self, clips: Sequence[TrackedClip]) -> list[list[Prediction]]:
        """Return the prediction for every frame of every clip."""
        return self.predict(clips)


def streaming(model: StreamingKineST, keep_state: bool = True) -> Candidate:
    """Return the network as a candidate, run over whole clips in a batch.

    A network with lookahead is given the clip's last frame again at the end, and judged on the
    frames that its outputs are of: its delay is a cost apart.

    Args:
        model: the network. forward over a clip gives what step gives frame by frame.
        keep_state: False resets the network's state before every frame (the features still
            hold velocities), to show what the state is worth.
    """
    delay = model.config.lookahead
    if delay and not keep_state:
        raise ValueError("a network with lookahead needs its state")
    device = next(model.parameters()).device

    def predict(clips: Sequence[TrackedClip]) -> list[list[Prediction]]:
        batch = ClipBatch.of(clips, device, delay)
        with torch.inference_mode():
            features, heading, _ = extract_features(
                batch.positions, batch.rotations, batch.valid, describe_body(batch.rest_offsets),
                canonical=model.config.canonical,
            )  # fmt: skip
            if keep_state:
                output, _ = model(features, _begun(model, features, heading, batch.rest_offsets))
            else:
                output = _each_frame_alone(model, features)
            output = NetworkOutput(*(value[:, delay:] for value in output))
            heading = heading[:, : heading.shape[1] - delay]
            rotations = matrix_from_sixd(output.rotations_6d)
            rotations[:, :, 0] = root_from_canonical(rotations[:, :, 0], heading)
        local, logits, variance = (
            value.cpu() for value in (rotations, output.contact_logits, output.log_variance)
        )
        return [
            [
                as_prediction(local[row, t], logits[row, t], variance[row, t])
                for t in range(len(clip.positions))
            ]
            for row, clip in enumerate(clips)
        ]

    return Candidate(predict, model.error_model)


def _begun(
    model: StreamingKineST, features: torch.Tensor, heading: torch.Tensor, offsets: torch.Tensor
) -> State:
    """Return the states with which predictors begin clips; see `cold_start`.

    Args:
        model: the network.
        features: (b, L, F).
        heading: (b, L, 3, 3), world_from_heading.
        offsets: (b, 22, 3), m.
    """
    count = model.config.warm_up
    if not count:
        return model.initial_state(len(features))
    output, warm = model(features[:, :1].expand(-1, count, -1))
    rotations = matrix_from_sixd(output.rotations_6d)
    rotations[:, :, 0] = root_from_canonical(
        rotations[:, :, 0], heading[:, :1].expand(-1, count, -1, -1)
    )
    agreeing = [
        agree(list(local), bones)
        for local, bones in zip(rotations.cpu().numpy(), offsets.cpu().numpy(), strict=True)
    ]
    rows = torch.tensor(agreeing, device=features.device)
    return merged(rows, model.initial_state(len(rows)), warm)


def _each_frame_alone(model: StreamingKineST, features: torch.Tensor) -> NetworkOutput:
    """Return the outputs for (b, L, F), every frame from a fresh state."""
    shape = features.shape[:2]
    # In parts that stay in the cache.
    parts = [model(part)[0] for part in features.reshape(-1, 1, features.shape[-1]).split(256)]
    whole = (torch.cat(values) for values in zip(*parts, strict=True))
    return NetworkOutput(*(value.view(*shape, *value.shape[2:]) for value in whole))


def published(model: PublishedKineST, use_future: bool) -> Candidate:
    """Return the published architecture as a candidate.

    Args:
        model: the network.
        use_future: True runs windows side by side, as published: offline, most frames see the
            future. False takes the last frame of the window that ends at each frame.
    """
    device = next(model.parameters()).device

    def predict(clips: Sequence[TrackedClip]) -> list[list[Prediction]]:
        held = np.zeros(2), np.zeros(NUM_JOINTS), np.full(NUM_JOINTS, np.inf)
        found = []
        # One by one: windows must not reach into the padding of a batch.
        for clip in clips:
            batch = ClipBatch.of([clip], device)
            with torch.inference_mode():
                features, heading = model.features(
                    batch.positions, batch.rotations, batch.valid, batch.rest_offsets
                )
                sixd = (offline if use_future else online)(model, features)
                rotations = model.in_world(sixd, heading)[0].double().cpu().numpy()
            found.append([Prediction(frame, *held) for frame in rotations])
        return found

    return Candidate(predict)


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
    local = matrices_from_quaternions(unit_quaternions(corpus.quaternions[np.sort(picked)]))
    clip_root = local[:, 0] @ JOINT_FROM_LINK
    upright = axis_rotation("z", -heading_yaw(clip_root))
    local[:, 0] = upright @ clip_root @ JOINT_FROM_LINK.T
    # The chordal mean: the rotation nearest to the mean matrix.
    u, _, vt = np.linalg.svd(local.mean(axis=0))
    signs = np.ones((NUM_JOINTS, 3))
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))
    mean = u @ (signs[..., None] * vt)

    def predict(clips: Sequence[TrackedClip]) -> list[list[Prediction]]:
        return [[_held(mean, rotation) for rotation in clip.rotations[:, 0]] for clip in clips]

    return Candidate(predict)


def _held(mean: np.ndarray, head_link: np.ndarray) -> Prediction:
    local = mean.copy()
    local[0] = axis_rotation("z", heading_yaw(head_link)) @ mean[0]
    unknown = np.full(NUM_JOINTS, np.inf)
    return Prediction(local, np.zeros(2), np.zeros(NUM_JOINTS), unknown)


def _pad(values: np.ndarray, count: int) -> np.ndarray:
    return np.concatenate((values, values[-1:].repeat(count - len(values), axis=0)))
