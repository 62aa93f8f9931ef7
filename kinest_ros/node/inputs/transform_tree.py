# SPDX-License-Identifier: Apache-2.0
"""Transforms between frames as they arrive, put together to the poses of the trackers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kinest_ros.node.inputs.transform_path import Edge, TransformPath
from kinest_ros.node.inputs.transforms import Transform, normalised
from kinest_ros.tracking.clock import JUMP_BACK_NS

#: Frames kept for the user to choose from in a message.
MAX_NAMES = 30


@dataclass(frozen=True)
class TreePose:
    """A tracker's pose, fixed_from_tracker, at one time (ns)."""

    slot: str
    stamp_ns: int
    transform: Transform


@dataclass
class TransformTree:
    """Takes single transforms and returns the tracker poses that each completes.

    Between the fixed frame and a tracker's frame lie transforms that stay (static) and ones that
    come with a stamp. Of the latter, the one nearest to the tracker sets the times: there is a pose
    at each of its stamps, as soon as the others of the chain are known at that time or later, where
    they are interpolated, never extrapolated. See `TransformPath`.

    Attributes:
        fixed_frame: where the poses are wanted.
        targets: the tracker's frame by slot.
        patience: by slot, s that a pose waits for the rest of its chain.
    """

    fixed_frame: str
    targets: Mapping[str, str]
    patience: Mapping[str, float]
    _edges: dict[str, Edge] = field(default_factory=dict, init=False)
    _paths: dict[str, TransformPath] = field(default_factory=dict, init=False)
    _wrong: dict[str, str] = field(default_factory=dict, init=False)

    def push_static(self, parent: str, child: str, transform: Transform) -> None:
        """Take a transform that holds from now on until another is given; any number of times."""
        edge = self._edges.get(child)
        if edge is None or edge.parent != parent or not edge.static:
            self._edges[child] = edge = Edge(parent, child, static=True)
            self._connect()
        edge.transform = normalised(transform)

    def push(self, parent: str, child: str, stamp_ns: int, transform: Transform) -> list[TreePose]:
        """Take parent_from_child at a time (ns) and return the poses that it completes."""
        edge = self._edges.get(child)
        if edge is None or edge.parent != parent or edge.static:
            self._edges[child] = edge = Edge(parent, child, static=False)
            self._connect()
        if edge.paths and edge.last_ns is not None and stamp_ns < edge.last_ns - JUMP_BACK_NS:
            self._begin_anew(stamp_ns)
        edge.add(stamp_ns, normalised(transform))
        poses = []
        for path in edge.paths:
            if path.lead is edge:
                path.await_rest(stamp_ns, edge.transform)
            for at_ns, pose in path.completed():
                poses.append(TreePose(path.slot, at_ns, pose))
        return poses

    def complaints(self) -> Iterator[tuple[str, str]]:
        """Yield, and forget, what made poses be dropped: slot and text."""
        for slot, path in self._paths.items():
            if path.complaint is not None:
                yield slot, path.complaint
                path.complaint = None

    def missing(self, slot: str) -> str | None:
        """Return why a slot's frame cannot be looked up, or None if it can."""
        return self._wrong.get(slot) if self._edges else None

    def _begin_anew(self, stamp_ns: int) -> None:
        """Forget what lies in the future of a clock that was set back."""
        for edge in self._edges.values():
            edge.forget_from(stamp_ns + JUMP_BACK_NS)
        for path in self._paths.values():
            path.forget_from(stamp_ns + JUMP_BACK_NS)

    def _connect(self) -> None:
        """Find the paths anew, since a frame has come or moved; what was kept on the way stays."""
        before, self._paths, self._wrong = self._paths, {}, {}
        for edge in self._edges.values():
            edge.paths.clear()
        for slot, frame in self.targets.items():
            steps = self._steps(frame)
            if isinstance(steps, str):
                self._wrong[slot] = steps
            elif all(edge.static for edge, _ in steps):
                self._wrong[slot] = (
                    f"frame '{frame}' stands still in '{self.fixed_frame}': all transforms between "
                    "them are static, and a tracker needs ones with stamps, on /tf"
                )
            else:
                old = before.get(slot)
                same = old is not None and old.steps == steps
                path = old if old and same else TransformPath(slot, steps, self.patience[slot])
                if old is None and path.lead.last_ns is not None:
                    path.await_rest(path.lead.last_ns, path.lead.transform)
                self._paths[slot] = path
                for edge, _ in steps:
                    edge.paths.append(path)
        for edge in self._edges.values():
            edge.keep(any(path.lead is not edge for path in edge.paths))

    def _steps(self, frame: str) -> list[tuple[Edge, bool]] | str:
        """Return the edges from a frame to the fixed one and which to invert, or what is wrong."""
        if frame not in self._edges and not any(e.parent == frame for e in self._edges.values()):
            names = sorted({*self._edges, *(edge.parent for edge in self._edges.values())})
            more = ", ..." if len(names) > MAX_NAMES else ""
            known = ", ".join(names[:MAX_NAMES]) + more
            return f"there is no frame '{frame}' on /tf; there are {known}"
        up, down = self._to_root(frame), self._to_root(self.fixed_frame)
        while up and down and up[-1] is down[-1]:
            up.pop()
            down.pop()
        meeting = up[-1].parent if up else frame
        if meeting != (down[-1].parent if down else self.fixed_frame):
            return (
                f"no transforms on /tf lead from '{frame}' to '{self.fixed_frame}': '{frame}' "
                f"hangs on '{meeting}'; set tf_fixed_frame, or publish what is missing between them"
            )
        return [(edge, False) for edge in up] + [(edge, True) for edge in reversed(down)]

    def _to_root(self, frame: str) -> list[Edge]:
        edges: list[Edge] = []
        while frame in self._edges and len(edges) < len(self._edges):
            edge = self._edges[frame]
            edges.append(edge)
            frame = edge.parent
        return edges
