# SPDX-License-Identifier: Apache-2.0
"""True clips, what trackers see of them, and the bodies that a tracker makes of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    quaternions_from_matrices,
    unit_quaternions,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.evaluation.candidates import TrackedClip
from kinest_ros.evaluation.floor import planted_toes
from kinest_ros.model.error_model import UNCORRECTED, ErrorModel
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.runtime.predictor import Prediction
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from kinest_ros.tracking.following import follow
from kinest_ros.tracking.frame import TrackerFrame, TrackerPose
from kinest_ros.tracking.settings import TrackerSettings


@dataclass(frozen=True)
class EvaluationSettings:
    """How clips are tracked.

    Attributes:
        slots: the trackers in use.
        stature_only: tell the tracker the default skeleton of the clip's stature rather than the
            clip's own skeleton: what is known of a new user.
        tracker: settings of the body tracker.
        true_contacts: tell the tracker which feet really stand, instead of what the network says:
            what it would do if that were known.
        true_rotations: tell the tracker the true rotations of all joints as well: what is left of
            the error is the skeleton's, and that of the steps after the network.
    """

    slots: tuple[str, ...] = SLOTS[:3]
    stature_only: bool = False
    tracker: TrackerSettings = field(default_factory=TrackerSettings)
    true_contacts: bool = False
    true_rotations: bool = False


@dataclass(frozen=True)
class Truth:
    """A true clip.

    Attributes:
        local_rotations: (N, 22, 3, 3), [:, 0] world_from_pelvis.
        positions: (N, 22, 3), m.
        world_rotations: (N, 22, 3, 3) world_from_joint.
        rest_offsets: (22, 3), m.
    """

    local_rotations: np.ndarray
    positions: np.ndarray
    world_rotations: np.ndarray
    rest_offsets: np.ndarray

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.positions)

    @classmethod
    def of(cls, corpus: Corpus, index: int) -> "Truth":
        """Return a clip of a corpus."""
        quaternions, roots, offsets = corpus.clip(index)
        local = matrices_from_quaternions(unit_quaternions(quaternions))
        return cls(local, *forward_kinematics_np(local, offsets, roots), offsets)

    def first(self, frames: int) -> "Truth":
        """Return the first frames of the clip."""
        return Truth(
            self.local_rotations[:frames],
            self.positions[:frames],
            self.world_rotations[:frames],
            self.rest_offsets,
        )

    def with_contacts(self, predictions: Sequence[Prediction]) -> list[Prediction]:
        """Return predictions, one for each frame, with the contacts that are true."""
        planted = planted_toes(self.positions).astype(np.float64)
        # A toe stands in a frame when it stands on the way there; nothing leads to the first.
        contacts = np.concatenate((planted[:1], planted))
        return [replace(p, contacts=c) for p, c in zip(predictions, contacts, strict=True)]

    def with_rotations(self, predictions: Sequence[Prediction]) -> list[Prediction]:
        """Return predictions, one for each frame, with the rotations that are true."""
        return [
            replace(p, local_rotations=r)
            for p, r in zip(predictions, self.local_rotations, strict=True)
        ]

    def tracked(self, settings: EvaluationSettings) -> TrackedClip:
        """Return what ideal trackers see of it."""
        joints = list(SLOT_JOINTS)
        valid = np.zeros((len(self), len(SLOTS)), dtype=bool)
        valid[:, [SLOTS.index(slot) for slot in settings.slots]] = True
        offsets = self.rest_offsets
        if settings.stature_only:
            offsets = Skeleton.from_stature(Skeleton(offsets).stature).rest_offsets
        links = self.world_rotations[:, joints] @ JOINT_FROM_LINK
        return TrackedClip(
            self.positions[:, joints], links, valid, offsets, arms_known=not settings.stature_only
        )


class _Replayed:
    """A predictor that plays predictions made before, so that BodyTracker does the rest."""

    lookahead = 0

    def __init__(self, predictions: Sequence[Prediction], error_model: ErrorModel) -> None:
        self._left, self.error_model = iter(predictions), error_model

    def set_skeleton(self, skeleton: Skeleton) -> None:
        """Nothing depends on it any more."""

    def reset(self) -> None:
        """Nothing is carried."""

    def step(
        self, positions: np.ndarray, link_rotations: np.ndarray, valid: np.ndarray
    ) -> Prediction:
        """Return the next one."""
        return next(self._left)


def bodies_of(
    clip: TrackedClip,
    predictions: Sequence[Prediction],
    settings: TrackerSettings,
    error_model: ErrorModel = UNCORRECTED,
) -> list[BodyPose]:
    """Return the bodies that a body tracker makes of predictions, one for every frame."""
    tracker = BodyTracker(
        _Replayed(predictions, error_model),
        Skeleton(clip.rest_offsets),
        settings,
        arms_known=clip.arms_known,
    )
    bodies = push_all(tracker, clip)
    if len(bodies) != len(clip.positions):
        raise RuntimeError(f"{len(bodies)} bodies came of {len(clip.positions)} frames")
    return bodies


def push_all(tracker: BodyTracker, clip: TrackedClip) -> list[BodyPose]:
    """Push a clip's frames, at 60 Hz from time zero; returns the bodies."""
    quaternions = quaternions_from_matrices(clip.rotations)

    def frames() -> Iterator[TrackerFrame]:
        for t in range(len(clip.positions)):
            poses = {
                slot: TrackerPose(clip.positions[t, index], quaternions[t, index])
                for index, slot in enumerate(SLOTS)
                if clip.valid[t, index]
            }
            yield TrackerFrame(round(t * 1e9 / 60), poses)

    return [body for step in follow(tracker, frames()) for body in step.bodies]
