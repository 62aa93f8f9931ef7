# SPDX-License-Identifier: Apache-2.0
"""The truth that the user gives for a bag: bodies of a topic, a clip or another bag, or mocap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.bags.contents import input_of
from kinest_ros.bags.inputs import InputChoice
from kinest_ros.bags.reader import BagReader, Bodies, read_bodies
from kinest_ros.bags.topics import BODY, GROUND_TRUTH
from kinest_ros.body.joints import NUM_JOINTS, SLOT_JOINTS, SLOTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.rotations_numpy import (
    continuous,
    matrices_from_quaternions,
    quaternions_from_matrices,
    rotation_vectors,
    slerp,
    unit_quaternions,
)
from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.truth.align import Alignment, align
from kinest_ros.evaluation.truth.paths import GAP, Path6D, paths_of
from kinest_ros.formats.clips.load import CLIP_SUFFIXES, load_clip
from kinest_ros.motion.trackers import START_NS, true_bodies

_TICK_NS = 1e9 / 60.0


@dataclass(frozen=True)
class GivenTruth:
    """What the user says of the truth.

    Attributes:
        where: a topic of bodies in the bag; a clip or another bag; or the kind of input that
            mocap bodies in the same bag come as.
        choice: of mocap bodies: what they are called, and on which topics.
        aligned: whether clock and frame are ours already: then nothing is looked for.
        body_model: SMPL file, for original AMASS clips.
    """

    where: str
    choice: InputChoice = field(default_factory=InputChoice)
    aligned: bool = False
    body_model: Path | None = None

    @property
    def is_mocap(self) -> bool:
        """Whether it is poses of rigid bodies, not whole bodies."""
        return self.where in DECODERS


@dataclass(frozen=True)
class MarkerPath:
    """Where a mocap body says that a link is.

    Attributes:
        stamps_ns: (M,) on the bag's clock, those of bodies at which the marker is known.
        places: (M, 3) m, in the bag's frame: the marker less where it sits on the link.
    """

    stamps_ns: np.ndarray
    places: np.ndarray


def true_at(given: GivenTruth, bag: Path, bodies: Bodies) -> tuple[Bodies, Alignment | None]:
    """Return true bodies on the clock and in the frame of `bodies`, at the stamps that it knows.

    Raises:
        KinestError: no such truth, or the motion does not determine how it is to be aligned.
    """
    truth = _bodies(given, bag)
    found = None
    if not given.aligned:
        found = _aligned(given, align_paths(bodies), align_paths(truth, all_slots=True))
        truth = moved(truth, found)
    resampled = at_stamps(truth, bodies.stamps_ns)
    if len(resampled) < 4:
        raise KinestError(f"{given.where} and {bag} have fewer than four moments in common")
    return resampled, found


def mocap_figures(
    given: GivenTruth, bag: Path, bodies: Bodies
) -> tuple[dict[str, Any], dict[str, MarkerPath]]:
    """Return the alignment with mocap bodies, and by slot how far the body's links are from them.

    The figures are alignment and mocap; with them, by slot, where the markers say the links are.

    Of trackers that are worn, that is what tracking makes of them. Of others, such as a belt, the
    marker's place on the link is not known; the one that fits best is taken, so that what is told
    is how much the link moves against it.

    Raises:
        KinestError: as `true_at`.
    """
    with BagReader(bag) as reader:
        choice = replace(given.choice, kind=given.where)
        inputs = input_of(reader, choice)
        theirs = paths_of(inputs.frames())
        reason = "; ".join(inputs.warnings.values()) or inputs.why_no_head()
    if not theirs:
        raise KinestError(f"{bag}: no pose of the truth, {given.where}; {reason}".rstrip("; "))
    found = _aligned(given, align_paths(bodies), theirs)
    links = align_paths(bodies, all_slots=True)
    figures, markers = {}, {}
    for slot in SLOTS:
        if slot in theirs and slot in links:
            figures[slot], markers[slot] = _against(links[slot], theirs[slot], found, slot)
    return {"alignment": found.as_dict(), "mocap": figures}, markers


def align_paths(bodies: Bodies, all_slots: bool = False) -> dict[str, Path6D]:
    """Return the paths of the links that trackers are worn on.

    Args:
        bodies: the bodies.
        all_slots: also those that no tracker measures.
    """
    local = matrices_from_quaternions(unit_quaternions(bodies.local_rotations))
    _, world = forward_kinematics_np(local, np.zeros((NUM_JOINTS, 3)), np.zeros((len(bodies), 3)))
    found = {}
    for index, (slot, joint) in enumerate(zip(SLOTS, SLOT_JOINTS, strict=True)):
        rows = np.ones(len(bodies), bool) if all_slots else bodies.tracker_valid[:, index]
        if rows.sum() >= 2:
            turns = quaternions_from_matrices(world[rows, joint])
            found[slot] = Path6D.of(bodies.stamps_ns[rows], bodies.positions[rows, joint], turns)
    return found


def moved(bodies: Bodies, alignment: Alignment) -> Bodies:
    """Return bodies of another clock and frame in ours."""
    local = matrices_from_quaternions(unit_quaternions(bodies.local_rotations))
    local[:, 0] = alignment.frames.rotation @ local[:, 0]
    return replace(
        bodies,
        stamps_ns=bodies.stamps_ns + alignment.offset_ns,
        positions=alignment.frames.places(bodies.positions),
        local_rotations=quaternions_from_matrices(local),
    )


def at_stamps(bodies: Bodies, stamps_ns: np.ndarray) -> Bodies:
    """Return bodies at those of some stamps that lie between two that are close enough."""
    order = np.argsort(bodies.stamps_ns, kind="stable")
    have = bodies.stamps_ns[order]
    keep = np.concatenate(([True], np.diff(have) > 0))
    order, have = order[keep], have[keep]
    if len(have) < 2:
        return _rows(bodies, order[:0], stamps_ns[:0])
    after = np.clip(np.searchsorted(have, stamps_ns), 1, len(have) - 1)
    before = after - 1
    length = have[after] - have[before]
    share = (stamps_ns - have[before]) / length
    known = (share >= 0.0) & (share <= 1.0) & (length <= GAP * 1e9)
    after, before, share = after[known], before[known], share[known]
    places, turns = (
        bodies.positions[order],
        continuous(unit_quaternions(bodies.local_rotations[order])),
    )
    at = share[:, None, None]
    many = np.broadcast_to(share[:, None], (len(share), NUM_JOINTS))
    made = _rows(bodies, order[before], stamps_ns[known])
    return replace(
        made,
        positions=places[before] + at * (places[after] - places[before]),
        local_rotations=slerp(turns[before], turns[after], many),
    )


def _rows(bodies: Bodies, rows: np.ndarray, stamps_ns: np.ndarray) -> Bodies:
    return Bodies(
        stamps_ns, bodies.frame_id, bodies.local_rotations[rows], bodies.positions[rows],
        bodies.tracker_valid[rows], bodies.confidence[rows], bodies.contacts[rows],
        bodies.latency[rows],
    )  # fmt: skip


def _aligned(
    given: GivenTruth, ours: Mapping[str, Path6D], theirs: Mapping[str, Path6D]
) -> Alignment:
    try:
        return align(ours, theirs)
    except KinestError as error:
        raise KinestError(f"the truth, {given.where}, cannot be aligned: {error}") from None


def _bodies(given: GivenTruth, bag: Path) -> Bodies:
    """Return the true bodies, on their own clock and in their own frame."""
    if given.where.startswith("/") and not Path(given.where).exists():
        return read_bodies(bag, given.where)
    path = Path(given.where)
    if not path.exists():
        raise KinestError(
            f"--truth {given.where}: neither a topic, such as {GROUND_TRUTH}, nor a clip or bag "
            f"that exists, nor a kind of mocap bodies: {', '.join(DECODERS)}"
        )
    if path.is_file() and path.suffix in CLIP_SUFFIXES:
        motion, skeleton = load_clip(path, given.body_model)
        made = list(true_bodies(motion, skeleton))
        return Bodies(
            START_NS + np.round(np.arange(len(made)) * _TICK_NS).astype(np.int64),
            "world",
            np.stack([body.local_rotations for body in made]),
            np.stack([body.positions for body in made]),
            np.ones((len(made), len(SLOTS)), bool),
            np.ones((len(made), NUM_JOINTS)),
            np.stack([body.contacts for body in made]),
            np.zeros(len(made)),
        )
    with BagReader(path) as reader:
        topic = GROUND_TRUTH if GROUND_TRUTH in reader.types else BODY
    return read_bodies(path, topic)


def _against(
    link: Path6D, marker: Path6D, found: Alignment, slot: str
) -> tuple[dict[str, Any], MarkerPath]:
    """Return median and 95 % of distance, cm, and angle, degrees, of a link to its marker.

    And where the marker says that the link is.
    """
    grid = link.stamps_ns
    places, turns, _ = link.at(grid)
    their_places, their_turns, known = marker.at(grid - found.offset_ns)
    places, turns = places[known], turns[known]
    at, turned = (
        found.frames.places(their_places[known]),
        found.frames.rotation @ their_turns[known],
    )
    if not len(at):
        return {"moments": 0}, MarkerPath(grid[known], at)
    worn = slot in found.frames.mounts
    if worn:
        turn, place = found.frames.mounts[slot]
    else:
        inside = np.swapaxes(turns, -1, -2)
        u, _, vt = np.linalg.svd((inside @ turned).sum(axis=0))
        turn = u @ np.diag((1.0, 1.0, np.linalg.det(u @ vt))) @ vt
        place = np.median((inside @ (at - places)[..., None])[..., 0], axis=0)
    away = np.linalg.norm(places + turns @ place - at, axis=-1) * 100.0
    angle = rotation_vectors(np.swapaxes(turns @ turn, -1, -2) @ turned)
    degrees = np.degrees(np.linalg.norm(angle, axis=-1))
    spreads = {"position_cm": away, "rotation_deg": degrees}
    figures = {
        "moments": len(at),
        "worn": worn,
        **{
            name: dict(zip(("p50", "p95"), np.percentile(v, (50, 95)).tolist(), strict=True))
            for name, v in spreads.items()
        },
    }
    return figures, MarkerPath(grid[known], at - turns @ place)
