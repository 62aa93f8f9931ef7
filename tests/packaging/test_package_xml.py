# SPDX-License-Identifier: Apache-2.0
"""package.xml and pyproject.toml name everything that the code imports."""

import ast
import functools
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import yaml

from kinest_ros.decoding.kinds import DECODERS
from kinest_ros.decoding.options import InputOptions
from kinest_ros.node.inputs.registry import INPUTS

if sys.version_info >= (3, 11):
    import tomllib
else:  # pytest brings it on older Pythons
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ElementTree.parse(ROOT / "package.xml").getroot()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

ROS_NAME = re.compile(r"^(.*_(msgs|srvs|interfaces)|rclpy|launch|launch_ros|tf2.*|tf_.*)$")
# Import name -> name of the package in pyproject.toml.
DISTRIBUTIONS = {
    "zmq": "pyzmq",
    "yaml": "pyyaml",
    "mamba_ssm": "mamba-ssm",
    "backports": "backports.zstd",
    "compression": "backports.zstd",  # of the standard library from Python 3.14 on
}


@functools.cache
def imported_modules(*folders: str) -> dict[str, Path]:
    """Top-level names of all absolute imports, each with a file that has it."""
    found = {}
    for folder in folders:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                names = []
                if isinstance(node, ast.Import):
                    names = [alias.name for alias in node.names]
                elif isinstance(node, ast.ImportFrom) and node.level == 0:
                    names = [node.module or ""]
                for name in names:
                    found.setdefault(name.partition(".")[0], file)
    return found


def declared(*tags: str) -> set[str]:
    return {element.text or "" for tag in tags for element in PACKAGE.iter(tag)}


def requirement_names() -> set[str]:
    extras = PROJECT["optional-dependencies"]
    requirements = PROJECT["dependencies"] + [item for extra in extras.values() for item in extra]
    return {re.split(r"[\[<>=!~ ;]", item, maxsplit=1)[0].lower() for item in requirements}


def used_ros_packages() -> set[str]:
    """Those imported by name, and those whose messages the decoders hear."""
    imported = {name for name in imported_modules("kinest_ros", "launch") if ROS_NAME.match(name)}
    decoders = [make(InputOptions(), print) for make in DECODERS.values()]
    heard = {c.kind.partition("/")[0] for decoder in decoders for c in decoder.channels}
    return imported | (heard - {"kinest_ros"})


def test_every_ros_package_that_is_imported_is_declared():
    used = used_ros_packages()
    assert {"rclpy", "tf2_msgs", "sensor_msgs"} <= used
    # Needed for one input each, and not packaged for all distributions: asked for when selected.
    optional = {spec.package for spec in INPUTS.values() if spec.remedy} - {"nav_msgs"}
    assert used - declared("depend", "exec_depend") == optional


def test_every_package_that_the_launch_file_starts_is_declared():
    tree = ast.parse((ROOT / "launch" / "kinest.launch.py").read_text(encoding="utf-8"))
    calls = {}
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        calls.setdefault(getattr(call.func, "id", ""), []).append(call)
    keywords = [
        {keyword.arg: keyword.value for keyword in call.keywords}
        for name in ("Node", "ExecuteProcess")
        for call in calls[name]
    ]
    # The node itself is of this package, and named by a variable.
    named = [given["package"] for given in keywords if "package" in given]
    packages = {node.value for node in named if isinstance(node, ast.Constant)}
    commands = [given["cmd"].elts for given in keywords if "cmd" in given]
    verbs = {tuple(part.value for part in command[:3]) for command in commands}
    assert verbs == {("ros2", "bag", "play")}
    # The plugin of the command line, and what reads the files that the package itself writes.
    packages |= {"ros2bag", "rosbag2_storage_mcap"}
    optional = {"foxglove_bridge"}  # docs/first-hour.md says how to install it
    assert "rviz2" in packages
    assert packages - declared("exec_depend") == optional


def test_nothing_is_declared_that_nothing_uses():
    named = {name for name in declared("exec_depend") if ROS_NAME.match(name)}
    assert named - used_ros_packages() == set()


def test_every_message_package_in_the_msg_files_is_a_build_dependency():
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "msg").glob("*.msg"))
    used = set(re.findall(r"^(\w+)/\w+", text, flags=re.MULTILINE))
    assert used == {"geometry_msgs", "std_msgs"}
    assert used <= declared("depend")
    cmake = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    for name in used:
        assert f"find_package({name} REQUIRED)" in cmake


def test_every_other_import_is_a_requirement_for_pip():
    known = sys.stdlib_module_names | {"kinest_ros"}
    missing = {
        name: str(file.relative_to(ROOT))
        for name, file in imported_modules("kinest_ros").items()
        if name not in known
        and not ROS_NAME.match(name)
        and DISTRIBUTIONS.get(name, name) not in requirement_names()
    }
    assert missing == {}


def test_rosdep_keys_of_the_python_libraries():
    keys = declared("exec_depend")
    assert {"python3-numpy", "python3-scipy"} <= keys
    # These have no rosdep key on all the supported distributions; the README says how to get them.
    assert not {"torch", "safetensors", "rosbags"} & keys


def test_is_an_interface_package_built_by_ament_cmake():
    assert declared("member_of_group") == {"rosidl_interface_packages"}
    assert declared("build_type") == {"ament_cmake"}
    assert PACKAGE.get("format") == "3"


def test_one_version_number_everywhere():
    import kinest_ros

    versions = {PACKAGE.findtext("version"), PROJECT["version"], kinest_ros.__version__}
    assert len(versions) == 1
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {kinest_ros.__version__}" in changelog
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == kinest_ros.__version__
    assert citation["license"] == PROJECT["license"].split(" AND ")


def test_licences_of_the_code_and_of_the_weights():
    assert declared("license") == set(PROJECT["license"].split(" AND "))
    for element in PACKAGE.iter("license"):
        assert (ROOT / element.get("file")).is_file()
    assert "Version 2.0, January 2004" in (ROOT / "LICENSE").read_text(encoding="utf-8")
