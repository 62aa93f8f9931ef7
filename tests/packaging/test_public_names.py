# SPDX-License-Identifier: Apache-2.0
"""`import kinest_ros` is light, its public names are there, and old import paths still work."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kinest_ros
from kinest_ros.moved import MOVED

PLAIN = "import sys, kinest_ros; print(*(m for m in ('torch', 'rclpy') if m in sys.modules))"
# -S keeps the ROS wheels' start-up hook out, which imports what it likes.
TYPED = Path(kinest_ros.__file__).with_name("py.typed")


def test_importing_the_package_loads_neither_torch_nor_ros():
    run = subprocess.run([sys.executable, "-c", PLAIN], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


@pytest.mark.parametrize("name", kinest_ros.__all__)
def test_public_name(name):
    assert getattr(kinest_ros, name) is not None
    assert name in dir(kinest_ros)


def test_all_and_the_table_agree():
    assert set(kinest_ros.__all__) == set(kinest_ros._PUBLIC)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="BodyTraker"):
        _ = kinest_ros.BodyTraker


def test_the_package_is_marked_as_typed():
    assert TYPED.is_file()


@pytest.mark.parametrize("old", MOVED)
def test_old_path_works_with_a_warning(old, monkeypatch):
    monkeypatch.delitem(sys.modules, old, raising=False)
    with pytest.warns(DeprecationWarning, match=MOVED[old]):
        module = importlib.import_module(old)
    now = importlib.import_module(MOVED[old])
    public = [name for name in vars(now) if not name.startswith("_")]
    assert public
    assert all(getattr(module, name) is getattr(now, name) for name in public)


def test_our_own_code_takes_the_new_paths():
    """With -W error, as in other people's test suites, it could not be imported otherwise."""
    package = Path(kinest_ros.__file__).parent
    files = [path for path in package.rglob("*.py") if path.name != "moved.py"]
    files += [
        path for folder in ("examples", "tools") for path in (package.parent / folder).rglob("*.py")
    ]
    old = re.compile(rf"\b({'|'.join(map(re.escape, MOVED))})\b")
    assert not {
        str(path): found for path in files if (found := old.findall(path.read_text("utf-8")))
    }


def test_a_path_that_never_was():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("kinest_ros.tracking.nowhere")
