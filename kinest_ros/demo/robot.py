# SPDX-License-Identifier: Apache-2.0
"""Our robot under the bodies of a demonstration: a picture and a few figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from kinest_ros.body.picture_colours import LEFT, MIDDLE, RIGHT
from kinest_ros.files.pictures import save_figure

MOMENTS = 8
#: Of bones, by the side in the joint's name.
_COLOURS = {"left": LEFT, "right": RIGHT}
#: Half the width of a panel, m.
_REACH = 0.75


def available() -> bool:
    """Return whether mujoco and daqp can be imported."""
    try:
        import daqp  # noqa: F401
        import mujoco  # noqa: F401
    except ImportError:
        return False
    return True


def show_robot(bag: Path, picture: Path) -> dict[str, Any]:
    """Retarget a bag's bodies to our robot; draw it; return figures for the summary.

    Args:
        bag: with bodies.
        picture: a .png file.
    """
    from kinest_ros.retarget.evaluation.measures import measure
    from kinest_ros.retarget.evaluation.poses import retarget_motion
    from kinest_ros.retarget.motions import read_motion
    from kinest_ros.retarget.robot.robot import Robot
    from kinest_ros.retarget.solver.retargeter import Retargeter

    motion = read_motion(bag)
    retargeter = Retargeter(Robot.load())
    result = retarget_motion(retargeter, motion)
    _draw(retargeter, motion, result, picture)
    values = measure(retargeter, motion, result).values
    return {
        "robot": retargeter.robot.name,
        "joints": len(retargeter.robot.names),
        "cpu_ms": {"p50": values["cpu_p50"], "p99": values["cpu_p99"]},
        "arm_direction_error_deg": values["arm"],
        "leg_direction_error_deg": values["leg"],
        "foot_slide_cm_s": values["slide"],
        "frames_outside_limits": values["outside"],
        "fastest_joint_rad_s": values["fastest"],
        "frames_in_self_collision_percent": values["collision"],
    }


def words(figures: dict[str, Any]) -> str:
    """Return the figures as a line or two."""
    return (
        f"  robot: {figures['robot']} with {figures['joints']} joints follows; arms within "
        f"{figures['arm_direction_error_deg']:.1f}°, legs "
        f"{figures['leg_direction_error_deg']:.1f}° of the person's,\n         feet slide "
        f"{figures['foot_slide_cm_s']:.1f} cm/s, "
        f"{figures['frames_outside_limits']:.0f} frames outside its limits, fastest joint "
        f"{figures['fastest_joint_rad_s']:.1f} rad/s"
    )


def _draw(retargeter: Any, motion: Any, result: Any, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")  # no display needed
    import matplotlib.pyplot as plt
    import mujoco

    from kinest_ros.body.joints import JOINT_NAMES, PARENTS
    from kinest_ros.retarget.robot.picture import outline

    robot = retargeter.robot
    data = mujoco.MjData(robot.model)
    picked = np.linspace(0, len(motion) - 1, MOMENTS + 2).astype(int)[1:-1]
    figure, panels = plt.subplots(2, MOMENTS, figsize=(2.0 * MOMENTS, 6.2), dpi=100)
    for column, frame in enumerate(picked):
        places = motion.positions[frame]
        left = places[1] - places[2]
        left = np.array((left[0], left[1], 0.0)) / max(float(np.hypot(*left[:2])), 1e-6)
        top, below = panels[:, column]
        flat = np.column_stack([(places - places[0]) @ left, places[:, 2]])
        for joint, parent in enumerate(PARENTS):
            if parent >= 0:
                side = JOINT_NAMES[joint].partition("_")[0]
                top.plot(*flat[[parent, joint]].T, color=_COLOURS.get(side, MIDDLE), linewidth=2.5)
        data.qpos[:] = result.qpos[frame]
        mujoco.mj_kinematics(robot.model, data)
        origin = data.xpos[robot.parts.pelvis_body].copy()
        outline(below, robot, data, left, origin)
        for panel, height in ((top, 1.95), (below, 1.75)):
            panel.axhline(0.0, color="#888888", linewidth=1.0)
            panel.set(xlim=(-_REACH, _REACH), ylim=(-0.05, height), aspect="equal", xticks=[])
            panel.tick_params(labelleft=column == 0, left=column == 0)
            for side in ("top", "right", "bottom", "left"):
                panel.spines[side].set_visible(False)
        seconds = (motion.stamps_ns[frame] - motion.stamps_ns[0]) * 1e-9
        top.set_title(f"{seconds:.1f} s", fontsize=11)
    panels[0, 0].set_ylabel("body, height (m)")
    panels[1, 0].set_ylabel(f"{robot.name}, height (m)")
    figure.suptitle(
        "from the front: the tracked body (left blue, right orange), and the robot that follows it",
        fontsize=12,
    )
    figure.tight_layout()
    save_figure(figure, path)
    plt.close(figure)
