# SPDX-License-Identifier: Apache-2.0
"""Proportions of people at hand beside those of the default skeleton, and what they cost.

    python -m tools.proportions --data MOTION

Prints the mean rest offsets of the sources' people (training part), as fractions of their stature,
the mean from which the default skeleton has its proportions, and for validation people by source
how far joints are off (cm, hung from the head) on a skeleton of which only the stature is theirs,
with the true rotations: what no network can make up for.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.skeleton import HEAD_HEIGHT_FRACTION, Skeleton
from kinest_ros.motion.clips.amass import load_amass
from kinest_ros.motion.clips.clip_lists import RULE, split_clips
from kinest_ros.motion.clips.labels import label_of

#: Drillis and Contini (1966), as in Winter; the spine by the spacing of SMPL's joints.
ANTHROPOMETRY = {
    "left_hip": (0.050, -0.050, 0.0), "left_knee": (0.0, -0.245, 0.0),
    "left_ankle": (0.0, -0.246, 0.0), "left_foot": (0.0, -0.027, 0.070),
    "spine1": (0.0, 0.060, -0.005), "spine2": (0.0, 0.075, 0.0), "spine3": (0.0, 0.040, 0.0),
    "neck": (0.0, 0.080, -0.005), "head": (0.0, 0.050, 0.010),
    "left_collar": (0.030, 0.045, 0.0), "left_shoulder": (0.075, 0.0, -0.005),
    "left_elbow": (0.170, 0.0, 0.0), "left_wrist": (0.146, 0.0, 0.0),
}  # fmt: skip
#: How much each counts. CMU's own skeletons have their head joint far up and their pelvis behind
#: the hips; more of them is worse for all others.
WEIGHTS = {"anthropometry": 2.0, "papagina": 2.0, "cmuasf": 1.0}
#: Clips of a source that are looked at, and every so many frames of them.
CLIPS, STRIDE = 60, 30
_HEAD = JOINT_INDEX["head"]


def symmetric(fractions: np.ndarray) -> np.ndarray:
    """Return offsets (22, 3) with the mean of both sides on each, and the spine in the middle."""
    out = fractions.copy()
    for joint, name in enumerate(JOINT_NAMES):
        if name.startswith("left_"):
            right = JOINT_INDEX["right_" + name[len("left_") :]]
            out[joint] = (fractions[joint] + fractions[right] * (-1, 1, 1)) / 2.0
            out[right] = out[joint] * (-1, 1, 1)
        elif not name.startswith("right_"):
            out[joint, 0] = 0.0
    return out


def anthropometry() -> np.ndarray:
    """Return the published fractions as offsets (22, 3)."""
    offsets = np.zeros((22, 3))
    for name, fraction in ANTHROPOMETRY.items():
        offsets[JOINT_INDEX[name]] = fraction
        if name.startswith("left_"):
            offsets[JOINT_INDEX["right_" + name[len("left_") :]]] = np.multiply(
                fraction, (-1, 1, 1)
            )
    return offsets


def mean_person(clips: Iterable[Path]) -> np.ndarray:
    """Return the mean offsets (22, 3) of the people in clips, as fractions of the stature."""
    people = {}
    for clip in clips:
        with np.load(clip) as arrays:
            skeleton = Skeleton(arrays["rest_offsets"])
        people[skeleton.rest_offsets.round(3).tobytes()] = skeleton.rest_offsets / skeleton.stature
    return symmetric(np.mean(list(people.values()), axis=0))


def fitted(means: dict[str, np.ndarray]) -> np.ndarray:
    """Return the weighted mean of offsets, with a head as high as the default skeleton's."""
    weights = [WEIGHTS[name] for name in means]
    mean = np.average(list(means.values()), axis=0, weights=weights)
    person = Skeleton(1.7 * mean)
    scaled: np.ndarray = mean * (HEAD_HEIGHT_FRACTION * 1.7 / person.head_height)
    return scaled


def error_cm(clips: list[Path], fractions: np.ndarray | None) -> float:
    """Return how far joints are off with true rotations; None: the default skeleton."""
    errors = []
    for clip in clips:
        motion, skeleton = load_amass(clip)
        rotations = motion.local_rotations[::STRIDE]
        taken = Skeleton.from_stature(skeleton.stature).rest_offsets
        if fractions is not None:
            taken = fractions * skeleton.stature
        places = [
            forward_kinematics_np(rotations, offsets, np.zeros((len(rotations), 3)))[0]
            for offsets in (skeleton.rest_offsets, taken)
        ]
        hung = [each - each[:, [_HEAD]] for each in places]
        errors.append(np.linalg.norm(hung[1] - hung[0], axis=-1).mean())
    return 100.0 * float(np.mean(errors))


def _of(clips: Iterable[Path], source: str) -> list[Path]:
    found = [clip for clip in clips if label_of(clip).source == source]
    return found[:: max(len(found) // CLIPS, 1)]


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of .npz clips")
    data = parser.parse_args().data
    train = split_clips(data, Path(RULE), "train")
    means = {name: mean_person(_of(train, name)) for name in WEIGHTS if name != "anthropometry"}
    means["anthropometry"] = anthropometry()
    mean = fitted(means)
    columns = {**means, "weighted mean": mean}
    print(f"{'':14}", *(f"{name:24}" for name in columns))
    for name in ANTHROPOMETRY:
        cells = (tuple(each[JOINT_INDEX[name]].round(3).tolist()) for each in columns.values())
        print(f"{name:14}", *(f"{cell!s:24}" for cell in cells))
    validation = split_clips(data, Path(RULE), "validation")
    for source in ("bandai", "cmuasf", "papagina", "convseq"):
        clips = _of(validation, source)
        before = error_cm(clips, means["anthropometry"])
        print(
            f"{source:10} {len(clips)} clips: anthropometry {before:.2f}, default skeleton "
            f"{error_cm(clips, None):.2f} cm"
        )


if __name__ == "__main__":
    main()
