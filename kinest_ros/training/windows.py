# SPDX-License-Identifier: Apache-2.0
"""Training windows for networks without state: each a stretch of one augmented clip."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.training.augment_config import AugmentConfig
from kinest_ros.training.streams import STREAM_FIELDS, StreamBatch, Window

#: Windows taken of one augmented clip: making it costs more than a window is worth.
_USES = 3
_TRIES = 200


class WindowBatch:
    """Batches of windows that start anywhere in a clip and never reach across two."""

    def __init__(
        self,
        corpus: Corpus,
        batch: int,
        length: int,
        config: AugmentConfig | None = None,
        seed: int = 0,
        source_power: float = 0.5,
        draw: Mapping[str, float] | None = None,
        kind_power: float = 1.0,
    ) -> None:
        """Draw the first clips.

        Args:
            corpus: the clips; those shorter than a window are never used.
            batch: windows at once.
            length: frames per window.
            config: augmentation.
            seed: of everything random here.
            source_power: as in StreamBatch.
            draw: as in StreamBatch.
            kind_power: as in StreamBatch.

        Raises:
            KinestError: no clip is long enough.
        """
        self._length = length
        self._streams = StreamBatch(
            corpus, 0, length, config, seed, source_power, 1, draw, kind_power
        )
        self._rng = np.random.default_rng((seed, 0, 1))
        self._numbers = [0] * batch
        self._clips: list[dict[str, np.ndarray]] = [{} for _ in range(batch)]
        for index in range(batch):
            self._renew(index)
        # Of different age, so that they are not all replaced in one step.
        self._left = [1 + index % _USES for index in range(batch)]

    def next(self) -> Window:
        """Return the next windows; all of them are fresh."""
        rows = []
        for index in range(len(self._clips)):
            if not self._left[index]:
                self._renew(index)
                self._left[index] = _USES
            self._left[index] -= 1
            clip = self._clips[index]
            start = int(self._rng.integers(len(clip["cuts"]) - self._length + 1))
            rows.append({name: clip[name][start : start + self._length] for name in STREAM_FIELDS})
        fields = {
            name: torch.from_numpy(np.stack([row[name] for row in rows])) for name in STREAM_FIELDS
        }
        offsets = np.stack([clip["rest_offsets"] for clip in self._clips])
        fresh = torch.ones(len(rows), dtype=torch.bool)
        return Window(fresh=fresh, rest_offsets=torch.from_numpy(offsets), **fields)

    def state(self) -> dict[str, Any]:
        """Return where the windows are, as plain values, for `restore`."""
        return {
            "made": self._streams.made, "numbers": list(self._numbers), "left": list(self._left),
            "random": self._rng.bit_generator.state,
        }  # fmt: skip

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where windows of the same corpus and settings were."""
        self._numbers, self._left = list(state["numbers"]), list(state["left"])
        self._clips = [_first_clip(self._streams.new_stream(n)) for n in self._numbers]
        self._streams.made = state["made"]
        self._rng.bit_generator.state = state["random"]

    def _renew(self, index: int) -> None:
        for _ in range(_TRIES):
            self._numbers[index] = self._streams.made
            clip = _first_clip(self._streams.new_stream())
            if len(clip["cuts"]) >= self._length:
                self._clips[index] = clip
                return
        raise KinestError(
            f"of {_TRIES} clips drawn none had {self._length} frames (at 60 per second): the "
            "published network needs longer clips, or a shorter --length"
        )


def _first_clip(stream: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return a stream up to its first cut."""
    end = int((np.flatnonzero(np.append(stream["cuts"][1:], True)) + 1)[0])
    return {
        name: value if name == "rest_offsets" else value[:end] for name, value in stream.items()
    }
