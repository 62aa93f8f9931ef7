# SPDX-License-Identifier: Apache-2.0
"""ARCHITECTURE.md names what is there."""

import re
from pathlib import Path

from tools.docs.imports import FLOORS, package_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def test_every_file_and_folder_named_is_there():
    named = set(re.findall(r"`([\w./]+/[\w.]*)`", PAGE))
    assert len(named) > 25
    for path in named:
        assert (ROOT / path).exists() or any((ROOT / "kinest_ros").rglob(path)), path


def test_every_package_has_its_row(imports):
    packages = {package_of(module) for module in imports}
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    built = [name for floor in FLOORS for name in floor if name in packages]
    assert sorted(rows) == sorted(set(built) - {"errors"})


def test_names_in_capitals_are_in_the_files_they_are_said_to_be_in():
    for path, name in re.findall(r"`([\w/]+\.py)` \(`([A-Z]+)`\)", PAGE):
        assert re.search(rf"^{name}\b", (ROOT / "kinest_ros" / path).read_text(), re.MULTILINE)
