# SPDX-License-Identifier: Apache-2.0
"""One body in a viser scene: limbs, trackers with axes, standing feet and the way it went."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from kinest_ros.body.joints import JOINT_INDEX
from kinest_ros.view.shapes import ellipsoids, sphere
from kinest_ros.view.tracker_axes import Seen, TrackerAxes

_TOES = [JOINT_INDEX["left_foot"], JOINT_INDEX["right_foot"]]
_HIDDEN = np.full((2, 3), 1e-4)
#: Ticks that the trail of the pelvis is long.
TRAIL = 240


class Figure:
    """Refills what it once added: nothing is made anew while a body moves."""

    def __init__(self, scene: Any, name: str, offset: float = 0.0, label: bool = False) -> None:
        """Add nothing yet.

        Args:
            scene: viser's.
            name: of the body; a path in the scene.
            offset: m to the left, for bodies side by side.
            label: write the name above it.
        """
        self._scene, self._name, self._label = scene, name, label
        self._offset = np.array((0.0, offset, 0.0))
        self._parts: Any = None
        self._trackers: Any = None
        self._feet: Any = None
        self._trail: Any = None
        self._text: Any = None
        self.axes = TrackerAxes(scene, name, self._offset)
        self._way: deque[np.ndarray] = deque(maxlen=TRAIL)

    def show(
        self,
        positions: np.ndarray,
        confidence: np.ndarray | None = None,
        contacts: np.ndarray | None = None,
        trackers: Seen | None = None,
        trail: bool = True,
    ) -> None:
        """Show a body.

        Args:
            positions: (22, 3) m.
            confidence: (22,) in (0, 1]; None: plain grey.
            contacts: (2,) probabilities of standing.
            trackers: where tracked links are measured to be.
            trail: keep the place of the pelvis, and draw where it was.
        """
        positions = positions + self._offset
        parts = ellipsoids(positions, confidence)
        if self._parts is None:
            self._add(parts)
        self._parts.batched_positions = parts.positions.astype(np.float32)
        self._parts.batched_wxyzs = parts.wxyzs.astype(np.float32)
        self._parts.batched_scales = parts.scales.astype(np.float32)
        self._parts.batched_colors = parts.colours
        if self._text is not None:
            self._text.position = positions[JOINT_INDEX["head"]] + (0.0, 0.0, 0.35)
        if contacts is not None:
            toes = positions[_TOES]
            toes[:, 2] = np.minimum(toes[:, 2], 0.02)
            self._feet.batched_positions = toes.astype(np.float32)
            standing = np.clip(contacts, 0.0, 1.0)[:, None] > 0.5
            plates = np.where(standing, (0.2, 0.2, 0.01), _HIDDEN)
            self._feet.batched_scales = plates.astype(np.float32)
        if trackers is not None:
            measured = np.isfinite(trackers.positions).all(axis=-1) & trackers.valid
            measured = measured[:, None]
            places = np.where(measured, trackers.positions + self._offset, 0.0)
            self._trackers.batched_positions = places.astype(np.float32)
            sizes = np.where(measured, 0.05, 1e-4) * np.ones(3)
            self._trackers.batched_scales = sizes.astype(np.float32)
            self.axes.show(trackers)
        if trail:
            self._way.append(positions[0] * (1.0, 1.0, 0.0) + (0.0, 0.0, 0.01))
            self._draw_trail()

    def forget_trail(self) -> None:
        """Begin the trail anew, as after a jump in time."""
        self._way.clear()

    def hide(self, hidden: bool = True) -> None:
        """Hide all of it, or show it again."""
        for handle in (self._parts, self._trackers, self._feet, self._trail, self._text):
            if handle is not None:
                handle.visible = not hidden
        self.axes.hide(hidden)

    def _add(self, parts: Any) -> None:
        vertices, faces = sphere()

        def batch(part: str, count: int, colour: Any) -> Any:
            return self._scene.add_batched_meshes_simple(
                f"/{self._name}/{part}",
                vertices,
                faces,
                batched_wxyzs=np.tile((1.0, 0.0, 0.0, 0.0), (count, 1)).astype(np.float32),
                batched_positions=np.zeros((count, 3), np.float32),
                batched_scales=np.full((count, 3), 1e-4, np.float32),
                batched_colors=colour,
                lod="off",
            )

        self._parts = batch("limbs", len(parts.positions), parts.colours)
        self._feet = batch("standing", 2, (250, 205, 60))
        self._trackers = batch("trackers", 6, (225, 60, 150))
        if self._label:
            self._text = self._scene.add_label(f"/{self._name}/name", self._name)

    def _draw_trail(self) -> None:
        if len(self._way) < 2:
            return
        way = np.array(self._way, np.float32)
        segments = np.stack((way[:-1], way[1:]), axis=1)
        if self._trail is None:
            self._trail = self._scene.add_line_segments(
                f"/{self._name}/trail", segments, (120, 140, 150), thickness=0.01
            )
        else:
            self._trail.points = segments
            self._trail.colors = np.full(segments.shape, (120, 140, 150), np.uint8)
