# SPDX-License-Identifier: Apache-2.0
"""The axes of a body's trackers in a viser scene: red, green and blue for x, y and z (REP 103)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from kinest_ros.body.joints import SLOTS

#: The node of the scene above all axes, by which they are hidden together.
ROOT = "/tracker axes"
#: Length of an axis, so that it leaves the body, and width of its line, m.
LENGTH, _WIDTH = 0.25, 0.018
XYZ = np.array(((230, 0, 0), (0, 160, 0), (0, 40, 255)), np.uint8)
GREY = np.array((90, 90, 90), np.uint8)


@dataclass(frozen=True)
class Seen:
    """The trackers at one time, by slot.

    Attributes:
        positions: (6, 3) m, last measured positions of the links they are bound to; NaN if never.
        rotations: (6, 3, 3) world_from_link, likewise.
        valid: (6,) bool, whether they are valid now.
    """

    positions: np.ndarray
    rotations: np.ndarray
    valid: np.ndarray


class TrackerAxes:
    """Three lines and a label for each tracker that was ever valid."""

    def __init__(self, scene: Any, name: str, offset: np.ndarray) -> None:
        """Add nothing yet.

        Args:
            scene: viser's, with a root (`add_root`).
            name: of the body.
            offset: (3,) m, of its figure.
        """
        self._scene, self._path, self._offset = scene, f"{ROOT}/{name}", offset
        self._lines: Any = None
        self._labels: dict[int, Any] = {}
        self._hidden = False
        self._slots: list[int] = []
        self._valid: list[bool] = []

    def show(self, seen: Seen) -> None:
        """Show trackers; what never was measured is not there."""
        poses = np.concatenate((seen.positions, seen.rotations.reshape(-1, 9)), axis=1)
        slots = np.flatnonzero(np.isfinite(poses).all(axis=1))
        origins = seen.positions[slots] + self._offset
        ends = np.broadcast_to(origins[:, None, None], (len(slots), 3, 2, 3)).copy()
        ends[:, :, 1] += LENGTH * seen.rotations[slots].transpose(0, 2, 1)
        valid = np.asarray(seen.valid, dtype=bool)[slots]
        self._draw(ends.reshape(-1, 2, 3).astype(np.float32), slots.tolist(), valid.tolist())
        self._write(origins, slots.tolist(), valid.tolist())
        self._slots, self._valid = slots.tolist(), valid.tolist()

    def hide(self, hidden: bool = True) -> None:
        """Hide all of them, or show them again."""
        self._hidden = hidden
        for handle in (self._lines, *self._labels.values()):
            if handle is not None:
                handle.visible = not hidden

    def _draw(self, ends: np.ndarray, slots: list[int], valid: list[bool]) -> None:
        same = slots == self._slots and valid == self._valid
        if self._lines is not None and slots != self._slots:
            self._lines.remove()
            self._lines = None
        if not slots:
            return
        if self._lines is not None:
            self._lines.points = ends
            if not same:
                self._lines.colors = _colours(valid)
            return
        self._lines = self._scene.add_line_segments(
            f"{self._path}/axes", ends, _colours(valid), thickness=_WIDTH, visible=not self._hidden
        )

    def _write(self, origins: np.ndarray, slots: list[int], valid: list[bool]) -> None:
        for slot in set(self._labels) - set(slots):
            self._labels.pop(slot).remove()
        for slot, origin, good in zip(slots, origins, valid, strict=True):
            name = SLOTS[slot]
            if slot not in self._labels:
                self._labels[slot] = self._scene.add_label(
                    f"{self._path}/{name}",
                    name,
                    font_screen_scale=0.7,
                    anchor="bottom-left",
                    visible=not self._hidden,
                )
            label, text = self._labels[slot], name if good else f"{name}: not valid"
            label.position = origin
            if label.text != text:
                label.text = text


def add_root(scene: Any) -> Any:
    """Return the node above all axes, added to viser's scene; hidden, it hides them all."""
    return scene.add_frame(ROOT, show_axes=False)


def add_switch(server: Any, root: Any) -> Any:
    """Return a checkbox in viser's panel that shows and hides the axes of all bodies."""
    switch = server.gui.add_checkbox("tracker axes", True)

    @switch.on_update
    def _(_: Any) -> None:
        root.visible = switch.value

    return switch


def _colours(valid: list[bool]) -> np.ndarray:
    """Return the colours (3 n, 2, 3) of the lines of n trackers."""
    of_each = np.where(np.array(valid)[:, None, None], XYZ, GREY)
    return np.repeat(of_each.reshape(-1, 1, 3), 2, axis=1).astype(np.uint8)
