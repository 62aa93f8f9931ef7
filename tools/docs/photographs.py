# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.docs.photographs``: take the pictures in docs/images/ that show a browser.

The headset page (web.png) is that of a real node, opened in Chromium by an emulated headset; the 3D
view (view.png) is a page that `kinest view --html` wrote. Needs ROS 2, Chromium and npm, like the
tests whose browser it uses.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PICTURES = {
    "view.png": "tests/view/test_view_browser.py",
    "web.png": "tests/node/inputs/test_webxr_browser.py",
}


def main() -> int:
    """Take them; return 1 where one could not be taken."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.docs.photographs",
        description="Take docs/images/view.png and web.png in Chromium.",
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "images", help="folder (default: docs/images)"
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="view.png, web.png (default: all)")
    args = parser.parse_args()
    names = args.names or list(PICTURES)
    if unknown := sorted(set(names) - set(PICTURES)):
        parser.error(f"{unknown[0]}: choose from {', '.join(PICTURES)}")
    folder = args.out.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not _taken(name, folder)]
    for name in missing:
        print(f"error: {name} was not taken; see pytest's output above", file=sys.stderr)
    return int(bool(missing))


def _taken(name: str, folder: Path) -> bool:
    path = folder / name
    before = path.stat().st_mtime_ns if path.is_file() else None
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-rs", "-k", "picture", PICTURES[name]]
    subprocess.run(command, cwd=ROOT, env={**os.environ, "KINEST_PICTURES": str(folder)})
    return path.is_file() and path.stat().st_mtime_ns != before


if __name__ == "__main__":
    sys.exit(main())
