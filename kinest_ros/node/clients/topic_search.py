# SPDX-License-Identifier: Apache-2.0
"""Finds topics as they turn up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from rclpy.node import Node


def as_they_turn_up(
    node: Node,
    wanted: Callable[[Mapping[str, Sequence[str]]], Iterable[str]],
    hear: Callable[[str], None],
) -> None:
    """Look for topics now and once a second, on the node's executor.

    Args:
        node: sees the topics.
        wanted: finds names in the types by topic.
        hear: is called with each name once.
    """
    known: set[str] = set()

    def search() -> None:
        for name in wanted(dict(node.get_topic_names_and_types())):
            if name not in known:
                known.add(name)
                hear(name)

    node.create_timer(1.0, search)
    search()
