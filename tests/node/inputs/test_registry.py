# SPDX-License-Identifier: Apache-2.0
"""Inputs by name: what is available is said, what is missing is named with its remedy."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.errors import KinestError
from kinest_ros.node.inputs import registry
from kinest_ros.node.inputs.registry import INPUTS, create_input

INPUT_MODULES = Path(registry.__file__).parent


def create(name: str):
    return create_input(name, SimpleNamespace(), InputOptions(), print, print)


def test_an_unknown_input_lists_the_available_ones() -> None:
    with pytest.raises(KinestError, match="no input 'vrpn'") as caught:
        create("vrpn")
    assert all(name in str(caught.value) for name in INPUTS)


def test_the_registry_needs_no_ros() -> None:
    code = (
        "import sys; sys.modules['rclpy'] = sys.modules['geometry_msgs'] = None\n"
        "from kinest_ros.node.inputs import registry; print(*registry.INPUTS)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == list(INPUTS), done.stderr


@pytest.mark.parametrize("name", INPUTS)
def test_each_input_is_where_the_registry_says(name: str) -> None:
    """The class is read from the source text, so that it holds without the message packages."""
    spec = INPUTS[name]
    tree = ast.parse((INPUT_MODULES / f"{spec.module}.py").read_text())
    assert spec.kind in {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    if name in DECODERS:
        heard = DECODERS[name](InputOptions(), print).channels
        assert f"{spec.package}/msg" in {channel.kind.rpartition("/")[0] for channel in heard}
    assert spec.remedy or spec.package in ("geometry_msgs", "kinest_ros", "std_msgs", "tf2_msgs")


@pytest.mark.parametrize("name", [name for name, spec in INPUTS.items() if spec.remedy])
def test_a_missing_message_package_is_named_with_its_remedy(monkeypatch, name: str) -> None:
    pytest.importorskip("rclpy")
    spec = INPUTS[name]
    monkeypatch.delitem(sys.modules, f"kinest_ros.node.inputs.{spec.module}", raising=False)
    monkeypatch.setitem(sys.modules, f"{spec.package}.msg", None)
    with pytest.raises(KinestError, match=f"'{name}' needs the ROS package {spec.package}") as no:
        create(name)
    assert spec.remedy in str(no.value)


@pytest.mark.parametrize("name", [name for name, spec in INPUTS.items() if spec.remedy])
def test_a_message_package_without_the_message_is_too_old(monkeypatch, name: str) -> None:
    pytest.importorskip("rclpy")
    spec = INPUTS[name]
    monkeypatch.delitem(sys.modules, f"kinest_ros.node.inputs.{spec.module}", raising=False)
    monkeypatch.setitem(sys.modules, f"{spec.package}.msg", ModuleType(f"{spec.package}.msg"))
    with pytest.raises(KinestError, match="does not have the message") as old:
        create(name)
    assert spec.remedy in str(old.value)


def test_the_documentation_has_every_input_and_parameter() -> None:
    text = (Path(__file__).parents[3] / "docs" / "inputs.md").read_text()
    rows = {
        line.split("|")[1].strip().split("`")[1]: line
        for line in text.splitlines()
        if line.startswith("| `")
    }
    for name, spec in INPUTS.items():
        for part in spec.topics.split("; "):
            topics, message = part.split(": ")
            assert f"`{message}`" in rows[name]
            assert all(f"`{topic}`" in rows[name] for topic in topics.split(", "))
    for parameter in ("input", "source.<slot>", "timeout.<slot>", "tf_fixed_frame", "qos_depth"):
        assert parameter in rows
