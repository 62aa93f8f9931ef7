# SPDX-License-Identifier: Apache-2.0
"""What is shipped: the whole package, its weights and messages, and nothing else."""

import configparser
import ctypes
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from kinest_ros.runtime.native.library import LAYOUT
from tests.packaging.unpacked import runtimes

ROOT = Path(__file__).resolve().parents[2]
MAX_BYTES = 20 * 1024 * 1024
LOCAL = {".git", ".venv", "build", "install", "log", "dist", "demo_output", "runs"}


def shipped_files() -> list[Path]:
    """Files of the repository, as git sees them; a walk where there is no git."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0 and (ROOT / ".git").exists():
        names = [name for name in listing.stdout.decode().split("\0") if name]
        return [ROOT / name for name in names if (ROOT / name).is_file()]
    return [
        file
        for entry in ROOT.iterdir()
        if entry.name not in LOCAL
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
        if file.is_file()
    ]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel, built from a copy of the checkout without ROS and without a compiler."""
    pytest.importorskip("setuptools")
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.so", "*.egg-info", *LOCAL)
    shutil.copytree(ROOT, source, ignore=ignored)
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-q")
    result = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", str(folder), str(source)],
        env={"PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.slow
def test_wheel_holds_the_package_and_no_tests(wheel):
    names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert {name.partition("/")[0] for name in names} == {"kinest_ros"}
    modules = {name for name in names if name.endswith(".py")}
    expected = {file.relative_to(ROOT).as_posix() for file in (ROOT / "kinest_ros").rglob("*.py")}
    assert modules == expected


@pytest.mark.slow
def test_without_a_compiler_all_is_there_but_the_compiled_step(wheel, tmp_path):
    described, refused = runtimes(wheel, tmp_path)
    assert described.startswith(("torch (fastest of ", "onnx (fastest of "))
    for said in (described, refused):
        assert "runtime native was not compiled: it is built on installation where there" in said
    assert not [name for name in wheel.namelist() if name.endswith(".so")]


def test_wheel_holds_the_messages_and_the_weights(wheel):
    names = wheel.namelist()
    for definition in (ROOT / "msg").glob("*.msg"):
        stored = wheel.read(f"kinest_ros/msg_definitions/{definition.name}").decode()
        assert stored == definition.read_text(encoding="utf-8")
    for page in (ROOT / "kinest_ros" / "web" / "static").iterdir():
        assert f"kinest_ros/web/static/{page.name}" in names
    for weights in (ROOT / "kinest_ros" / "weights").glob("*.*"):
        assert f"kinest_ros/weights/{weights.name}" in names


def test_wheel_has_both_commands(wheel):
    entry = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    parser = configparser.ConfigParser()
    parser.read_string(wheel.read(entry).decode())
    assert dict(parser["console_scripts"]) == {
        "kinest": "kinest_ros.cli.main:main",
        "kinest_node": "kinest_ros.node.main:main",
        "kinest_retarget": "kinest_ros.node.retarget.main:main",
    }


def test_cmake_installs_what_a_ros_user_needs_and_no_tests():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    for folder in ("launch", "config", "rviz"):
        assert (ROOT / folder).is_dir()
        assert folder in text.partition("install(DIRECTORY launch")[2] or folder == "launch"
    assert "tests" not in text.partition("if(BUILD_TESTING)")[0]
    for script in ("kinest", "kinest_node"):
        assert f"scripts/{script}" in text
        assert (ROOT / "scripts" / script).stat().st_mode & 0o111


@pytest.mark.slow
def test_cmake_installs_the_commands_for_ros2_run_and_for_the_shell(tmp_path):
    """The install rules themselves, run by CMake with the build of the messages left out.

    The network's step is compiled, where there is a compiler.
    """
    cmake = shutil.which("cmake", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if cmake is None:
        pytest.skip("cmake is not installed")
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    stand_ins = "rosidl_generate_interfaces ament_export_dependencies ament_package"
    functions = "\n".join(f"function({name})\nendfunction()" for name in stand_ins.split())
    kept = [line for line in text.splitlines() if not line.startswith("find_package(")]
    header, rest = kept[:2], kept[2:]
    compiler = shutil.which("cc")
    project = f"project(kinest_ros {'C' if compiler else 'NONE'})"
    rest = [line.replace("project(kinest_ros)", project) for line in rest]
    source = tmp_path / "source"
    source.mkdir()
    (source / "CMakeLists.txt").write_text("\n".join([*header, functions, *rest]))
    # A copy, since a link would be installed as one, and installed into.
    shutil.copytree(ROOT / "kinest_ros", source / "kinest_ros")
    for name in ("scripts", "launch", "config", "rviz", "foxglove", "msg"):
        (source / name).symlink_to(ROOT / name)
    prefix = tmp_path / "prefix"
    configure = ("-DPYTHON_INSTALL_DIR=lib/python", f"-DCMAKE_INSTALL_PREFIX={prefix}")
    for command in (
        (cmake, "-S", source, "-B", tmp_path / "build", *configure),
        (cmake, "--build", tmp_path / "build"),
        (cmake, "--install", tmp_path / "build"),
    ):
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
    for folder in ("lib/kinest_ros", "bin"):
        for script in ("kinest", "kinest_node"):
            installed = prefix / folder / script
            assert installed.read_bytes() == (ROOT / "scripts" / script).read_bytes()
            assert os.access(installed, os.X_OK)
    assert (prefix / "share/kinest_ros/launch/kinest.launch.py").is_file()
    native = sorted((prefix / "lib/python/kinest_ros/runtime/native").glob("*.[cs]*"))
    assert [file.name for file in native] == (["_step.so"] if compiler else [])
    for library in native:
        assert ctypes.CDLL(str(library)).kinest_layout() == LAYOUT


def test_every_package_folder_is_a_package():
    """A folder without __init__.py would be left out of the wheel."""
    folders = {file.parent for file in (ROOT / "kinest_ros").rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


def test_all_weights_have_a_config_and_a_model_card():
    folder = ROOT / "kinest_ros" / "weights"
    weights = sorted(folder.glob("*.safetensors"))
    assert weights, "the default weights are missing"
    for file in weights:
        assert file.with_suffix(".json").exists(), f"{file.name} has no config"
        card = file.with_suffix(".md").read_text(encoding="utf-8")
        for part in ("Trained on", "Terms of use", "Accuracy"):
            assert part in card, f"the card of {file.name} says nothing of: {part}"


def test_nothing_is_too_large_for_a_repository():
    files = shipped_files()
    assert len(files) > 30
    assert [str(file) for file in files if file.stat().st_size > MAX_BYTES] == []


def test_every_source_file_names_its_licence():
    sources = [file for file in shipped_files() if file.suffix in {".py", ".cmake", ".c", ".h"}]
    unmarked = [
        str(file.relative_to(ROOT))
        for file in sources
        if "SPDX-License-Identifier: Apache-2.0" not in file.read_text(encoding="utf-8")[:200]
    ]
    assert unmarked == []
