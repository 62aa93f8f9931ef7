# SPDX-License-Identifier: Apache-2.0
"""The parent of each frame, also where several publishers give one frame different parents."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kinest_ros.decoding.transform_path import Edge

#: Parents remembered of one frame.
MAX_PARENTS = 4
#: Changes to and fro, less one a second, from which on they are two publishers and no re-hanging.
CONTESTED = 3
_MOST = 10


class Parents:
    """One edge into each frame counts; others that claim the frame are kept up to date beside it.

    A frame that is hung up elsewhere follows at once: its new parent counts from the first
    transform on. If the old one goes on speaking, two publishers contradict each other. Then the
    one counts that connects more trackers with the fixed frame, and of equals the one that was
    there before. It holds until it falls silent.

    Attributes:
        edges: by child, those that count.
    """

    def __init__(self, patience_ns: int, connected: Callable[[], int]) -> None:
        """Start empty.

        Args:
            patience_ns: silence, in stamps, after which a parent holds nothing any more.
            connected: returns how many trackers are connected by the edges that count at present.
        """
        self.edges: dict[str, Edge] = {}
        self._patience_ns, self._connected = patience_ns, connected
        self._others: dict[str, list[Edge]] = {}
        self._last: dict[str, Edge] = {}
        self._changes: dict[str, int] = {}
        self._said: set[str] = set()
        self._order = 0

    def of(self, parent: str, child: str, stamp_ns: int | None) -> tuple[Edge, bool]:
        """Return the edge of a transform that came, and whether the edges that count changed.

        Args:
            parent: its frame.
            child: its child frame.
            stamp_ns: its time, ns; None for one that is static.
        """
        current, static = self.edges.get(child), stamp_ns is None
        if current is None:
            self.edges[child] = edge = self._new(parent, child, static)
            return edge, True
        same = current.parent == parent and current.static == static
        if child not in self._others:
            if same:
                return current, False
            self._others[child] = []
        edge = current if same else self._claimant(parent, child, static)
        self._note_change(child, edge)
        if same:
            return current, False
        if not self._gives_way(current, edge, stamp_ns):
            return edge, False
        others = self._others[child]
        others.remove(edge)
        others.append(current)
        current.paths.clear()
        self.edges[child] = edge
        return edge, True

    def contested(self) -> Iterator[tuple[Edge, list[Edge]]]:
        """Yield edges into frames that several publishers hang up, each with its rivals."""
        for child, changes in self._changes.items():
            if changes >= CONTESTED:
                yield self.edges[child], self._others[child]

    def calm(self) -> None:
        """Let a second pass: what does not change any more is not contested for ever."""
        for child, changes in self._changes.items():
            self._changes[child] = max(changes - 1, 0)

    def _new(self, parent: str, child: str, static: bool) -> Edge:
        self._order += 1
        return Edge(parent, child, static, order=self._order)

    def _claimant(self, parent: str, child: str, static: bool) -> Edge:
        others = self._others[child]
        for edge in others:
            if edge.parent == parent and edge.static == static:
                return edge
        others.append(edge := self._new(parent, child, static))
        del others[:-MAX_PARENTS]
        return edge

    def _note_change(self, child: str, edge: Edge) -> None:
        if self._last.get(child) is not edge:
            self._last[child] = edge
            self._changes[child] = min(self._changes.get(child, -1) + 1, _MOST)

    def _gives_way(self, current: Edge, edge: Edge, stamp_ns: int | None) -> bool:
        """Tell whether the edge that counts gives way to one that has just spoken."""
        with_current = self._connected()
        self.edges[edge.child] = edge
        with_edge = self._connected()
        self.edges[edge.child] = current
        if with_edge != with_current:
            return with_edge > with_current
        if stamp_ns is None:
            return current.static or not edge.spoken
        contested = self._changes[edge.child] >= CONTESTED
        if not contested and self._is_silent(edge, stamp_ns):  # it is new, or back after a while
            self._order += 1
            edge.order = self._order
            return True
        return current.static or self._is_silent(current, stamp_ns) or edge.order < current.order

    def _is_silent(self, edge: Edge, stamp_ns: int) -> bool:
        return edge.last_ns is None or stamp_ns - edge.last_ns > self._patience_ns
