# SPDX-License-Identifier: Apache-2.0
"""The screen of text at the end of the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kinest_ros.demo import robot

#: Latency (ms) at which a frame is late beyond doubt: three ticks.
SLOW_MS = 50.0


def closing_words(summary: dict[str, Any], out: Path) -> str:
    """Return what was shown, how good it was, and what to do next."""
    poses = ", ".join(f"{slot} {count}" for slot, count in summary["frames_in"].items())
    latency = summary["latency_ms"]
    errors = ", ".join(
        f"{slot} {error['median']:.1f}" for slot, error in summary["tracker_error_cm"].items()
    )
    lines = [
        "",
        f"A person's {_trackers(summary)} went into the live ROS 2 node for "
        f"{summary['seconds']:.0f} s;",
        "another process recorded the whole body that it published.",
        "",
        f"  poses in             {poses}",
        f"  bodies out           {summary['bodies_out']} of {summary['ticks']} ticks at 60 Hz, "
        f"{summary['bodies_missing']} missing",
        f"  latency, node        {_latency(latency['node'])}",
        f"  latency, end to end  {_latency(latency['end_to_end'])}",
        f"  tracker to body      {errors} cm (median)",
    ]
    if "position_error_cm" in summary:
        found = summary["position_error_cm"]
        parts = ", ".join(f"{name} {value:.1f}" for name, value in found.items())
        lines.append(f"  error to the truth   {parts} cm")
    if latency["end_to_end"]["p50"] > SLOW_MS:
        lines.append("  (this machine was too busy or too slow for 60 Hz: bodies were late)")
    if "robot" in summary:
        lines += ["", robot.words(summary["robot"])]
    lines += [
        "",
        f"  picture  {out / 'body.png'}",
        *([f"  robot    {out / 'robot.png'}"] if "robot" in summary else []),
        f"  bag      {out / 'bag'}   (/tf, /kinest/joint_states, /kinest/body and the inputs)",
        f"  figures  {out / 'summary.json'}",
        "",
        "Next, with your own headset:",
        "  1. Let your bridge publish geometry_msgs/PoseStamped on /kinest/head/pose,",
        "     /kinest/left_hand/pose and /kinest/right_hand/pose, all in one frame, metres.",
        "  2. Start the node with your height and your bridge's axes (ros, openxr or unity):",
        "       kinest_node --ros-args -p autostart:=true -p stature:=1.80 -p input_basis:=openxr",
        "     or, with ROS 2 installed:",
        "       ros2 launch kinest_ros kinest.launch.py stature:=1.80 input_basis:=openxr",
        "  3. Read /tf, /kinest/joint_states or /kinest/body; /diagnostics shows what is wrong.",
        "  No bridge yet? kinest convert turns a recording into a bag; see it with",
        "       kinest demo --bag BAG --stature 1.80",
    ]
    return "\n".join(lines)


def _trackers(summary: dict[str, Any]) -> str:
    names = [slot.replace("_", " ") for slot in summary["frames_in"]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _latency(values: dict[str, float]) -> str:
    return f"p50 {values['p50']:.1f} ms, p99 {values['p99']:.1f} ms"
