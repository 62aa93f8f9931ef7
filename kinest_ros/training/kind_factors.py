# SPDX-License-Identifier: Apache-2.0
"""How much more or less often clips of a kind of action are drawn than the data lies."""

import numpy as np

from kinest_ros.body.rotations_numpy import matrices_from_quaternions, unit_quaternions
from kinest_ros.motion.clips.corpus import Corpus
from kinest_ros.motion.clips.kinds import kind_of


def kind_factors(corpus: Corpus, lengths: np.ndarray, power: float) -> np.ndarray:
    """Return factors (C,) on the weights of clips that leave the weights of sources as they are."""
    kinds = []
    for index in range(len(corpus)):
        quaternions, roots, offsets = corpus.clip(index)
        kinds.append(
            kind_of(matrices_from_quaternions(unit_quaternions(quaternions)), roots, offsets)
        )
    _, kind = np.unique(kinds, return_inverse=True)
    _, both = np.unique(np.stack((corpus.sources, kind)), axis=1, return_inverse=True)
    both = both.ravel()
    factors = (np.bincount(both, lengths) ** (power - 1.0))[both]
    before = np.bincount(corpus.sources, lengths)
    after = np.bincount(corpus.sources, lengths * factors)
    return factors * (before / np.maximum(after, 1e-12))[corpus.sources]
