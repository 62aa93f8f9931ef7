# SPDX-License-Identifier: Apache-2.0
"""``python -m tools.docs``: write docs/interface.md and docs/images/, or check the former."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
INTERFACE, PROTOCOL = DOCS / "interface.md", DOCS / "web-protocol.md"


def main() -> int:
    """Write or check; return 1 where the page is out of date."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.docs",
        description="Write docs/interface.md and docs/images/ from the code. Needs ROS 2, since a "
        "real node is asked what it publishes.",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; fail if a page is out of date"
    )
    args = parser.parse_args()
    from tools.docs.interface import interface_page
    from tools.docs.protocol import protocol_page

    pages = {INTERFACE: interface_page(), PROTOCOL: protocol_page()}
    if args.check:
        old = [p for p, text in pages.items() if not p.is_file() or p.read_text("utf-8") != text]
        for path in old:
            print(
                f"error: docs/{path.name} is out of date: run python -m tools.docs", file=sys.stderr
            )
        return int(bool(old))
    from tools.docs.pictures import draw_all

    for path, text in pages.items():
        path.write_text(text, encoding="utf-8")
    for path in (*pages, *draw_all(DOCS / "images")):
        print(f"{path} ({path.stat().st_size / 1000:.0f} kB)")
    return 0


sys.exit(main())
