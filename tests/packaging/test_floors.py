# SPDX-License-Identifier: Apache-2.0
"""Packages import downward only, and no files import each other in a circle."""

from pathlib import Path

from tools.docs.imports import FLOOR_OF, circles, module_imports, package_of, upward


def test_every_package_has_a_floor(imports):
    packages = {package_of(module) for module in imports} - {"", "msg"}
    assert packages - set(FLOOR_OF) == {"moved"}


def test_no_package_imports_upward_or_sideways(imports):
    assert upward(imports) == []


def test_no_circle_of_files(imports):
    assert circles(imports) == []


def _write(root: Path, module: str, text: str) -> None:
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_what_breaks_the_rule_is_found(tmp_path):
    """Also within functions, for type checking alone, and of a module named behind `import`."""
    _write(tmp_path, "kinest_ros.body.bones", "from kinest_ros.model import net\n")
    _write(tmp_path, "kinest_ros.model.net", "def f():\n    import kinest_ros.body.bones\n")
    _write(tmp_path, "kinest_ros.bags.reader", "from kinest_ros.training.loop import run\n")
    _write(tmp_path, "kinest_ros.training.loop", "def run(): ...\n")
    imports = module_imports(tmp_path)
    assert upward(imports) == [
        ("kinest_ros.bags.reader", "kinest_ros.training.loop"),
        ("kinest_ros.body.bones", "kinest_ros.model.net"),
    ]
    assert circles(imports) == [["kinest_ros.body.bones", "kinest_ros.model.net"]]
