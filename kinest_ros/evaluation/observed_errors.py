# SPDX-License-Identifier: Apache-2.0
"""What a body tracker knows of its errors, and how large they are, over clips with truth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from tqdm import tqdm

from kinest_ros.body.joints import SLOTS
from kinest_ros.evaluation.candidates import TrackedClip, streaming
from kinest_ros.evaluation.tracking import EvaluationSettings, Truth, bodies_of
from kinest_ros.model.error_model import ErrorModel, Evidence
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.labels import ClipLabel
from kinest_ros.tracking.settings import TrackerSettings

#: What each clip is tracked with: head and hands; the same with one hand away for the middle half
#: of it; all six.
SITUATIONS = ("three", "hand away", "six")
#: Each RARE-th clip is run in the situations but the first, to be quicker.
RARE = 2
#: Each STRIDE-th frame is taken; frames next to each other say the same.
STRIDE = 4
#: Clips that go through the network together.
_BATCH = 8


@dataclass(frozen=True)
class ObservedErrors:
    """Evidence with the actual errors, over N frames.

    Attributes:
        evidence: stacked.
        errors: (N, 22) m, of the finished poses.
        datasets: (N,) name of the dataset that each frame is of.
        situations: (N,) which of SITUATIONS it is of.
    """

    evidence: Evidence
    errors: np.ndarray
    datasets: np.ndarray
    situations: np.ndarray

    def of(self, frames: np.ndarray) -> ObservedErrors:
        """Return some of the frames, by a mask (N,)."""
        fields = (getattr(self.evidence, name)[frames] for name in _FIELDS)
        return ObservedErrors(
            Evidence(*fields), self.errors[frames], self.datasets[frames], self.situations[frames]
        )

    @property
    def weights(self) -> np.ndarray:
        """(N,) adding up to 1, each dataset alike."""
        names, which, counts = np.unique(self.datasets, return_inverse=True, return_counts=True)
        weights: np.ndarray = 1.0 / (len(names) * counts[which])
        return weights


_FIELDS = ("sigma", "valid", "residuals", "hands", "floor")


class _Recorder(ErrorModel):
    """Keeps all evidence it is asked about, as the body tracker gives it."""

    def __init__(self) -> None:
        super().__init__()
        object.__setattr__(self, "seen", [])

    seen: list[Evidence]

    def sizes(self, evidence: Evidence) -> np.ndarray:
        self.seen.append(evidence)
        return super().sizes(evidence)


def observe(
    corpus: Corpus,
    model: StreamingKineST,
    labels: Sequence[ClipLabel],
    indices: Sequence[int],
    progress: bool = False,
) -> ObservedErrors:
    """Run clips through the network and the body tracker in each of SITUATIONS.

    Args:
        corpus: clips with truth.
        model: the network; its own error model plays no part.
        labels: of all clips of the corpus.
        indices: the clips to run.
        progress: show a progress bar.
    """
    parts = []
    candidate = streaming(model)
    order = sorted(indices, key=lambda i: corpus.starts[i + 1] - corpus.starts[i])
    runs = len(order) + len(order[::RARE]) * (len(SITUATIONS) - 1)
    bar = tqdm(total=runs, desc="errors", unit="clip", disable=not progress or None)
    for first in range(0, len(order), _BATCH):
        group = order[first : first + _BATCH]
        truths = [Truth.of(corpus, index) for index in group]
        for situation in SITUATIONS:
            step = 1 if situation == SITUATIONS[0] else RARE
            some = list(zip(group[::step], truths[::step], strict=True))
            clips = [_tracked(truth, situation, index) for index, truth in some]
            for (index, truth), clip, predictions in zip(
                some, clips, candidate(clips), strict=True
            ):
                recorder = _Recorder()
                bodies = bodies_of(clip, predictions, TrackerSettings(), recorder)
                at = np.stack([body.positions for body in bodies])
                errors = np.linalg.norm(at - truth.positions, axis=-1)[::STRIDE]
                names = (np.full(len(errors), s) for s in (labels[index].dataset, situation))
                parts.append(ObservedErrors(_stacked(recorder.seen[::STRIDE]), errors, *names))
                bar.update()
    bar.close()
    return _joined(parts)


def evenly(labels: Sequence[ClipLabel], most: int) -> list[int]:
    """Return the indices of clips spread evenly over each dataset, at most so many of each."""
    datasets: dict[str, list[int]] = {}
    for index, label in enumerate(labels):
        datasets.setdefault(label.dataset, []).append(index)
    chosen = []
    for own in datasets.values():
        count = min(most, len(own))
        chosen += [own[i * len(own) // count] for i in range(count)]
    return sorted(chosen)


def _tracked(truth: Truth, situation: str, index: int) -> TrackedClip:
    slots = SLOTS if situation == "six" else SLOTS[:3]
    clip = truth.tracked(EvaluationSettings(slots))
    if situation == "hand away":
        # Left and right in turn.
        clip.valid[len(truth) // 4 : 3 * len(truth) // 4, 1 + index % 2] = False
    return clip


def _stacked(seen: Sequence[Evidence]) -> Evidence:
    return Evidence(*(np.stack([getattr(e, name) for e in seen]) for name in _FIELDS))


def _joined(parts: Sequence[ObservedErrors]) -> ObservedErrors:
    def chain(values: Iterator[np.ndarray]) -> np.ndarray:
        return np.concatenate(list(values))

    return ObservedErrors(
        Evidence(*(chain(getattr(p.evidence, name) for p in parts) for name in _FIELDS)),
        chain(p.errors for p in parts),
        chain(p.datasets for p in parts),
        chain(p.situations for p in parts),
    )
