# SPDX-License-Identifier: Apache-2.0
"""Evaluation over a corpus: every clip goes through BodyTracker and is compared with its truth."""

from collections.abc import Iterator, Sequence

import numpy as np
from tqdm import tqdm

from kinest_ros.body.rotations_numpy import matrices_from_quaternions
from kinest_ros.evaluation.candidates import Candidate
from kinest_ros.evaluation.clip_result import ClipResult
from kinest_ros.evaluation.metrics import clip_metrics, geodesic, joint_errors
from kinest_ros.evaluation.tracking import EvaluationSettings, Truth, bodies_of
from kinest_ros.model.confidence import sigma_from_confidence
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.labels import ClipLabel

#: Frames in one batch, padding included: more do not stay in the cache.
_BATCH_FRAMES = 4096


def evaluate(
    corpus: Corpus,
    candidate: Candidate | None,
    settings: EvaluationSettings | None = None,
    progress: bool = False,
    label: str = "evaluating",
    labels: Sequence[ClipLabel] | None = None,
) -> list[ClipResult]:
    """Return the figures of every clip, in the order of the corpus.

    Args:
        corpus: clips with truth.
        candidate: makes the predictions; None for the true motion itself, whose jitter, slide and
            floor penetration are the measure of the others'.
        settings: see EvaluationSettings.
        progress: show a progress bar.
        label: of the bar.
        labels: of the clips; the names of their sources where left out.
    """
    settings = settings or EvaluationSettings()
    labels = labels or corpus_labels(corpus)
    found: dict[int, ClipResult] = {}
    # Clips of like length together: the batch is padded to its longest.
    order = sorted(range(len(corpus)), key=lambda i: corpus.starts[i + 1] - corpus.starts[i])
    bar = tqdm(total=len(order), desc=label, unit="clip", disable=not progress or None)
    for group in _batches(order, np.diff(corpus.starts)):
        truths = [Truth.of(corpus, index) for index in group]
        if candidate is None:
            for index, truth in zip(group, truths, strict=True):
                found[index] = compare(
                    labels[index], truth, truth.positions, truth.local_rotations, None
                )
                bar.update()
            continue
        tracked = [truth.tracked(settings) for truth in truths]
        for index, truth, clip, predictions in zip(
            group, truths, tracked, candidate(tracked), strict=True
        ):
            if settings.true_contacts:
                predictions = truth.with_contacts(predictions)
            if settings.true_rotations:
                predictions = truth.with_rotations(predictions)
            bodies = bodies_of(clip, predictions, settings.tracker, candidate.error_model)
            found[index] = compare(
                labels[index],
                truth,
                np.stack([body.positions for body in bodies]),
                matrices_from_quaternions(np.stack([body.local_rotations for body in bodies])),
                np.stack([body.confidence for body in bodies]),
            )
            bar.update()
    bar.close()
    return [found[index] for index in range(len(corpus))]


def _batches(order: Sequence[int], lengths: np.ndarray) -> Iterator[list[int]]:
    """Yield the clips in groups; the last of each is the longest."""
    group: list[int] = []
    for index in order:
        if group and lengths[index] * (len(group) + 1) > _BATCH_FRAMES:
            yield group
            group = []
        group.append(index)
    yield group


def compare(
    label: ClipLabel,
    truth: Truth,
    positions: np.ndarray,
    local_rotations: np.ndarray,
    confidence: np.ndarray | None,
) -> ClipResult:
    """Return the figures of one clip.

    Args:
        label: which clip.
        truth: the true motion, N frames.
        positions: (N, 22, 3), m.
        local_rotations: (N, 22, 3, 3).
        confidence: (N, 22), or None where there is none.
    """
    sigma = None
    if confidence is not None and (confidence > 0.0).all():
        sigma = (sigma_from_confidence(confidence) * 100.0).astype(np.float32)
    errors = joint_errors(positions, truth.positions)
    return ClipResult(
        label,
        clip_metrics(positions, local_rotations, truth.positions, truth.local_rotations),
        errors.mean(axis=0),
        geodesic(local_rotations, truth.local_rotations).mean(axis=0),
        errors.astype(np.float32),
        sigma,
    )


def corpus_labels(corpus: Corpus) -> list[ClipLabel]:
    """Return labels for the clips of a corpus whose file names are not known."""
    names = [corpus.source_names[source] for source in corpus.sources]
    return [ClipLabel(f"{name}/{i}", name, name, name) for i, name in enumerate(names)]
