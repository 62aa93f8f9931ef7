# SPDX-License-Identifier: Apache-2.0
"""Transforms between frames as they arrive, put together to the poses of the trackers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kinest_ros.decoding.listing import there_are
from kinest_ros.decoding.parents import MAX_PARENTS, Parents
from kinest_ros.decoding.transform_path import Edge, TransformPath
from kinest_ros.decoding.transforms import Transform, normalised
from kinest_ros.tracking.sampling.clock import JUMP_BACK_NS


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
    _paths: dict[str, TransformPath] = field(default_factory=dict, init=False)
    _former: dict[str, list[TransformPath]] = field(default_factory=dict, init=False)
    _wrong: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Start with no frames."""
        patience = max(self.patience.values(), default=0.0)
        self._parents = Parents(round(patience * 1e9), self._connected)
        self._edges = self._parents.edges
        self._contested: set[str] = set()

    def push_static(self, parent: str, child: str, transform: Transform) -> None:
        """Take a transform that holds from now on until another is given; any number of times."""
        edge, changed = self._parents.of(parent, child, None)
        if changed:
            self._connect()
        edge.transform, edge.spoken = normalised(transform), True

    def push(self, parent: str, child: str, stamp_ns: int, transform: Transform) -> list[TreePose]:
        """Take parent_from_child at a time (ns) and return the poses that it completes."""
        edge, changed = self._parents.of(parent, child, stamp_ns)
        if changed:
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
        contested = dict(self._contested_frames())
        for child in contested.keys() - self._contested:
            yield contested[child]
        self._contested = set(contested)

    def conflicts(self) -> list[str]:
        """Return which frames on the way to a tracker have several parents; asked once a second."""
        lines = [text for _, (_, text) in self._contested_frames()]
        self._parents.calm()
        return lines

    def missing(self, slot: str) -> str | None:
        """Return why a slot's frame cannot be looked up, or None if it can."""
        return self._wrong.get(slot) if self._edges else None

    def _contested_frames(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Yield contested frames on the way to a tracker, with the tracker's slot and a line."""
        for edge, rivals in self._parents.contested():
            slots = [path.slot for path in edge.paths]
            if slots:
                named = " and ".join(map(_named_parent, (edge, *rivals)))
                text = (
                    f"frame '{edge.child}' has several parents on /tf, {named}: "
                    f"{_named_parent(edge)} is used; stop the other publisher, or give its frame "
                    "another name"
                )
                yield edge.child, (slots[0], text)

    def _begin_anew(self, stamp_ns: int) -> None:
        """Forget what lies in the future of a clock that was set back."""
        for edge in self._edges.values():
            edge.forget_from(stamp_ns + JUMP_BACK_NS)
        for path in (path for former in self._former.values() for path in former):
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
                    f"frame '{frame}' is static in '{self.fixed_frame}': all transforms between "
                    "them are on /tf_static, and a tracker needs stamped ones, on /tf"
                )
            else:
                former = self._former.setdefault(slot, [])
                path = next((p for p in former if p.steps == steps), None)
                if path is None:
                    former.append(path := TransformPath(slot, steps, self.patience[slot]))
                    del former[:-MAX_PARENTS]
                    if slot not in before and path.lead.last_ns is not None:
                        path.await_rest(path.lead.last_ns, path.lead.transform)
                self._paths[slot] = path
                for edge, _ in steps:
                    edge.paths.append(path)
        # Also of paths that were left: a frame may come back to where it hung a moment ago.
        needed = {
            id(edge)
            for former in self._former.values()
            for path in former
            for edge, _ in path.steps
            if path.lead is not edge
        }
        for edge in self._edges.values():
            edge.keep(id(edge) in needed)

    def _connected(self) -> int:
        """Return how many trackers the edges that count connect with the fixed frame."""
        return sum(not isinstance(self._steps(frame), str) for frame in self.targets.values())

    def _steps(self, frame: str) -> list[tuple[Edge, bool]] | str:
        """Return the edges from a frame to the fixed one and which to invert, or what is wrong."""
        if frame not in self._edges and not any(e.parent == frame for e in self._edges.values()):
            names = {*self._edges, *(edge.parent for edge in self._edges.values())}
            return f"there is no frame '{frame}' on /tf{there_are(names)}"
        up, down = self._to_root(frame), self._to_root(self.fixed_frame)
        while up and down and up[-1] is down[-1]:
            up.pop()
            down.pop()
        meeting = up[-1].parent if up else frame
        if meeting != (down[-1].parent if down else self.fixed_frame):
            return (
                f"no transforms on /tf lead from '{frame}' to '{self.fixed_frame}': '{frame}' is "
                f"in the tree of '{meeting}'; set tf_fixed_frame, or publish the missing transform"
            )
        return [(edge, False) for edge in up] + [(edge, True) for edge in reversed(down)]

    def _to_root(self, frame: str) -> list[Edge]:
        edges: list[Edge] = []
        while frame in self._edges and len(edges) < len(self._edges):
            edge = self._edges[frame]
            edges.append(edge)
            frame = edge.parent
        return edges


def _named_parent(edge: Edge) -> str:
    return f"'{edge.parent}'" + " (on /tf_static)" * edge.static
