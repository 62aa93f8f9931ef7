# SPDX-License-Identifier: Apache-2.0
"""Another node of the same name: a second start, in a forgotten terminal or by a service."""

from __future__ import annotations

from collections.abc import Callable

from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.node import Node

#: Times asked, once a second: DDS lists a node that was killed for another 20 s.
PATIENCE = 25
#: Times asked between two warnings.
PERIOD = 30


class Namesakes:
    """Looks for nodes of its node's full name; asked once a second."""

    def __init__(self, node: Node, warn: Callable[[str], object]) -> None:
        """Keep them.

        Args:
            node: whose name is to be its own.
            warn: called with a line for the log.
        """
        self._node, self._warn = node, warn
        self._asked = 0

    def statuses(self) -> list[DiagnosticStatus]:
        """Return, and warn of, others that have been there for a while."""
        own = self._node.get_name(), self._node.get_namespace()
        count = self._node.get_node_names_and_namespaces().count(own)
        self._asked = self._asked + 1 if count > 1 else 0
        late = self._asked - PATIENCE
        if late < 0:
            return []
        full = self._node.get_fully_qualified_name()
        name = full if own[1] != "/" else own[0]
        text = (
            f"{count} nodes are called {full}: each publishes on {full}/... and /tf, and a service "
            "call reaches any of them; stop all but one, or give this one another name "
            "(-r __node:=NAME) or namespace"
        )
        if late % PERIOD == 0:
            self._warn(text)
        return [
            DiagnosticStatus(
                level=DiagnosticStatus.WARN, name=f"{name}: name", message=text, hardware_id=name
            )
        ]
