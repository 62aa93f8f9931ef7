# SPDX-License-Identifier: Apache-2.0
"""How far one system's clock is from another's, by how fast the same things turn in both.

The angular speed of a rigid thing is the same in every frame and at every point of it, so it tells
the time before anything is known of frames and mounts.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.evaluation.truth.paths import Path6D, angular_speed

#: Samples a second that are compared, and seconds that both must have in common.
RATE, _COMMON = 100.0, 3.0
#: Speeds that vary by less, rad/s, tell no time.
_STILL = 0.05
#: A correlation that is lower is none; and another as high as this share of it, elsewhere, makes
#: it ambiguous. Elsewhere is further than so many s away.
_LOWEST, _AMBIGUOUS, _ELSEWHERE = 0.5, 0.97, 0.5
#: Most seconds of either that are laid out.
_LONGEST = 6 * 3600.0


def clock_offset(first: Mapping[str, Path6D], second: Mapping[str, Path6D]) -> int:
    """Return ns to add to the second's stamps so that they are on the first's clock.

    Args:
        first: paths by what they are of.
        second: the same of the other system; what is in both is compared.

    Raises:
        KinestError: nothing in common, nobody moves, or no offset, or several, explain it.
    """
    common = [name for name in first if name in second]
    if not common:
        raise KinestError(
            f"nothing is in both: {', '.join(first) or 'nothing'}, and "
            f"{', '.join(second) or 'nothing'} in the truth"
        )
    a, start_a = _speeds([first[name] for name in common])
    b, start_b = _speeds([second[name] for name in common])
    lags, likeness = _correlation(a, b)
    best = int(np.argmax(likeness))
    if likeness[best] < _LOWEST:
        raise KinestError(
            f"{', '.join(common)} move differently in the two (they turn alike to "
            f"{max(likeness[best], 0.0):.2f} at best, of 1): is the truth of the same time and "
            "people, and are its names given to the right trackers?"
        )
    elsewhere = likeness[np.abs(lags - lags[best]) > _ELSEWHERE * RATE]
    if elsewhere.size and elsewhere.max() > _AMBIGUOUS * likeness[best]:
        raise KinestError(
            "the motion repeats itself, so several clock offsets explain it alike: record "
            "something that does not, such as looking about once"
        )
    lag = lags[best] + _top(likeness[best - 1 : best + 2])
    return start_a - start_b + round(lag * 1e9 / RATE)


def _speeds(paths: list[Path6D]) -> tuple[np.ndarray, int]:
    """Return angular speeds (K, N), rad/s, of each path on one grid, and its first stamp."""
    if any(len(path) < 2 for path in paths):
        raise KinestError("there are too few poses to compare")
    start = min(int(path.stamps_ns[0]) for path in paths)
    stop = max(int(path.stamps_ns[-1]) for path in paths)
    seconds = (stop - start) * 1e-9
    if seconds > _LONGEST:
        raise KinestError(f"it spans {seconds / 3600:.0f} hours; compare up to 6 at a time")
    grid = start + np.round(np.arange(int(seconds * RATE) + 1) * (1e9 / RATE)).astype(np.int64)
    return np.stack([angular_speed(path, grid) for path in paths]), start


def _correlation(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return lags, and the normalised correlation at each: of a at i + lag with b at i.

    Unknown samples count as nothing at all; a lag counts if enough is known there.
    """
    size = a.shape[1] + b.shape[1] - 1
    length = 1 << (size - 1).bit_length()
    known_a, known_b = np.isfinite(a), np.isfinite(b)
    if not known_a.any() or not known_b.any():
        raise KinestError("there are too few poses to compare")
    scale = max(float(np.nanstd(a)), float(np.nanstd(b)))
    if min(float(np.nanstd(a)), float(np.nanstd(b))) < _STILL:
        raise KinestError(
            "they hardly turn, which tells no time: look about and move the hands for some seconds"
        )
    fa, fb = np.where(known_a, a, 0.0) / scale, np.where(known_b, b, 0.0) / scale

    def products(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        spectrum = np.fft.rfft(x, length) * np.conj(np.fft.rfft(y, length))
        found = np.fft.irfft(spectrum, length).sum(axis=0)
        return np.asarray(np.concatenate((found[length - b.shape[1] + 1 :], found[: a.shape[1]])))

    ma, mb = known_a.astype(float), known_b.astype(float)
    count = np.maximum(products(ma, mb), 1e-9)
    mean_a, mean_b = products(fa, mb) / count, products(ma, fb) / count
    covariance = products(fa, fb) / count - mean_a * mean_b
    variance_a = products(fa**2, mb) / count - mean_a**2
    variance_b = products(ma, fb**2) / count - mean_b**2
    smallest = (_STILL / scale) ** 2
    likeness = covariance / np.sqrt(np.maximum(variance_a * variance_b, smallest**2))
    # A short overlap may agree by chance.
    shorter = min(a.shape[1], b.shape[1])
    needed = a.shape[0] * max(min(_COMMON * RATE, 0.9 * shorter), 0.25 * shorter)
    likeness[count < needed] = -1.0
    return np.arange(-(b.shape[1] - 1), a.shape[1]), likeness


def _top(values: np.ndarray) -> float:
    """Return where the parabola through three values has its top, from the middle one."""
    if len(values) < 3 or values.min() <= -1.0:
        return 0.0
    bend = values[0] - 2.0 * values[1] + values[2]
    return float(np.clip(0.5 * (values[0] - values[2]) / bend, -0.5, 0.5)) if bend < 0 else 0.0
