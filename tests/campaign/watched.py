# SPDX-License-Identifier: Apache-2.0
"""Which modules are mutated, and which tests watch over each of them."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]
#: For what the tests named for a module did not catch, by package, the quickest first. Those of the
#: node run in processes of their own, where a mutant is not seen: of it, only modules whose tests
#: call them are mutated.
WIDER: dict[str, list[str]] = {
    "tracking": [
        "tracking/test_body_tracker.py", "tracking/test_wearing.py",
        "tracking/test_tracker_losses.py", "tracking/test_outliers.py",
        "tracking/test_body_tracker_inputs.py", "tracking/fitting", "tracking/sampling",
    ],
    "node": [
        "node/diagnostics", "node/parameters", "node/outputs", "node/test_plausibility.py",
        "node/test_launch_arguments.py", "node/inputs/test_registry.py",
    ],
    "bags": ["bags"],
    "retarget": ["retarget"],
    "web": ["web"],
}  # fmt: skip
#: Tests that are named otherwise than the module that they are about.
ALSO: dict[str, list[str]] = {
    "tracking/steadying/standing.py": ["tracking/steadying/test_foot_lock.py"],
    "tracking/admission/unmeasured.py": ["tracking/admission/test_presence.py"],
    "tracking/admission/laid_down.py": ["tracking/admission/test_presence.py"],
    "tracking/sampling/clock.py": ["tracking/sampling/test_resampler.py"],
    "tracking/sampling/motion_limits.py": ["tracking/sampling/test_sample_track.py"],
    "tracking/sampling/sample_track.py": ["tracking/sampling/test_resampler.py"],
    "bags/salvage.py": ["bags/test_broken_bags.py"],
    "bags/salvage_sqlite.py": ["bags/test_broken_bags.py"],
    "bags/opening.py": ["bags/test_odd_bags.py"],
    "bags/stamp_clocks.py": ["bags/test_odd_bags.py"],
}
#: Modules of the node that tests of other names call in their own process.
CALLED = (
    "node/diagnostics", "node/parameters/table.py", "node/parameters/body_names.py",
    "node/outputs/markers.py", "node/outputs/restamp.py", "node/outputs/tracker_axes.py",
    "node/launch_arguments.py", "node/realtime.py", "node/together.py", "node/inputs/registry.py",
    "node/clients/trace.py",
)  # fmt: skip
#: Tables of numbers that somebody chose: another number is another design, not a fault.
TABLES = ("retarget/own_robot/table.py", "retarget/solver/settings.py")


def modules(package: str) -> list[str]:
    """Return the modules of a package that are mutated, relative to kinest_ros."""
    found = [
        str(path.relative_to(ROOT / "kinest_ros"))
        for path in sorted((ROOT / "kinest_ros" / package).rglob("*.py"))
        if not path.name.startswith("__")
    ]
    if package == "node":
        found = [name for name in found if name.startswith(CALLED)]
    return [name for name in found if name not in TABLES]


def tests_of(module: str) -> list[list[str]]:
    """Return the tests that watch over a module: those named for it, then the package's."""
    path = Path(module)
    own = [str(path.parent / f"test_{path.name}"), *ALSO.get(module, [])]
    own = [name for name in own if (ROOT / "tests" / name).exists()]
    wider = [name for name in WIDER[path.parts[0]] if name not in own]
    return [stage for stage in (own, wider) if stage]
