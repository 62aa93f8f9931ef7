# SPDX-License-Identifier: Apache-2.0
"""Robots as they come, each beside the person whom it follows."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from kinest_ros.errors import KinestError

if TYPE_CHECKING:
    from kinest_ros.view.robot_figure import RobotFigure

#: m to the left of where it is computed to stand: it would hide in the person.
BESIDE = 1.2
#: s without joints after which it is not shown any more; s between two pictures.
GONE, _FRAME = 1.0, 1.0 / 30.0


@dataclass
class _Robot:
    description: str
    figure: RobotFigure | None
    joints: dict[str, float] = field(default_factory=dict)
    at: float = 0.0
    shown: float = 0.0
    hidden: bool = True


class LiveRobots:
    """Takes robots by name; from one thread."""

    def __init__(self, server: Any) -> None:
        """Add nothing yet.

        Args:
            server: viser's, see `stage`.
        """
        self._server = server
        self._robots: dict[str, _Robot] = {}
        self._text = server.gui.add_markdown("")

    def robot(self, name: str, description: str) -> None:
        """Take a description; of one that cannot be shown, the page says why."""
        before = self._robots.get(name)
        if before is not None and before.description == description:
            return  # latched: who starts anew sends it again
        if before is not None and before.figure is not None:
            before.figure.remove()
        figure = None
        try:
            from kinest_ros.retarget.robot.robot import Robot
            from kinest_ros.view.robot_figure import RobotFigure

            figure = RobotFigure(self._server.scene, name, Robot.load(description), BESIDE)
            figure.hide()
            self._text.content = ""
        except ModuleNotFoundError as error:
            self._text.content = (
                f"{name} is not shown: {error.name} is missing, pip install kinest_ros[retarget]"
            )
        except KinestError as error:
            self._text.content = f"{name} is not shown: {error}"
        self._robots[name] = _Robot(description, figure)

    def joints(self, name: str, positions: dict[str, float]) -> None:
        """Take joints, rad or m by name."""
        if (robot := self._robots.get(name)) is not None:
            robot.joints, robot.at = positions, time.monotonic()

    def base(self, name: str, position: np.ndarray, rotation: np.ndarray) -> None:
        """Take the pose of a base, (3,) m and (4,) xyzw, and show the robot there."""
        robot, now = self._robots.get(name), time.monotonic()
        if robot is None or robot.figure is None or not robot.joints:
            return
        if now - robot.shown < _FRAME:
            return
        robot.shown = now
        with self._server.atomic():
            robot.figure.show(robot.joints, position, rotation)
            if robot.hidden:
                robot.hidden = False
                robot.figure.hide(False)

    def look(self) -> None:
        """Hide who is gone; to be called a few times a second."""
        now = time.monotonic()
        for robot in self._robots.values():
            if robot.figure is not None and not robot.hidden and now - robot.at > GONE:
                robot.hidden = True
                robot.figure.hide()
