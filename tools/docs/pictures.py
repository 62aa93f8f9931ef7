# SPDX-License-Identifier: Apache-2.0
"""Pictures of the frames and conventions, drawn from the code's own constants."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, JOINT_NAMES, PARENTS, SLOT_JOINTS, SLOTS
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.calibration.devices import EYES_FORWARD, EYES_UP, HAND_DEVICES
from kinest_ros.tracking.devices.basis import BASES, basis_matrices
from tools.docs.architecture import floors_picture
from tools.docs.at_work import picture_at_work
from tools.docs.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_XYZ = ("#c0392b", "#27ae60", "#2471a3")  # x, y, z, as in RViz
_BONE, _TRACKER, _GROUND = "#555555", "#b8860b", "#eeeeee"
STATURE = 1.70


def draw_all(folder: Path) -> list[Path]:
    """Write all pictures into a folder and return their paths."""
    import matplotlib

    matplotlib.use("Agg")  # no display needed
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    drawings: dict[str, Callable[[], Figure]] = {
        "axes.png": _axes_of_links, "mounts.png": _mounts, "bases.png": _bases,
        "floors.png": floors_picture, "at_work.png": picture_at_work,
    }  # fmt: skip
    paths = []
    for name, drawing in drawings.items():
        figure = drawing()
        figure.savefig(folder / name, dpi=90, bbox_inches="tight", metadata={"Software": None})
        plt.close(figure)
        paths.append(folder / name)
    return paths


def t_pose() -> np.ndarray:
    """Return the joints (22, 3) m of the default body in T-pose, in the world, looking along x."""
    skeleton = Skeleton.from_stature(STATURE)
    joints: np.ndarray = skeleton.rest_positions() @ JOINT_FROM_LINK
    joints[:, 2] += skeleton.pelvis_height
    return joints


def _axes_of_links() -> Figure:
    """SMPL's joint axes beside the link axes, at T-pose."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 2, figsize=(13.0, 6.6))
    view, joints = View(28.0, 14.0), t_pose()
    titles = (
        "joint axes (SMPL): ~/body\nX to the body's left, Y up, Z forward",
        "link axes (REP-103): /tf, URDF\nx forward, y left, z up",
    )
    # A link that stands like the world has world_from_link = 1, so world_from_joint = Cᵀ.
    for panel, title, axes in zip(panels, titles, (JOINT_FROM_LINK.T, np.eye(3)), strict=True):
        _ground(panel, view, 0.9)
        _bones(panel, view, joints)
        for joint in joints:
            _triad(panel, view, joint, axes, 0.09)
        names = "XYZ" if axes[0, 0] == 0.0 else "xyz"
        _triad(panel, view, np.array((0.45, -0.85, 0.0)), axes, 0.28, names)
        _finish(panel, title)
    for _, name in slots_and_links():
        offset = {"right_ankle": (-12, 2), "pelvis": (22, 0)}.get(name, (12, -14))
        _label(panels[1], view(joints[JOINT_INDEX[name]]), name, offset)
    figure.tight_layout()
    return figure


def _mounts() -> Figure:
    """Where devices are, and where the joints that they stand for."""
    import matplotlib.pyplot as plt

    figure, (side, top) = plt.subplots(1, 2, figsize=(13.0, 5.6), width_ratios=(1.0, 1.25))
    joints = t_pose()
    head = joints[JOINT_INDEX["head"]]
    eyes = head + np.array((EYES_FORWARD.mean, 0.0, EYES_UP.mean * STATURE))
    view = View(-90.0, 0.0)  # from the right: x to the right of the picture
    _bones(side, view, joints)
    _device(side, view, eyes, head, "headset: between the eyes", "link head")
    middle = view(head)
    side.set(xlim=middle[0] + np.array((-0.3, 0.5)), ylim=middle[1] + np.array((-0.35, 0.4)))
    _finish(side, "mount.head.xyz, seen from the body's right", limits=False)

    wrist = joints[JOINT_INDEX["left_wrist"]]
    # In a T-pose with the palms down, a hand's fingers point to the body's left.
    fist = wrist + np.array((0.0, HAND_DEVICES["controller"].mean, 0.0))
    view = View(180.0, 90.0)  # from above, with the body looking up the picture
    _bones(top, view, joints)
    _device(top, view, fist, wrist, "controller: in the fist", "link left_wrist")
    middle = view(wrist)
    top.set(xlim=middle[0] + np.array((-0.35, 0.65)), ylim=middle[1] + np.array((-0.35, 0.4)))
    _finish(top, "mount.left_hand.xyz, seen from above", limits=False)
    figure.tight_layout()
    return figure


