# SPDX-License-Identifier: Apache-2.0
"""The picture at the top of the README: the body beside its trackers and the true body."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kinest_ros.body.joints import HAND_SLOTS, HEAD_SLOT, JOINT_NAMES, PARENTS
from kinest_ros.body.kinematics import forward_kinematics_np
from kinest_ros.body.picture_colours import LEFT, MIDDLE, RIGHT
from kinest_ros.body.skeleton import Skeleton
from kinest_ros.motion.procedural.performance import generate
from kinest_ros.motion.trackers import START_NS, tracker_frames
from kinest_ros.tracking.body_pose import BodyPose
from kinest_ros.tracking.body_tracker import BodyTracker
from tools.docs.view import View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STATURE = 1.70
#: Moments of the bundled performance, s: a T-pose, reaching, a crouch, a squat, walking.
MOMENTS = (4.6, 9.9, 11.2, 14.1, 17.4, 25.0)
#: m between two bodies, in the picture.
_APART = 1.0
_TRUE, _TRACKER = "#cfcfcf", "#159a4b"


def picture_at_work() -> Figure:
    """Track the bundled performance from head and hands, and draw some moments in a row."""
    import matplotlib.pyplot as plt

    skeleton = Skeleton.from_stature(STATURE)
    motion = generate("sample", skeleton, 0, MOMENTS[-1] + 0.5)
    true, _ = forward_kinematics_np(
        motion.local_rotations, skeleton.rest_offsets, motion.root_position
    )
    tracker = BodyTracker.build(stature=STATURE)
    bodies: dict[int, BodyPose] = {}
    for frame in tracker_frames(motion, skeleton):
        for body in tracker.push(frame):
            bodies[round((body.stamp_ns - START_NS) * 60e-9)] = body
    figure, panel = plt.subplots(figsize=(13.0, 4.2))
    view = View(35.0, 8.0)
    for column, moment in enumerate(MOMENTS):
        body = bodies[round(moment * 60.0)]
        # Each is put back over its own spot: the picture shows poses and not where they were.
        under = body.positions[0] * (1.0, 1.0, 0.0)
        shift = np.array((_APART * column, 0.0))
        _body(panel, view(true[round(moment * 60.0)] - under) + shift, is_true=True)
        _body(panel, view(body.positions - under) + shift)
        for slot in (HEAD_SLOT, *np.arange(6)[HAND_SLOTS]):
            place = view(body.tracker_positions[slot] - under) + shift
            panel.plot(
                *place, "s" if slot == HEAD_SLOT else "o", markersize=12, zorder=4,
                markerfacecolor="none", markeredgecolor=_TRACKER, markeredgewidth=2.2,
            )  # fmt: skip
    _legend(panel)
    panel.set_aspect("equal")
    panel.set_axis_off()
    figure.tight_layout(pad=0.2)
    return figure


def _body(panel: Axes, flat: np.ndarray, is_true: bool = False) -> None:
    for joint, parent in enumerate(PARENTS):
        if parent < 0:
            continue
        side, _, rest = JOINT_NAMES[joint].partition("_")
        color = {"left": LEFT, "right": RIGHT}.get(side if rest else "", MIDDLE)
        panel.plot(
            *flat[[parent, joint]].T,
            color=_TRUE if is_true else color,
            linewidth=9.0 if is_true else 2.8,
            zorder=1 if is_true else 3,
            solid_capstyle="round",
        )


def _legend(panel: Axes) -> None:
    from matplotlib.lines import Line2D

    ring: dict[str, Any] = {
        "marker": "o",
        "markerfacecolor": "none",
        "markersize": 10,
        "markeredgewidth": 2.2,
    }
    panel.legend(
        handles=[
            Line2D([], [], color=_TRACKER, linestyle="", label="tracked: head and hands", **ring),
            Line2D([], [], color=MIDDLE, linewidth=2.8, label="the body that comes out"),
            Line2D([], [], color=_TRUE, linewidth=9.0, label="the true body"),
        ],
        loc="lower center", bbox_to_anchor=(0.5, -0.12), ncols=3, frameon=False, fontsize=12,
    )  # fmt: skip
