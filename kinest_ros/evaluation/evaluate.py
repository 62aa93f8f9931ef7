# SPDX-License-Identifier: Apache-2.0
"""Evaluation over a corpus: every clip goes through BodyTracker and is compared with its truth."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations import matrix_from_quaternion, quaternion_from_matrix
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.candidates import Candidate, TrackedClip
from kinest_ros.evaluation.metrics import METRICS, clip_metrics
from kinest_ros.model.predictor import Prediction
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings
from kinest_ros.training.corpus import Corpus

#: Folders of the CMU recordings, which are reported together.
CMU_SOURCES = ("papagina", "convseq", "iclone")
_BATCH = 16


@dataclass(frozen=True)
class EvaluationSettings:
    """How clips are tracked.

    Attributes:
        slots: the trackers in use.
        stature_only: tell the tracker the default skeleton of the clip's stature rather than the
            clip's own skeleton: what is known of a new user.
        tracker: settings of the body tracker.
    """

    slots: tuple[str, ...] = SLOTS[:3]
    stature_only: bool = False
    tracker: TrackerSettings = field(default_factory=TrackerSettings)


class _Replayed:
    """A predictor that plays predictions made before, so that BodyTracker does the rest."""

    lookahead = 0

    def __init__(self, predictions: Sequence[Prediction]) -> None:
        self._left = iter(predictions)

    def reset(self) -> None:
        """Nothing is carried."""

    def step(self, *_: np.ndarray) -> Prediction:
        """Return the next one."""
        return next(self._left)


def evaluate(
    corpus: Corpus,
    candidate: Candidate,
    settings: EvaluationSettings | None = None,
    progress: bool = False,
    label: str = "evaluating",
) -> list[dict[str, float | str]]:
    """Return the metrics of every clip, with its "source" (bandai, cmu, ...).

    Args:
        corpus: clips with truth.
        candidate: makes the predictions.
        settings: see EvaluationSettings.
        progress: show a progress bar.
        label: of the bar.
    """
    settings = settings or EvaluationSettings()
    rows: list[dict[str, float | str]] = []
    indices = range(len(corpus))
    # Clips of like length together: the batch is padded to its longest.
    order = sorted(indices, key=lambda index: corpus.starts[index + 1] - corpus.starts[index])
    bar = tqdm(total=len(order), desc=label, unit="clip", disable=not progress)
    for start in range(0, len(order), _BATCH):
        group = order[start : start + _BATCH]
        truths = [_truth(corpus, index) for index in group]
        tracked = [_tracked(*truth, settings) for truth in truths]
        for index, truth, clip, predictions in zip(
            group, truths, tracked, candidate(tracked), strict=True
        ):
            bodies = list(_track(clip, predictions, settings))
            figures = _compare(bodies, *truth)
            source = corpus.source_names[corpus.sources[index]]
            rows.append({"source": "cmu" if source in CMU_SOURCES else source, **figures})
            bar.update()
    bar.close()
    return rows


def summarise(rows: Sequence[dict[str, float | str]]) -> dict[str, dict[str, float]]:
    """Return the means over the clips of each source, over the sources and over all clips.

    "mean" is the mean over the sources, each counting alike; "all clips" is what papers with one
    source report.
    """
    sources = sorted({str(row["source"]) for row in rows})
    table = {
        source: {
            name: float(np.mean([row[name] for row in rows if row["source"] == source]))
            for name in METRICS
        }
        for source in sources
    }
    table["mean"] = {
        name: float(np.mean([table[source][name] for source in sources])) for name in METRICS
    }
    table["all clips"] = {name: float(np.mean([row[name] for row in rows])) for name in METRICS}
    return table


_Truth = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def _truth(corpus: Corpus, index: int) -> _Truth:
    """Return local rotations, positions, world rotations and rest offsets of a clip."""
    quaternions, roots, offsets = corpus.clip(index)
    local = matrix_from_quaternion(quaternions)
    positions, world = forward_kinematics_np(local, offsets, roots)
    return local, positions, world, offsets


def _tracked(
    local: np.ndarray,
    positions: np.ndarray,
    world: np.ndarray,
    offsets: np.ndarray,
    settings: EvaluationSettings,
) -> TrackedClip:
    joints = list(SLOT_JOINTS)
    valid = np.zeros((len(local), len(SLOTS)), dtype=bool)
    valid[:, [SLOTS.index(slot) for slot in settings.slots]] = True
    if settings.stature_only:
        offsets = Skeleton.from_stature(Skeleton(offsets).stature).rest_offsets
    return TrackedClip(positions[:, joints], world[:, joints] @ JOINT_FROM_LINK, valid, offsets)


def _track(
    clip: TrackedClip, predictions: Sequence[Prediction], settings: EvaluationSettings
) -> Iterator[BodyPose]:
    tracker = BodyTracker(
        _Replayed(predictions),  # type: ignore[arg-type]
        Skeleton(clip.rest_offsets),
        settings.tracker,
    )
    quaternions = quaternion_from_matrix(clip.rotations)
    for t in range(len(clip.positions)):
        poses = {
            slot: TrackerPose(clip.positions[t, index], quaternions[t, index])
            for index, slot in enumerate(SLOTS)
            if clip.valid[t, index]
        }
        yield from tracker.push(TrackerFrame(round(t * 1e9 / 60), poses))


def _compare(
    bodies: Sequence[BodyPose],
    local: np.ndarray,
    positions: np.ndarray,
    world: np.ndarray,
    offsets: np.ndarray,
) -> dict[str, float]:
    if len(bodies) != len(local):
        raise RuntimeError(f"{len(bodies)} bodies came of {len(local)} frames")
    predicted = np.stack([body.local_rotations for body in bodies])
    return clip_metrics(
        np.stack([body.positions for body in bodies]),
        matrix_from_quaternion(predicted),
        positions,
        local,
    )