def _bases() -> Figure:
    """The three values of input_basis: the sender's axes, as they lie in ours."""
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, 3, figsize=(13.0, 5.4))
    view, joints = View(35.0, 18.0), t_pose()
    said = {
        "ros": "x forward, y left, z up",
        "openxr": "x right, y up, z backward",
        "unity": "x right, y up, z forward (left-handed)",
    }
    for panel, basis in zip(panels, BASES, strict=True):
        _ground(panel, view, 0.9)
        _bones(panel, view, joints)
        matrix, _ = basis_matrices(basis)  # its columns: the sender's axes in ours
        _triad(panel, view, np.array((0.5, -0.55, 0.0)), matrix, 0.45, "xyz")
        _finish(panel, f"input_basis: {basis}\n{said[basis]}")
    figure.tight_layout()
    return figure


def _ground(panel: Axes, view: View, half: float) -> None:
    corners = np.array([(x * half, y * half, 0.0) for x, y in ((-1, -1), (-1, 1), (1, 1), (1, -1))])
    panel.fill(*view(corners).T, color=_GROUND, zorder=0)


def _bones(panel: Axes, view: View, joints: np.ndarray) -> None:
    flat = view(joints)
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            panel.plot(*flat[[parent, joint]].T, color=_BONE, linewidth=2.5, zorder=1)
    panel.plot(*flat.T, "o", color=_BONE, markersize=4, zorder=2)


def _triad(
    panel: Axes, view: View, origin: np.ndarray, axes: np.ndarray, length: float, names: str = ""
) -> None:
    """Draw the columns of ``axes`` (3, 3) at a point."""
    for number, color in enumerate(_XYZ):
        tip = origin + length * axes[:, number]
        _arrow(panel, view(origin), view(tip), arrowstyle="-|>", color=color, linewidth=1.6,
               shrinkA=0, shrinkB=0, mutation_scale=14 if names else 8)  # fmt: skip
        along = view(tip) - view(origin)
        if names and np.linalg.norm(along) > 0.1 * length:  # not one that points at the reader
            x, y = view(origin) + 1.18 * along
            panel.text(x, y, names[number], color=color, ha="center", va="center", fontsize=14)


def _device(
    panel: Axes, view: View, device: np.ndarray, link: np.ndarray, name: str, link_name: str
) -> None:
    """Draw a device, its axes, and the mount from it to the link."""
    _triad(panel, view, device, np.eye(3), 0.13, "xyz")
    panel.plot(*view(device), "s", color=_TRACKER, markersize=13, zorder=2)
    panel.plot(*view(link), "o", color="black", markersize=9, zorder=4)
    _arrow(panel, view(device), view(link), arrowstyle="->", color="black", linewidth=1.8,
           linestyle="--")  # fmt: skip
    offset = ", ".join(f"{value + 0.0:.2f}" for value in np.round(link - device, 2))
    _label(panel, view(device), name, (22, 14), color=_TRACKER)
    _label(panel, view(link), f"{link_name}: [{offset}] m", (14, -30))


def _arrow(panel: Axes, start: np.ndarray, tip: np.ndarray, **style: Any) -> None:
    ends = [(float(x), float(y)) for x, y in (tip, start)]
    panel.annotate("", ends[0], ends[1], zorder=4, arrowprops=style)


def _label(
    panel: Axes, place: np.ndarray, text: str, offset: tuple[int, int], color: str = "black"
) -> None:
    """Write beside a point; the offset is in points, and to the left if negative."""
    side = "right" if offset[0] < 0 else "left"
    panel.annotate(
        text, (float(place[0]), float(place[1])), offset, textcoords="offset points", fontsize=11,
        color=color, ha=side,
    )  # fmt: skip


def _finish(panel: Axes, title: str, limits: bool = True) -> None:
    panel.set_title(title, fontsize=12)
    panel.set_aspect("equal")
    panel.set_axis_off()
    if limits:
        panel.margins(0.03)


def slots_and_links() -> list[tuple[str, str]]:
    """Return each slot with the link that it is bound to."""
    return [(slot, JOINT_NAMES[joint]) for slot, joint in zip(SLOTS, SLOT_JOINTS, strict=True)]
