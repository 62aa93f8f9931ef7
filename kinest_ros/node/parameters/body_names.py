# SPDX-License-Identifier: Apache-2.0
"""What one of the node's bodies calls its topics, frames, markers and diagnostics."""

from __future__ import annotations

from dataclasses import dataclass

#: The id that REP-155's human description takes for a body that has none.
_UNNAMED = "default"


@dataclass(frozen=True)
class BodyNames:
    """Names of a body; those of a node's only body carry no id in their topics.

    Attributes:
        body_id: prefix of the frames; empty for none.
        several: whether the node has a list of bodies, whose topics then carry the id.
    """

    body_id: str = ""
    several: bool = False

    def topic(self, name: str) -> str:
        """Return ``~/<name>``, or ``~/<body_id>/<name>`` for one of several."""
        return f"~/{self.body_id}/{name}" if self.several else f"~/{name}"

    def label(self, node: str) -> str:
        """Return what the body's diagnostics begin with.

        Args:
            node: its full name, such as ``/robot1/kinest``; one in no namespace goes by its bare
                name, ``kinest``.
        """
        name = node.removeprefix("/") if node.count("/") == 1 else node
        return f"{name} {self.body_id}".strip()

    @property
    def markers(self) -> str:
        """The markers' namespace."""
        return f"{self.body_id}/kinest" if self.body_id else "kinest"

    @property
    def link_prefix(self) -> str:
        """What stands before the link names: ``<body_id>/`` or nothing."""
        return f"{self.body_id}/" if self.body_id else ""

    @property
    def rep155_id(self) -> str:
        """The body's id under ``/humans/bodies``."""
        return self.body_id or _UNNAMED

    @property
    def rep155_frame(self) -> str:
        """The frame between the hips that REP-155 asks for."""
        return f"body_{self.rep155_id}"
