# SPDX-License-Identifier: Apache-2.0
"""Read whole-body motion, whatever format it is in."""

from __future__ import annotations

import logging
from pathlib import Path

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.formats.clips.bodies_table import read_bodies_table
from kinest_ros.formats.clips.read_bvh import BvhChoice, read_bvh
from kinest_ros.formats.kinds import kind_of
from kinest_ros.motion.clip import Motion
from kinest_ros.motion.clips.amass import load_amass

_LOG = logging.getLogger(__name__)
#: What the names of such files end in.
CLIP_SUFFIXES = (".npz", ".bvh", ".csv")


def load_clip(
    path: str | Path, body_model: str | Path | None = None, choice: BvhChoice | None = None
) -> tuple[Motion, Skeleton]:
    """Return motion (Z up, m, at 60 frames per second) and skeleton of a clip.

    Args:
        path: AMASS-style .npz, BVH, or a table of bodies.
        body_model: SMPL file for original AMASS clips.
        choice: of BVH, what the file does not say. What was found out is logged as warnings.

    Raises:
        KinestError: naming the file and what is wrong with it.
    """
    path = Path(path)
    kind = kind_of(path) if path.exists() else path.suffix[1:]
    if kind == "bvh":
        clip = read_bvh(path, choice)
        for note in clip.notes:
            _LOG.warning("%s", note)
        return clip.motion, clip.skeleton
    if kind == "bodies":
        return read_bodies_table(path)
    return load_amass(path, body_model=body_model)
