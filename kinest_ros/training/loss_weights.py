# SPDX-License-Identifier: Apache-2.0
"""How much each term of the training loss counts."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from kinest_ros.training.changes import read_changes


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms.

    The first three are KineST's (arXiv 2512.16791): rotation, root orientation and geometric
    angular velocity (the L1 difference of the SO(3) logarithms of true and predicted rotation
    from frame to frame). The others are on the posed body, on foot contacts and on confidence.
    """

    rotation: float = 1.0
    root: float = 0.02
    angular_velocity: float = 3.0
    position: float = 6.0
    velocity: float = 0.25
    contact: float = 0.03
    confidence: float = 0.01

    @classmethod
    def changed(cls, changes: Sequence[str]) -> "LossWeights":
        """Return the usual weights with some changed, each given as "term=weight".

        Raises:
            KinestError: no such term, or a weight that is not a number of at least 0.
        """
        names = [term.name for term in fields(cls)]
        form = f"TERM=WEIGHT with a term of {', '.join(names)} and a weight of at least 0"
        return cls(**read_changes(changes, names, "--loss", form, float("inf")))
