# SPDX-License-Identifier: Apache-2.0
"""A stretch of full-body motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Motion:
    """Joint rotations and pelvis path of one body over time.

    World axes: Z up, metres. Joint axes are SMPL's (at rest Y up, +Z forward, +X left); at
    heading 0 the body faces world +X.

    Attributes:
        local_rotations: (N, 22, 3, 3); ``[:, 0]`` is world_from_pelvis, the others are
            parent_from_joint.
        root_position: (N, 3) pelvis joint in the world, m.
        fps: Frames per second.
    """

    local_rotations: np.ndarray
    root_position: np.ndarray
    fps: float

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.root_position)

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self) / self.fps
