# SPDX-License-Identifier: Apache-2.0
"""Skeletons: the rest offsets of the 22 joints, by default those of the average person."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, NUM_JOINTS, PARENTS
from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import TEXT_LIMIT, load_arrays
from kinest_ros.files.whole import whole_file

#: Height of the toe joint (first metatarsal head) above the sole, m.
TOE_JOINT_HEIGHT = 0.02
#: Height of the head joint (base of the skull) as a fraction of stature.
HEAD_HEIGHT_FRACTION = 0.885

# Fractions of stature: the weighted mean of published anthropometry (2; heights and lengths after
# Drillis and Contini 1966, as tabulated in Winter, "Biomechanics and Motor Control of Human
# Movement"; hips after Bell et al. 1990) and of the skeletons of two CMU conversions (2 and 1). A
# motion capture system's joints are not where anatomy has them, nor another system's; this mean is
# nearer to the people of four other sources than anthropometry alone. All of it, and what it costs:
# `python -m tools.proportions`.
_FRACTIONS: dict[str, tuple[float, float, float]] = {
    "left_hip": (0.052, -0.047, 0.003),
    "left_knee": (0.0, -0.233, 0.0),
    "left_ankle": (0.0, -0.258, 0.0),
    "left_foot": (0.0, -0.035, 0.070),
    "spine1": (0.0, 0.041, -0.003),
    "spine2": (0.0, 0.061, -0.002),
    "spine3": (0.0, 0.065, -0.002),
    "neck": (0.0, 0.085, -0.005),
    "head": (0.0, 0.060, 0.006),
    "left_collar": (0.018, 0.064, -0.010),
    "left_shoulder": (0.072, 0.003, 0.0),
    "left_elbow": (0.170, 0.0, 0.0),
    "left_wrist": (0.148, 0.0, 0.0),
}


@dataclass(frozen=True)
class Skeleton:
    """Rest offsets of the SMPL-22 joints.

    Attributes:
        rest_offsets: (22, 3) float64, m: each joint's rest position relative to its parent, in
            SMPL's T-pose axes (X the body's left, Y up, Z forward); row 0 is zero.
        name: where the skeleton comes from, for logs.
        own: whether its proportions are the person's own, and not those of people in general.
    """

    rest_offsets: np.ndarray
    name: str = "skeleton"
    own: bool = False

    def __post_init__(self) -> None:
        """Check the offsets.

        Raises:
            KinestError: wrong shape, not finite, or no legs or spine to measure a height by.
        """
        try:
            offsets = np.array(self.rest_offsets, dtype=np.float64)
        except (ValueError, TypeError) as error:
            raise KinestError(f"{self.name}: rest_offsets are not numbers: {error}") from error
        if offsets.shape != (NUM_JOINTS, 3):
            raise KinestError(
                f"{self.name}: rest_offsets has shape {offsets.shape}, expected (22, 3): "
                "one offset from the parent for each SMPL body joint"
            )
        if not np.isfinite(offsets).all():
            raise KinestError(f"{self.name}: rest_offsets holds NaN or infinite values")
        offsets[0] = 0.0
        offsets.setflags(write=False)
        object.__setattr__(self, "rest_offsets", offsets)
        if not 0.3 < self.head_height < 3.0:
            raise KinestError(
                f"{self.name}: the head joint would stand {self.head_height:.2f} m above the sole; "
                "rest_offsets must be in metres, with Y up, in the SMPL T-pose"
            )

    @classmethod
    def from_stature(cls, stature: float = 1.70, what: str = "stature") -> "Skeleton":
        """Return the default skeleton for a stature in metres.

        Args:
            stature: body height in m.
            what: what the name calls it, such as "estimated stature".

        Raises:
            KinestError: a stature outside 0.8–2.6 m.
        """
        if not 0.8 <= stature <= 2.6:
            raise KinestError(
                f"stature is {stature} m; it must lie between 0.8 and 2.6 (metres, not cm)"
            )
        offsets = np.zeros((NUM_JOINTS, 3))
        for name, fraction in _FRACTIONS.items():
            offsets[JOINT_INDEX[name]] = np.asarray(fraction) * stature
            if name.startswith("left_"):
                right = JOINT_INDEX["right_" + name[len("left_") :]]
                offsets[right] = np.asarray(fraction) * (-stature, stature, stature)
        for name in ("left_foot", "right_foot"):
            offsets[JOINT_INDEX[name], 1] += TOE_JOINT_HEIGHT
        return cls(offsets, f"default, {what} {stature:.2f} m")

    @classmethod
    def load(cls, path: str | Path) -> "Skeleton":
        """Read a skeleton from an .npz file with the key rest_offsets (22, 3).

        Raises:
            KinestError: no such file, not an .npz, or no valid rest_offsets in it.
        """
        path = Path(path).expanduser()
        if not path.is_file():
            raise KinestError(f"skeleton file {path} does not exist")
        try:
            arrays = load_arrays(path, TEXT_LIMIT, ("rest_offsets",))
        except (OSError, ValueError) as error:
            raise KinestError(
                f"skeleton file {path} is not a readable .npz file: {error}"
            ) from error
        if "rest_offsets" not in arrays:
            raise KinestError(
                f"skeleton file {path} has no key rest_offsets (22, 3); "
                f"its keys are {', '.join(sorted(arrays)) or 'none'}"
            )
        return cls(arrays["rest_offsets"], str(path), own=True)

    def save(self, path: str | Path) -> None:
        """Write the skeleton as an .npz file (the ending is added) that load reads."""
        path = Path(path)
        if path.suffix != ".npz":
            path = path.with_name(f"{path.name}.npz")
        with whole_file(path) as stream:
            np.savez(stream, rest_offsets=self.rest_offsets)

    def scaled(self, factor: float) -> "Skeleton":
        """Return the skeleton with all lengths multiplied by factor."""
        return Skeleton(self.rest_offsets * factor, f"{self.name} x {factor:.3f}", self.own)

    def rest_positions(self) -> np.ndarray:
        """Return the rest positions (22, 3) of the joints in SMPL axes, the pelvis at zero."""
        positions = np.zeros((NUM_JOINTS, 3))
        for joint in range(1, NUM_JOINTS):
            positions[joint] = positions[PARENTS[joint]] + self.rest_offsets[joint]
        return positions

    @property
    def ankle_height(self) -> float:
        """Rest height of the ankle joints above the sole, m (mean of both sides)."""
        feet = self.rest_offsets[[JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]], 1]
        return float(TOE_JOINT_HEIGHT - feet.mean())

    @property
    def pelvis_height(self) -> float:
        """Rest height of the pelvis joint above the sole, m."""
        toes = self.rest_positions()[[JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]], 1]
        return float(TOE_JOINT_HEIGHT - toes.mean())

    @property
    def head_height(self) -> float:
        """Rest height of the head joint above the sole, m."""
        return self.pelvis_height + float(self.rest_positions()[JOINT_INDEX["head"], 1])

    @property
    def stature(self) -> float:
        """Stature in m, from the height of the head joint by the default proportions."""
        return self.head_height / HEAD_HEIGHT_FRACTION
