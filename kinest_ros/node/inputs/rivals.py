# SPDX-License-Identifier: Apache-2.0
"""Several publishers of the poses of one tracker: an old bridge that was left running."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rclpy.node import Node

from kinest_ros.node.inputs.callbacks import OnWarning

#: Times asked, once a second, after which two publishers are no restart of one of them.
PATIENCE = 3
#: Times asked between two warnings about the same topic.
PERIOD = 30


class Rivals:
    """Looks at topics that are to have one publisher; asked once a second."""

    def __init__(self, node: Node, on_warning: OnWarning) -> None:
        self._node, self._on_warning = node, on_warning
        self._asked: Counter[str] = Counter()

    def among(self, topics: Iterable[str]) -> list[str]:
        """Return, and warn of, topics (full names) that have had several publishers for a while.

        They may be of one node: a bridge that connected again may have forgotten its first one.
        """
        lines = []
        for topic in topics:
            count = self._node.count_publishers(topic)
            self._asked[topic] = self._asked[topic] + 1 if count > 1 else 0
            late = self._asked[topic] - PATIENCE
            if late < 0:
                continue
            text = (
                f"{count} publishers send it, {self._names(topic)}, and the body follows each of "
                "them: stop all but one"
            )
            lines.append(f"{topic}: {text}")
            if late % PERIOD == 0:
                self._on_warning(topic, text)
        return lines

    def _names(self, topic: str) -> str:
        infos = self._node.get_publishers_info_by_topic(topic)
        counts = Counter(f"{i.node_namespace.rstrip('/')}/{i.node_name}" for i in infos)
        return " and ".join(
            name if count == 1 else f"{name} ({count} times)"
            for name, count in sorted(counts.items())
        )
