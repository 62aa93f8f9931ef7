# SPDX-License-Identifier: Apache-2.0
"""A humanoid robot, from its description."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.retarget.robot.analysis import analyse
from kinest_ros.retarget.robot.couplings import Coupling, find_couplings
from kinest_ros.retarget.robot.loading import OWN, load_spec, read_description
from kinest_ros.retarget.robot.overrides import read_overrides
from kinest_ros.retarget.robot.parts import Parts
from kinest_ros.retarget.robot.shapes import guess_shapes
from kinest_ros.retarget.robot.tree import FREE, HINGE, SLIDE

#: Stands for no limit, rad or m.
UNLIMITED = 1e3


@dataclass(frozen=True)
class Robot:
    """A robot, ready to be posed.

    Attributes:
        name: of the description.
        source: what it was loaded from.
        text: the description itself.
        urdf: whether it is URDF.
        model: MuJoCo's; joints are only hinges and slides below the base.
        parts: what its links are.
        joints: (n,) ids of all hinges and slides, in tree order.
        names: their names.
        lower: (n,) limits, rad or m.
        upper: (n,) likewise.
        velocity: (n,) most, rad/s or m/s, of the description; infinite where it says nothing.
        couplings: by joint id.
        floating: the base moves freely: a robot with legs.
        notes: what is worth telling.
    """

    name: str
    source: str
    text: str
    urdf: bool
    model: mujoco.MjModel
    parts: Parts
    joints: tuple[int, ...]
    names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    couplings: Mapping[int, Coupling]
    floating: bool
    notes: tuple[str, ...]

    @classmethod
    def load(
        cls, source: str | Path = OWN, overrides: str | Path | Mapping[str, str] | None = None
    ) -> Robot:
        """Read and analyse a robot's description.

        Args:
            source: "own", a path of an MJCF or URDF file, or such a file's text (as on a latched
                /robot_description). Meshes may be missing.
            overrides: YAML file, or a mapping, for trees that break the analysis' assumptions.

        Raises:
            KinestError: what cannot be read or understood, with what to give instead.
        """
        text, folder = read_description(source)
        inline = str(source).strip().startswith("<")
        called = "robot description" if inline else f"robot description {source}"
        given = read_overrides(overrides)
        spec, urdf, notes = load_spec(text, folder, called)
        model = _compiled(spec, called)
        try:
            parts = analyse(model, given)
        except KinestError as error:
            raise KinestError(f"{called}: {error}") from None
        root = spec.body(model.body(parts.root_body).name)
        carries = int(model.body_jntnum[parts.root_body])
        if not carries and model.body_weldid[parts.root_body] == 0:
            root.add_freejoint(name="kinest_floating_base")
        guessed = guess_shapes(spec, model, parts)
        if guessed:
            notes.append(f"{guessed} collision shapes were estimated from mass and bone lengths")
        model = _compiled(spec, called)
        # A free joint more comes first of all, so the ids of the others are higher by one.
        parts = analyse(model, given)
        free = bool(np.any(model.jnt_type == FREE))
        couplings, more = find_couplings(model)
        joints = tuple(j for j in range(model.njnt) if model.jnt_type[j] in (HINGE, SLIDE))
        for joint in joints:
            if not model.joint(joint).name:
                raise KinestError(
                    f"{called}: a joint of {model.body(model.jnt_bodyid[joint]).name} has no name"
                )
        limited = model.jnt_limited[list(joints)].astype(bool)
        ranges = model.jnt_range[list(joints)]
        names = tuple(model.joint(joint).name for joint in joints)
        return cls(
            name=_name(text, model),
            source="" if inline else str(source),
            text=text,
            urdf=urdf,
            model=model,
            parts=parts,
            joints=joints,
            names=names,
            lower=np.where(limited, ranges[:, 0], -UNLIMITED),
            upper=np.where(limited, ranges[:, 1], UNLIMITED),
            velocity=_velocities(text, names) if urdf else np.full(len(names), np.inf),
            couplings=couplings,
            floating=free and bool(parts.legs),
            notes=(*notes, *parts.notes, *more),
        )

    @property
    def base_name(self) -> str:
        """Name of the base link."""
        return str(self.model.body(self.parts.root_body).name)

    @property
    def free_base(self) -> bool:
        """Whether the model's first seven coordinates are the base's pose."""
        return bool(np.any(self.model.jnt_type == FREE))

    @property
    def qpos_addresses(self) -> np.ndarray:
        """(n,) where the joints' positions stand in MuJoCo's qpos."""
        return self.model.jnt_qposadr[list(self.joints)]

    @property
    def dof_addresses(self) -> np.ndarray:
        """(n,) where their velocities stand in MuJoCo's qvel."""
        return self.model.jnt_dofadr[list(self.joints)]

    def breadth_first(self) -> list[int]:
        """Return indices of the joints in Isaac Lab's order: level after level of the tree."""
        depth = {0: 0}
        for body in range(1, self.model.nbody):
            above = int(self.model.body_parentid[body])
            moves = self.model.body_jntnum[body] > 0
            depth[body] = depth[above] + int(moves)
        levels = [depth[int(self.model.jnt_bodyid[joint])] for joint in self.joints]
        return sorted(range(len(self.joints)), key=lambda index: (levels[index], index))

    def urdf_or_mjcf(self) -> str:
        """Return the description as it was given."""
        return self.text


def _compiled(spec: mujoco.MjSpec, called: str) -> mujoco.MjModel:
    try:
        return spec.compile()
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise KinestError(f"{called}: MuJoCo cannot build it: {reason}") from None


def _name(text: str, model: mujoco.MjModel) -> str:
    found = re.search(r"<(?:robot|mujoco)\b[^>]*?\b(?:name|model)\s*=\s*[\"']([^\"']+)", text)
    return found[1] if found else "robot"


def _velocities(text: str, names: tuple[str, ...]) -> np.ndarray:
    """Return the velocity limits of a URDF's joints, rad/s or m/s."""
    from xml.etree import ElementTree

    found = {}
    for joint in ElementTree.fromstring(text).iter("joint"):
        limit = joint.find("limit")
        value = 0.0 if limit is None else float(limit.get("velocity", "0") or 0)
        if value > 0.0 and np.isfinite(value):
            found[joint.get("name")] = value
    return np.array([found.get(name, np.inf) for name in names])
