# SPDX-License-Identifier: Apache-2.0
"""Which fixed frame a frame_id stands for: `/world` is `world`, and none at all is taken for it."""

from __future__ import annotations

#: What poses are in that do not say.
UNNAMED = "world"


def fixed_frame(frame_id: str) -> str:
    """Return the frame's name as TF takes it, without slashes at its ends (tf 1 had them)."""
    return frame_id.strip("/") or UNNAMED


def quoted(frame_id: str) -> str:
    """Return a frame_id as it was sent, for messages, with what it is taken for if it is empty."""
    return f"'{frame_id}'" if frame_id.strip("/") else f"'{frame_id}' (taken for '{UNNAMED}')"
