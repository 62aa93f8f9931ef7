# SPDX-License-Identifier: Apache-2.0
"""Endless training streams: each plays augmented clips, one after the other, window by window."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    matrices_from_vectors,
    unit_quaternions,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.move_to_skeleton import move_to_skeleton
from kinest_ros.motion.variations.crouch import crouch
from kinest_ros.motion.variations.posture import carry_otherwise
from kinest_ros.motion.variations.replant import set_apart
from kinest_ros.training.augment import (
    Mounts,
    change_speed,
    different_bodies,
    mirror,
    random_skeleton,
    track,
    validity,
)
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.kind_factors import kind_factors

_ARMS = [
    JOINT_INDEX[f"{side}_{name}"]
    for name in ("collar", "shoulder", "elbow", "wrist")
    for side in ("left", "right")
]
_TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
#: A toe joint rests on the floor when lower than this (m) and slower than that (m/s).
CONTACT_HEIGHT = 0.05
CONTACT_SPEED = 0.15


@dataclass(frozen=True)
class Window:
    """A batch of stretches of streams; all arrays are torch tensors.

    Attributes:
        tracker_positions: (B, L, 6, 3), m.
        tracker_rotations: (B, L, 6, 3, 3) world_from_link.
        valid: (B, L, 6) bool.
        cuts: (B, L) bool, frames that do not continue the frame before.
        local_rotations: (B, L, 22, 3, 3) true, [..., 0] world_from_pelvis.
        positions: (B, L, 22, 3) true, m.
        contacts: (B, L, 2) 0 or 1.
        rest_offsets: (B, 22, 3), m.
        fresh: (B,) bool, streams whose state must be reset before this window.
    """

    tracker_positions: Tensor
    tracker_rotations: Tensor
    valid: Tensor
    cuts: Tensor
    local_rotations: Tensor
    positions: Tensor
    contacts: Tensor
    rest_offsets: Tensor
    fresh: Tensor

    def to(self, device: str) -> "Window":
        """Return the window on a device."""
        return Window(**{name: value.to(device) for name, value in vars(self).items()})


STREAM_FIELDS = (
    "tracker_positions", "tracker_rotations", "valid", "cuts", "local_rotations", "positions",
    "contacts",
)  # fmt: skip


class StreamBatch:
    """A batch of endless streams.

    A stream is one person (skeleton, mounts, set of trackers) who performs a few clips in a row;
    then another person comes and the carried state is reset.
    """

    def __init__(
        self,
        corpus: Corpus,
        batch: int,
        length: int,
        config: AugmentConfig | None = None,
        seed: int = 0,
        source_power: float = 0.5,
        clips_per_stream: int = 6,
        draw: Mapping[str, float] | None = None,
        kind_power: float = 1.0,
    ) -> None:
        """Start the streams.

        Args:
            corpus: the clips.
            batch: streams in parallel.
            length: frames per window.
            config: augmentation.
            seed: of everything random here.
            source_power: a source is drawn with probability proportional to its hours to this
                power: 1 as the data lies, 0 every source alike.
            clips_per_stream: most clips that one person performs.
            draw: factors on the probability of sources, by name; 1 for those not named.
            kind_power: within a source, a kind of action (motion/clips/kinds.py) is drawn with
                probability proportional to its hours to this power: 0 every kind alike.
        """
        self.corpus, self.length = corpus, length
        self.config = config or AugmentConfig()
        self.rng = np.random.default_rng(seed)
        self._seed, self.made = seed, 0
        self.clips_per_stream = clips_per_stream
        lengths = np.diff(corpus.starts).astype(np.float64)
        hours = np.bincount(corpus.sources, weights=lengths)
        factors = np.array([(draw or {}).get(name, 1.0) for name in corpus.source_names])
        weights = lengths * (factors * hours ** (source_power - 1.0))[corpus.sources]
        if kind_power < 1.0:
            weights *= kind_factors(corpus, lengths, kind_power)
        self._bodies = different_bodies(corpus.rest_offsets)
        self._cumulative = np.cumsum(weights / weights.sum())
        self.streams: list[dict[str, np.ndarray]] = [{} for _ in range(batch)]
        # Random starting points keep the streams from ending all in the same step.
        self.cursors = [0] * batch
        self._numbers = [0] * batch
        for index in range(batch):
            self._renew(index)
            windows = len(self.streams[index]["cuts"]) // length
            self.cursors[index] = int(self.rng.integers(windows)) * length
        self._first = True

    def next(self) -> Window:
        """Return the next window of every stream."""
        fresh = []
        for index, stream in enumerate(self.streams):
            ended = self.cursors[index] + self.length > len(stream["cuts"])
            if ended:
                self._renew(index)
                self.cursors[index] = 0
            fresh.append(ended or self._first)
        self._first = False
        fields: dict[str, Tensor] = {}
        for name in STREAM_FIELDS:
            parts = [
                stream[name][cursor : cursor + self.length]
                for stream, cursor in zip(self.streams, self.cursors, strict=True)
            ]
            fields[name] = torch.from_numpy(np.stack(parts))
        fields["rest_offsets"] = torch.from_numpy(
            np.stack([stream["rest_offsets"] for stream in self.streams])
        )
        self.cursors = [cursor + self.length for cursor in self.cursors]
        return Window(fresh=torch.tensor(fresh), **fields)

    def state(self) -> dict[str, Any]:
        """Return where the streams are, as plain values, for `restore`."""
        return {
            "made": self.made, "numbers": list(self._numbers), "cursors": list(self.cursors),
            "first": self._first,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where streams of the same corpus and settings were."""
        self._numbers, self.cursors = list(state["numbers"]), list(state["cursors"])
        self.streams = [self.new_stream(number) for number in self._numbers]
        self.made, self._first = state["made"], state["first"]

    def _renew(self, index: int) -> None:
        self._numbers[index] = self.made
        self.streams[index] = self.new_stream()

    def _draw(self) -> int:
        return min(int(np.searchsorted(self._cumulative, self.rng.random())), len(self.corpus) - 1)

    def new_stream(self, number: int | None = None) -> dict[str, np.ndarray]:
        """Return another stream of at least one window: the fields of Window, without batch.

        Args:
            number: of one that was made before, to make it again; each has a seed of its own.
        """
        if number is None:
            number, self.made = self.made, self.made + 1
        self.rng = rng = np.random.default_rng((self._seed, number))
        config = self.config
        first = self._draw()
        own = self.corpus.rest_offsets[first].astype(np.float64)
        offsets = random_skeleton(own, self._bodies, config, rng)
        mounts = Mounts.random(rng) if rng.random() < config.mount else Mounts.none()
        noise = rng.uniform(0.2, 1.5) if rng.random() < config.noise else 0.0
        rotations: list[np.ndarray] = []
        roots: list[np.ndarray] = []
        cuts: list[np.ndarray] = []
        count = int(rng.integers(1, self.clips_per_stream + 1))
        frames = 0
        while count > 0 or frames < self.length:
            index = first if not rotations else self._draw()
            motion = self._clip(index, offsets)
            rotations.append(motion.local_rotations)
            roots.append(motion.root_position)
            cut = np.zeros(len(motion), dtype=bool)
            cut[0] = True
            cuts.append(cut)
            frames += len(motion)
            count -= 1
        stream = self._assemble(
            np.concatenate(rotations), np.concatenate(roots), offsets, mounts, noise
        )
        stream["cuts"] = np.concatenate(cuts)
        speed = np.diff(stream["positions"][:, _TOES, :2], axis=0, append=np.nan) * 60.0
        speed[-1] = speed[-2]
        # The step across a cut is not a motion: take the one before.
        last = np.flatnonzero(stream["cuts"][1:])
        speed[last] = speed[np.maximum(last - 1, 0)]
        slow = np.linalg.norm(speed, axis=-1) < CONTACT_SPEED
        low = stream["positions"][:, _TOES, 2] < CONTACT_HEIGHT
        stream["contacts"] = (slow & low).astype(np.float32)
        stream["valid"] = validity(len(stream["cuts"]), config, rng)
        return stream

    def _clip(self, index: int, offsets: np.ndarray) -> Motion:
        """Return one clip, varied and moved to the stream's skeleton."""
        rng, config = self.rng, self.config
        quaternions, roots, own = self.corpus.clip(index)
        motion = Motion(matrices_from_quaternions(unit_quaternions(quaternions)), roots, 60.0)
        if rng.random() < config.speed and len(motion) > 32:
            motion = change_speed(motion, rng.uniform(0.8, 1.25))
        rotations, roots = motion.local_rotations, motion.root_position
        if rng.random() < config.blend_arms:
            rotations = self._with_other_arms(rotations)
        if rng.random() < config.mirror:
            rotations, roots = mirror(rotations, roots)
        same = np.allclose(own, offsets)
        roots = roots if same else move_to_skeleton(rotations, roots, own, offsets)
        yaw = matrices_from_vectors(np.array((0.0, 0.0, rng.uniform(-np.pi, np.pi))))
        rotations = rotations.copy()
        rotations[:, 0] = yaw @ rotations[:, 0]
        motion = Motion(rotations, roots @ yaw.T, 60.0)
        if rng.random() < config.posture:
            motion = carry_otherwise(motion, Skeleton(offsets), int(rng.integers(2**31)))
        if rng.random() < config.replant:
            motion = set_apart(motion, Skeleton(offsets), int(rng.integers(2**31)))
        if rng.random() < config.crouch:
            motion = crouch(motion, Skeleton(offsets), int(rng.integers(2**31)))
        return motion

    def _with_other_arms(self, rotations: np.ndarray) -> np.ndarray:
        """Return rotations (N, 22, 3, 3) with the arms of another clip, from a random frame on.

        Arms do all sorts of things while the legs do one: what the legs do must not be read from
        the few pairings that the clips happen to have.
        """
        quaternions, _, _ = self.corpus.clip(self._draw())
        count = len(rotations)
        # There and back again, as often as it takes: no jump where the other clip is shorter.
        turn = np.concatenate((quaternions, quaternions[-2:0:-1]))
        frames = (int(self.rng.integers(len(turn))) + np.arange(count)) % len(turn)
        mixed = rotations.copy()
        mixed[:, _ARMS] = matrices_from_quaternions(unit_quaternions(turn[frames][:, _ARMS]))
        return mixed

    def _assemble(
        self,
        rotations: np.ndarray,
        roots: np.ndarray,
        offsets: np.ndarray,
        mounts: Mounts,
        noise: float,
    ) -> dict[str, np.ndarray]:
        positions, world = forward_kinematics_np(rotations, offsets, roots)
        seen, links = track(positions, world, mounts, noise, self.rng)
        return {
            "tracker_positions": seen.astype(np.float32),
            "tracker_rotations": links.astype(np.float32),
            "local_rotations": rotations.astype(np.float32),
            "positions": positions.astype(np.float32),
            "rest_offsets": offsets.astype(np.float32),
        }
