# SPDX-License-Identifier: Apache-2.0
"""The training corpus: clips at 60 fps in one compact file, quick to load and small to carry."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.body.rotations_numpy import (
    matrices_from_quaternions,
    quaternions_from_matrices,
    unit_quaternions,
)
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import load_arrays
from kinest_ros.files.whole import whole_file
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.motion.clips.labels import label_of
from kinest_ros.motion.clips.move_to_skeleton import move_to_skeleton
from kinest_ros.motion.procedural.performance import generate

_INT16 = 32767.0
#: Most bytes of a file with clips.
CORPUS_LIMIT = 1 << 36
#: Sources of game characters: their motion is a person's, their bones are not.
CHARACTER_SOURCES = ("smartbody",)


@dataclass(frozen=True)
class Corpus:
    """Clips, end to end.

    Attributes:
        quaternions: (F, 22, 4) int16, xyzw times 32767; [:, 0] is world_from_pelvis.
        roots: (F, 3) float32, pelvis positions in the world, m.
        starts: (C + 1,) int64, first frame of each clip, then F.
        rest_offsets: (C, 22, 3) float32, m.
        sources: (C,) int64, index into source_names.
        source_names: folder that each clip came from.
    """

    quaternions: np.ndarray
    roots: np.ndarray
    starts: np.ndarray
    rest_offsets: np.ndarray
    sources: np.ndarray
    source_names: tuple[str, ...]

    def __len__(self) -> int:
        """Number of clips."""
        return len(self.starts) - 1

    @property
    def hours(self) -> float:
        """Length of all clips together."""
        return len(self.roots) / 60.0 / 3600.0

    def clip(self, index: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return quaternions (N, 22, 4) float64, roots (N, 3) and rest offsets (22, 3)."""
        span = slice(self.starts[index], self.starts[index + 1])
        quaternions = self.quaternions[span] / _INT16
        quaternions /= np.linalg.norm(quaternions, axis=-1, keepdims=True)
        return quaternions, self.roots[span].astype(np.float64), self.rest_offsets[index]

    def save(self, path: Path) -> None:
        """Write one .npz file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fields = {
            name: getattr(self, name)
            for name in ("quaternions", "roots", "starts", "rest_offsets", "sources")
        }
        with whole_file(path) as stream:
            np.savez(stream, source_names=np.array(self.source_names), **fields)

    @classmethod
    def load(cls, path: Path) -> "Corpus":
        """Read what save wrote.

        Raises:
            KinestError: another file, or a damaged one.
        """
        try:
            fields = load_arrays(path, CORPUS_LIMIT)
            names = tuple(str(name) for name in fields.pop("source_names"))
            corpus = cls(source_names=names, **fields)
            _check(corpus)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise KinestError(f"{path} holds no clips that can be read: {error}") from error
        return corpus

    def without_twisted_heads(self) -> "Corpus":
        """Return the clips whose head is, in the median frame, within 120 degrees of the pelvis.

        Some public recordings have the head's rotation half a turn off throughout; the head's
        heading is what everything is expressed in, so such a clip would teach nonsense.
        """
        keep = []
        for index in range(len(self)):
            span = slice(self.starts[index], self.starts[index + 1], 10)
            matrices = matrices_from_quaternions(unit_quaternions(self.quaternions[span]))
            spine = matrices[:, 3]
            for joint in (6, 9, 12, 15):
                spine = spine @ matrices[:, joint]
            cosine = 0.5 * (np.trace(spine, axis1=1, axis2=2) - 1.0)
            keep.append(float(np.median(cosine)) > -0.5)
        kept = np.flatnonzero(keep)
        frames = np.concatenate(
            [np.arange(self.starts[index], self.starts[index + 1]) for index in kept]
        )
        lengths = np.diff(self.starts)[kept]
        return Corpus(
            quaternions=self.quaternions[frames],
            roots=self.roots[frames],
            starts=np.concatenate(([0], np.cumsum(lengths))),
            rest_offsets=self.rest_offsets[kept],
            sources=self.sources[kept],
            source_names=self.source_names,
        )

    def joined(self, other: "Corpus") -> "Corpus":
        """Return both corpora end to end."""
        names = self.source_names + tuple(
            name for name in other.source_names if name not in self.source_names
        )
        moved = np.array([names.index(name) for name in other.source_names])[other.sources]
        return Corpus(
            quaternions=np.concatenate((self.quaternions, other.quaternions)),
            roots=np.concatenate((self.roots, other.roots)),
            starts=np.concatenate((self.starts, other.starts[1:] + self.starts[-1])),
            rest_offsets=np.concatenate((self.rest_offsets, other.rest_offsets)),
            sources=np.concatenate((self.sources, moved)),
            source_names=names,
        )


def _check(corpus: Corpus) -> None:
    frames, clips = len(corpus.roots), len(corpus.rest_offsets)
    for name, shape in (
        ("quaternions", (frames, 22, 4)), ("roots", (frames, 3)), ("starts", (clips + 1,)),
        ("rest_offsets", (clips, 22, 3)), ("sources", (clips,)),
    ):  # fmt: skip
        array = getattr(corpus, name)
        if array.shape != shape or array.dtype.kind not in "if":
            raise ValueError(f"{name} has shape {array.shape} and type {array.dtype}")
    starts, sources = corpus.starts, corpus.sources
    if starts[0] != 0 or starts[-1] != frames or (np.diff(starts) < 0).any():
        raise ValueError("its clips do not follow one another")
    if clips and not 0 <= sources.min() <= sources.max() < len(corpus.source_names):
        raise ValueError("a clip is of no source")


def procedural_corpus(hours: float, seed: int = 0, clip_seconds: float = 20.0) -> Corpus:
    """Return procedural motion, for what recordings lack: crouching, sitting, kneeling."""
    rng = np.random.default_rng(seed)
    count = max(1, round(hours * 3600 / clip_seconds))

    def clips() -> Iterable[tuple[Motion, Skeleton, str]]:
        for index in range(count):
            skeleton = Skeleton.from_stature(float(rng.uniform(1.5, 1.95)))
            motion = generate("everything", skeleton, seed * 100_003 + index, clip_seconds)
            yield motion, skeleton, "procedural"

    return build_corpus(clips())


def build_corpus(motions: Iterable[tuple[Motion, Skeleton, str]]) -> Corpus:
    """Return the corpus of (motion at 60 fps, its skeleton, name of its source)."""
    quaternions, roots, offsets, lengths, sources = [], [], [], [], []
    names: dict[str, int] = {}
    for motion, skeleton, source in motions:
        unit = quaternions_from_matrices(motion.local_rotations)
        quaternions.append(np.round(unit * _INT16).astype(np.int16))
        roots.append(motion.root_position.astype(np.float32))
        offsets.append(skeleton.rest_offsets.astype(np.float32))
        lengths.append(len(motion))
        sources.append(names.setdefault(source, len(names)))
    if not lengths:
        raise KinestError("no motion clips to train on: check the data folders and the split")
    return Corpus(
        quaternions=np.concatenate(quaternions).reshape(-1, NUM_JOINTS, 4),
        roots=np.concatenate(roots),
        starts=np.concatenate(([0], np.cumsum(lengths))),
        rest_offsets=np.stack(offsets),
        sources=np.array(sources),
        source_names=tuple(names),
    )


def on_human_bones(motion: Motion, skeleton: Skeleton) -> tuple[Motion, Skeleton]:
    """Return the same rotations on the default skeleton of the same stature, feet on the floor."""
    human = Skeleton.from_stature(skeleton.stature)
    roots = move_to_skeleton(
        motion.local_rotations, motion.root_position, skeleton.rest_offsets, human.rest_offsets
    )
    return Motion(motion.local_rotations, roots, motion.fps), human


def corpus_from_files(
    files: Sequence[Path],
    cache: Path | None = None,
    progress: bool = True,
    body_model: Path | None = None,
    approximate: bool = False,
    as_published: bool = False,
) -> Corpus:
    """Read clips, or the cache made of just these files before.

    Args:
        files: AMASS-style .npz clips; a clip's source is its folder's name.
        cache: folder for the compact form; None to keep none.
        progress: show a progress bar.
        body_model: as in load_amass.
        approximate: as in load_amass.
        as_published: as in load_amass.

    Raises:
        KinestError: no files, or one that cannot be read.
    """
    how = f"2 {body_model and body_model.resolve()} {approximate} {as_published}"
    key = hashlib.sha256(
        "\n".join((how, *(f"{f.resolve()} {f.stat().st_size}" for f in files))).encode()
    ).hexdigest()
    cached = cache / f"corpus-{key[:16]}.npz" if cache else None
    if cached is not None and cached.is_file():
        return Corpus.load(cached)

    def read(path: Path) -> tuple[Motion, Skeleton, str]:
        motion, skeleton = load_amass(
            path, body_model=body_model, approximate=approximate, as_published=as_published
        )
        if label_of(path).source in CHARACTER_SOURCES:
            motion, skeleton = on_human_bones(motion, skeleton)
        return motion, skeleton, path.parent.name

    # Closed before an error is told; None: silent where stderr is no terminal.
    with tqdm(files, desc="reading clips", unit="clip", disable=not progress or None) as bar:
        corpus = build_corpus(read(path) for path in bar)
    if cached is not None:
        corpus.save(cached)
    return corpus
