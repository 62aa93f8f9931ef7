# SPDX-License-Identifier: Apache-2.0
"""What `make quick` leaves out."""

import ast
import subprocess
import sys

import pytest

from tests import quick

NAMES = quick.LIST.read_text().splitlines()
FILE = """
import pytest

@pytest.mark.parametrize("case", [1, 2])
def test_long(case): ...

@pytest.mark.slow
def test_slow(): ...

@pytest.mark.ros
def test_ros(): ...

def test_short(): ...
"""


def test_what_is_listed_exists():
    """A test that was renamed is quick until somebody measures again."""
    functions = {}
    for name in NAMES:
        path, function = name.split("::", 1)
        if path not in functions:
            tree = ast.parse((quick.ROOT / path).read_text())
            functions[path] = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        assert function.split("::")[-1] in functions[path], name


@pytest.mark.parametrize("option", ["--quick", ""])
def test_what_is_left_out(tmp_path, option):
    (tmp_path / "test_some.py").write_text(FILE)
    (tmp_path / "conftest.py").write_text(
        "from tests import quick\n"
        "from tests.quick import pytest_addoption\n"
        f"quick.LIST = __import__('pathlib').Path({str(tmp_path / 'list.txt')!r})\n"
        "def pytest_collection_modifyitems(config, items): quick.leave_out(config, items)\n"
    )
    (tmp_path / "list.txt").write_text("test_some.py::test_long\n")
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\nmarkers = slow\n  ros\npythonpath = {quick.ROOT}"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *option.split()],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert ("1 passed, 4 deselected" if option else "5 passed") in ran.stdout, ran.stdout
