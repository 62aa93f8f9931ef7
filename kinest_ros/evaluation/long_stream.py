# SPDX-License-Identifier: Apache-2.0
"""Hours on end: whether the carried state makes the last minute worse than a fresh start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from tqdm import tqdm

from kinest_ros.body.rotations_torch import matrix_from_sixd
from kinest_ros.evaluation.candidates import ClipBatch, TrackedClip, streaming
from kinest_ros.evaluation.metrics import FRAME_RATE, joint_errors
from kinest_ros.evaluation.tracking import EvaluationSettings, Truth, bodies_of
from kinest_ros.model.features import (
    describe_body,
    extract_features,
    initial_feature_state,
    root_from_canonical,
)
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.runtime.predictor import Prediction, as_prediction

#: What is measured of a stream: its last minute, s.
LAST = 60.0


@dataclass(frozen=True)
class LongStream:
    """The last minute of a long stream.

    Attributes:
        hours: length of the stream.
        clips: how many clips the last minute has.
        carried: MPJPE of them with the state of the whole stream, cm.
        fresh: MPJPE of the same clips, each from a fresh state, cm.
    """

    hours: float
    clips: int
    carried: float
    fresh: float

    @property
    def growth(self) -> float:
        """How much worse the carried state is, as a share."""
        return self.carried / self.fresh - 1.0


def long_stream(
    model: StreamingKineST,
    corpus: Corpus,
    hours: float,
    settings: EvaluationSettings,
    seed: int = 0,
    progress: bool = False,
) -> LongStream:
    """Play clips in random order, one after the other, and measure the last minute.

    Where a clip ends and the next begins somewhere else, nobody moved: velocities there are zero,
    as at the start of a stream, so the carried state is the only difference.

    Args:
        model: a network without lookahead.
        corpus: clips with truth.
        hours: length of the stream; at least the last minute is played.
        settings: how clips are tracked.
        seed: of the order.
        progress: show a progress bar.
    """
    order = _order(corpus, hours, seed)
    lengths = np.diff(corpus.starts)[order]
    tail = len(order) - 1
    while lengths[tail:].sum() < LAST * FRAME_RATE and tail > 0:
        tail -= 1
    errors: dict[str, list[np.ndarray]] = {"carried": [], "fresh": []}
    alone = streaming(model)
    state = None
    bar = tqdm(
        total=int(lengths.sum()), desc=f"{hours:g} h on end", unit="frame", unit_scale=True,
        disable=not progress or None,
    )  # fmt: skip
    for position, index in enumerate(order):
        truth = Truth.of(corpus, int(index))
        clip = truth.tracked(settings)
        predictions, state = _carried(model, clip, state, position >= tail)
        bar.update(len(truth))
        if position >= tail:
            (fresh,) = alone([clip])
            for name, made in (("carried", predictions), ("fresh", fresh)):
                bodies = bodies_of(clip, made, settings.tracker)
                positions = np.stack([body.positions for body in bodies])
                errors[name].append(joint_errors(positions, truth.positions))
    bar.close()
    carried, fresh_error = (float(np.concatenate(found).mean()) for found in errors.values())
    return LongStream(
        float(lengths.sum() / FRAME_RATE / 3600.0), len(order) - tail, carried, fresh_error
    )


def _order(corpus: Corpus, hours: float, seed: int) -> np.ndarray:
    """Return indices of clips: all of them in random order, again and again, for the hours."""
    rng = np.random.default_rng(seed)
    lengths = np.diff(corpus.starts)
    wanted = max(hours * 3600.0, LAST) * FRAME_RATE
    order: list[int] = []
    frames = 0
    while frames < wanted:
        for index in rng.permutation(len(corpus)):
            order.append(int(index))
            frames += lengths[index]
            if frames >= wanted:
                break
    return np.array(order)


def _carried(
    model: StreamingKineST, clip: TrackedClip, state: list | None, wanted: bool
) -> tuple[Sequence[Prediction], list]:
    """Run one clip on a state; returns its predictions, if wanted, and the state after it."""
    device = next(model.parameters()).device
    batch = ClipBatch.of([clip], device)
    length = len(clip.positions)
    cuts = torch.zeros(1, length, dtype=torch.bool, device=device)
    cuts[:, 0] = True
    with torch.inference_mode():
        features, heading, _ = extract_features(
            batch.positions, batch.rotations, batch.valid, describe_body(batch.rest_offsets),
            initial_feature_state(1, device), cuts, model.config.canonical,
        )  # fmt: skip
        output, state = model(features, state)
        if not wanted:
            return (), state
        rotations = matrix_from_sixd(output.rotations_6d[0])
        rotations[:, 0] = root_from_canonical(rotations[:, 0], heading[0])
    return [
        as_prediction(rotations[t], output.contact_logits[0, t], output.log_variance[0, t])
        for t in range(length)
    ], state
