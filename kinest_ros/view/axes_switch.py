# SPDX-License-Identifier: Apache-2.0
"""The switch of the tracker axes in a page that opens offline, where viser's panel is not."""

from __future__ import annotations

import json

from kinest_ros.view.tracker_axes import ROOT

_STYLE = """
#kinest-axes { position: fixed; left: 8px; bottom: 52px; z-index: 1000; background: #fffffff0;
  color: #1d2b36; border-radius: 6px; padding: 4px 10px; font: 13px/1.4 system-ui, sans-serif; }
"""
# At its end the recording starts over and shows everything again, so the state is checked for good.
# viser exposes these names for its own tests. Where they are missing, so is the switch; the scene
# tree (bottom right) can hide the axes too.
_SCRIPT = """
const box = document.querySelector("#kinest-axes input");
setInterval(() => {
  const node = window.__viserSceneTree?.getState()[ROOT];
  box.parentElement.hidden = !node || !window.__viserMutable?.messageQueue;
  if (box.parentElement.hidden || node.visibility === box.checked) return;
  __viserMutable.messageQueue.push(
    { type: "SetSceneNodeVisibilityMessage", name: ROOT, visible: box.checked });
  __viserMutable.requestRender?.();
}, 50);
"""


def switch_html() -> str:
    """Return a checkbox that hides the tracker axes of all bodies in viser's offline page."""
    return (
        f"<style>{_STYLE}</style>"
        '<label id="kinest-axes" hidden><input type="checkbox" checked> tracker axes</label>'
        f"<script>{{ const ROOT = {json.dumps(ROOT)};{_SCRIPT}}}</script>"
    )
