# SPDX-License-Identifier: Apache-2.0
"""Options and results of the programs in this folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch

from kinest_ros.files.whole import write_whole


def options(about: str | None) -> argparse.ArgumentParser:
    """Return a parser with what all of them take."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--device", default="cuda", help="cuda, or cpu for a rehearsal")
    parser.add_argument("--weights", default="default")
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser


def finish(found: dict[str, Any], wrong: list[str], out: Path | None) -> int:
    """Write and print what was found; return the exit code: 1 where something is wrong."""
    if torch.cuda.is_available():
        found = {"card": torch.cuda.get_device_name(), "torch": torch.__version__, **found}
    text = json.dumps({**found, "wrong": wrong}, indent=1)
    if out is not None:
        write_whole(out, text + "\n")
    print(text)
    for line in wrong:
        print(f"wrong: {line}")
    return 1 if wrong else 0
