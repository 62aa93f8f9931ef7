# SPDX-License-Identifier: Apache-2.0
"""The browser's side: a page that a headset's browser opens, and the server that it talks to.

Free of ROS. What comes in leaves as `TrackerFrame`s in ROS's axes, stamped with the time of the
clock that the server was given; `node.inputs.webxr` and `node.clients.web_bridge` front it.
"""
