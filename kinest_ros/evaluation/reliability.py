# SPDX-License-Identifier: Apache-2.0
"""Whether the expected errors are the real ones: reliability of the confidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_NAMES
from kinest_ros.evaluation.clip_result import ClipResult

BINS = 10


@dataclass(frozen=True)
class Reliability:
    """Expected against actual errors, in bins of alike expectation.

    Attributes:
        expected: (B,) root mean square of the expected errors of each bin, cm.
        actual: (B,) root mean square of the errors in it, cm.
        error: expected calibration error: mean over the bins of their difference, cm.
        normalised: the same relative to the expected error (ENCE; Levi et al., 2019).
        joint_expected: (22,) as expected, over all frames of each joint.
        joint_actual: (22,) as actual.
        joint_error: (22,) expected calibration error of each joint alone, cm.
        datasets: expected and actual errors (B,) of each dataset alone, cm.
    """

    expected: np.ndarray
    actual: np.ndarray
    error: float
    normalised: float
    joint_expected: np.ndarray
    joint_actual: np.ndarray
    joint_error: np.ndarray
    datasets: dict[str, tuple[np.ndarray, np.ndarray]]

    @property
    def dataset_errors(self) -> dict[str, float]:
        """Expected calibration error of each dataset alone, cm."""
        return {name: float(np.abs(e - a).mean()) for name, (e, a) in self.datasets.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {
            "expected_calibration_error_cm": self.error,
            "normalised": self.normalised,
            "datasets_cm": self.dataset_errors,
            "bins": [
                {"expected_cm": float(e), "actual_cm": float(a)}
                for e, a in zip(self.expected, self.actual, strict=True)
            ],
            "joints": {
                name: {
                    "expected_cm": float(self.joint_expected[joint]),
                    "actual_cm": float(self.joint_actual[joint]),
                    "expected_calibration_error_cm": float(self.joint_error[joint]),
                }
                for joint, name in enumerate(JOINT_NAMES)
            },
        }


def reliability(results: Sequence[ClipResult], stride: int = 4) -> Reliability | None:
    """Return the reliability over all clips; None where the candidate expects nothing.

    Args:
        results: of one candidate.
        stride: take each stride-th frame; frames next to each other say the same.
    """
    known = [r for r in results if r.sigma is not None and np.isfinite(r.sigma).all()]
    if not known:
        return None
    sigma = np.concatenate([r.sigma[::stride] for r in known if r.sigma is not None])
    errors = np.concatenate([r.errors[::stride] for r in known])
    expected, actual = reliability_curve(sigma.ravel(), errors.ravel())
    joints = [reliability_curve(sigma[:, j], errors[:, j]) for j in range(sigma.shape[1])]
    own = np.concatenate([np.full(len(r.errors[::stride]), r.label.dataset) for r in known])
    return Reliability(
        expected,
        actual,
        float(np.abs(expected - actual).mean()),
        float((np.abs(expected - actual) / expected).mean()),
        _rms(sigma),
        _rms(errors),
        np.array([np.abs(e - a).mean() for e, a in joints]),
        {
            str(name): reliability_curve(sigma[own == name].ravel(), errors[own == name].ravel())
            for name in np.unique(own)
        },
    )


def reliability_curve(
    sigma: np.ndarray, errors: np.ndarray, bins: int = BINS
) -> tuple[np.ndarray, np.ndarray]:
    """Return the root mean squares (B,) of sigma and of the errors, in B bins of equal count.

    Args:
        sigma: (N,) expected sizes.
        errors: (N,) actual sizes.
        bins: how many; fewer where there are fewer values.
    """
    order = np.argsort(sigma, kind="stable")
    parts = np.array_split(order, min(bins, len(order)))
    return (
        np.array([_rms(sigma[part]) for part in parts]),
        np.array([_rms(errors[part]) for part in parts]),
    )


def calibration_error(sigma: np.ndarray, errors: np.ndarray) -> float:
    """Return the mean over bins of the difference of expected and actual errors of any shape."""
    expected, actual = reliability_curve(sigma.ravel(), errors.ravel())
    return float(np.abs(expected - actual).mean())


def _rms(values: np.ndarray) -> np.ndarray:
    return np.sqrt(np.mean(np.square(values, dtype=np.float64), axis=0))
