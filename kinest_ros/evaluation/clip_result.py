# SPDX-License-Identifier: Apache-2.0
"""The figures of one clip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.motion.clips.labels import ClipLabel


@dataclass(frozen=True)
class ClipResult:
    """One clip's figures.

    Attributes:
        label: which clip.
        figures: value by metric.
        joint_errors: (22,) mean position error, cm.
        joint_angles: (22,) mean angle of the local rotations to the true ones, deg.
        errors: (N, 22) position error, cm, float32.
        sigma: (N, 22) expected size of it, cm, float32; None where nothing was expected.
    """

    label: ClipLabel
    figures: dict[str, float]
    joint_errors: np.ndarray
    joint_angles: np.ndarray
    errors: np.ndarray
    sigma: np.ndarray | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON says of the clip."""
        label = self.label
        return {
            "clip": label.path,
            "dataset": label.dataset,
            "action": label.action,
            "style": label.style,
            "group": label.group,
            "kind": label.kind,
            "frames": len(self.errors),
            **plain_figures(self.figures),
        }


def plain_figures(values: dict[str, float]) -> dict[str, float | None]:
    """Return figures as JSON takes them: None where one is not finite."""
    return {name: float(v) if np.isfinite(v) else None for name, v in values.items()}
