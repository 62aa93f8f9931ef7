# SPDX-License-Identifier: Apache-2.0
"""The system's Chromium, without a window, and a headset that IWER emulates in it.

IWER (MIT, Meta) is fetched by npm where there is one, and is no part of this repository.
"""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kinest_ros.body.joints import SLOTS
from kinest_ros.tracking.devices.basis import basis_matrices
from kinest_ros.tracking.frame import TrackerFrame

ROOT = Path(__file__).resolve().parents[2]
IWER = "iwer@2.5.0"
_FLAGS = (
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--no-sandbox",  # tests run as root in containers
    "--disable-features=WebXR",  # the emulator takes its place
)
_PLAYER = Path(__file__).with_name("emulated_headset.js")
#: Small, since the processor draws: what is looked at is made bigger.
SMALL = {"width": 160, "height": 120}


def chromium() -> str:
    """Return where Chromium is, or skip."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("needs Chromium: sudo apt install chromium")
    return found


def emulator() -> Path:
    """Return the emulator's script, fetched if need be, or skip."""
    folder = ROOT / "build" / "npm"
    script = folder / "node_modules" / "iwer" / "build" / "iwer.min.js"
    if not script.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"needs npm, which fetches the emulated headset {IWER}")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(folder), "--ignore-scripts", "--no-audit", IWER]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=120)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            pytest.skip(f"npm could not fetch the emulated headset {IWER}: {error}")
    return script


@contextmanager
def browser() -> Iterator[Any]:
    """A browser that trusts any certificate, as a user does after the warning."""
    pytest.importorskip("playwright", reason="needs playwright, which drives the browser")
    from playwright.sync_api import sync_playwright

    path = chromium()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield launched
        launched.close()


@contextmanager
def headset_page(browser: Any, viewport: dict[str, int] | None = None) -> Iterator[Any]:
    """A page in a profile of its own, with an emulated headset; what it prints is in `.said`."""
    context = browser.new_context(ignore_https_errors=True, viewport=viewport or SMALL)
    context.add_init_script(path=emulator())
    context.add_init_script(path=_PLAYER)
    page = context.new_page()
    page.said = []
    page.on("console", lambda message: page.said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: page.said.append(f"error: {error}"))
    yield page
    context.close()
    faults = [line for line in page.said if line.startswith("error: ") and "403" not in line]
    assert faults == []


def wait_in(page: Any, condition: str, timeout: float = 60.0) -> None:
    """Wait until JavaScript is true. The page itself may evaluate no text, so playwright cannot."""
    end = time.monotonic() + timeout
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"{condition}: {page.inner_text('body')}"
        page.wait_for_timeout(50)


def enter(page: Any) -> None:
    """Begin a session by a click."""
    page.click("#enter:not([disabled])", timeout=60_000)
    wait_in(page, "device.activeSession !== undefined")


def says(page: Any, text: str) -> None:
    """Wait until the page says something."""
    wait_in(page, f"document.getElementById('message').textContent.includes({text!r})")


def recorded(frames: Iterable[TrackerFrame]) -> list[list[Any]]:
    """Motion as the page plays it: ms, and by slot position and orientation in WebXR's axes."""
    matrix, vector_matrix = basis_matrices("openxr")
    rows, last, first = [], {}, None
    for frame in frames:
        first = frame.stamp_ns if first is None else first
        for slot, pose in frame.poses.items():
            vector = np.asarray(pose.quaternion, dtype=float)
            vector = np.append(vector[:3] @ vector_matrix, vector[3])
            last[slot] = [*(np.asarray(pose.position) @ matrix), *vector]
        rows.append([(frame.stamp_ns - first) * 1e-6, *(last.get(slot) for slot in SLOTS[:3])])
    return [row for row in rows if None not in row]
