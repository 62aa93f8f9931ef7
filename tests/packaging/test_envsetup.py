# SPDX-License-Identifier: Apache-2.0
"""The parts of `make setup` that decide what is done again and what the user is told."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.envsetup import checks, native, packages, report, share
from tools.envsetup.stamp import Stamps, digest

ROOT = Path(__file__).resolve().parents[2]


def test_digest_follows_contents_names_and_extras(tmp_path):
    (tmp_path / "a.msg").write_text("bool x")
    first = digest(tmp_path, ["*.msg"])
    assert digest(tmp_path, ["*.msg"]) == first
    assert digest(tmp_path, ["*.msg"], "rclpy 1") != first
    (tmp_path / "a.msg").rename(tmp_path / "b.msg")
    renamed = digest(tmp_path, ["*.msg"])
    (tmp_path / "b.msg").write_text("bool y")
    assert len({first, renamed, digest(tmp_path, ["*.msg"])}) == 3


def test_a_step_holds_only_while_finished_from_the_same_inputs(tmp_path):
    path = tmp_path / "stamp.json"
    assert not Stamps(path).holds("build", "1")
    Stamps(path).finish("build", "1")
    assert Stamps(path).holds("build", "1")
    assert not Stamps(path).holds("build", "2")
    Stamps(path).begin("build")  # interrupted from here on
    assert not Stamps(path).holds("build", "1")


def _native_sources(folder):
    for name in ("setup.py", "kinest_ros/runtime/native"):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("*.so", "*.pyc"))
        else:
            shutil.copy(ROOT / name, target)
    return digest(folder, native.INPUTS)


@pytest.mark.skipif(checks.c_compiler() is None, reason="needs a C compiler")
def test_a_changed_c_file_is_compiled_again(tmp_path):
    before = _native_sources(tmp_path)
    assert not native.built(tmp_path)
    places = (tmp_path, Path(sys.prefix), tmp_path / "build", tmp_path / "log")
    native.build(*places)
    (first,) = (tmp_path / "kinest_ros" / "runtime" / "native").glob("_step*.so")
    made = first.read_bytes()
    source = tmp_path / "kinest_ros" / "runtime" / "native" / "native.c"
    written = source.stat().st_mtime
    source.write_text(source.read_text().replace('"AVX2"', '"AVX2, changed"'))
    os.utime(source, (written - 1e6, written - 1e6))  # as from an archive: older than the library
    assert digest(tmp_path, native.INPUTS) != before
    native.build(*places)
    assert first.read_bytes() != made


def test_without_a_compiler_setup_goes_on_and_says_so(tmp_path, monkeypatch, capsys):
    _native_sources(tmp_path)
    monkeypatch.setenv("CC", "/bin/false")
    native.build(tmp_path, Path(sys.prefix), tmp_path / "build", tmp_path / "log")
    assert not native.built(tmp_path)
    assert "the step was not compiled, and the network runs in ONNX" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["", "[]", '{"build": '])
def test_a_broken_stamp_file_means_nothing_is_done(tmp_path, content):
    path = tmp_path / "stamp.json"
    path.write_text(content)
    assert not Stamps(path).holds("build", "1")


def test_damage_is_a_missing_file_of_a_distribution(tmp_path):
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    info = site / "thing-1.2.dist-info"
    info.mkdir(parents=True)
    (info / "RECORD").write_text("thing.py,,\n__pycache__/thing.cpython-311.pyc,,\n../../x,,\n")
    (site / "thing.py").touch()
    assert packages.damaged(tmp_path) == ["thing==1.2"]
    (tmp_path / "lib" / "x").touch()
    assert packages.damaged(tmp_path) == []
    (info / "RECORD").unlink()
    assert packages.damaged(tmp_path) == ["thing==1.2"]


def test_a_failing_command_is_reported_by_its_own_words(tmp_path):
    noise = "WARNING: Location 'file:///x' is ignored: it is either a non-existing path"
    code = f"import sys; print({noise!r}); print('ERROR: no such thing'); sys.exit(3)"
    with pytest.raises(report.SetupError, match="could not install") as caught:
        report.run([sys.executable, "-S", "-c", code], tmp_path / "log", "could not install")
    assert "ERROR: no such thing" in str(caught.value)
    assert "Location" not in str(caught.value)
    assert "[3 after" in (tmp_path / "log").read_text()


def test_other_environments_do_not_leak_in(monkeypatch):
    monkeypatch.setenv("AMENT_PREFIX_PATH", "/opt/ros/jazzy")
    monkeypatch.setenv("_ROS_WHEELS_BOOTSTRAP_COMPLETE", "1")
    monkeypatch.setenv("HTTP_PROXY", "kept")
    environment = report.clean_environment(CMAKE_PREFIX_PATH="ours")
    assert "AMENT_PREFIX_PATH" not in environment
    assert "_ROS_WHEELS_BOOTSTRAP_COMPLETE" not in environment
    assert (environment["HTTP_PROXY"], environment["CMAKE_PREFIX_PATH"]) == ("kept", "ours")


@pytest.mark.parametrize(
    ("system", "machine", "libc"),
    [
        ("Darwin", "arm64", ("", "")),
        ("Linux", "aarch64", ("glibc", "2.36")),
        ("Linux", "x86_64", ("glibc", "2.17")),
        ("Linux", "x86_64", ("", "")),
    ],
)
def test_platforms_without_wheels_are_told_the_other_routes(monkeypatch, system, machine, libc):
    monkeypatch.setattr(checks.platform, "system", lambda: system)
    monkeypatch.setattr(checks.platform, "machine", lambda: machine)
    monkeypatch.setattr(checks.platform, "libc_ver", lambda: libc)
    with pytest.raises(report.SetupError, match="colcon"):
        checks.check_platform()


def test_missing_python_headers_are_named_with_the_apt_line(monkeypatch, tmp_path):
    monkeypatch.setattr(checks.sysconfig, "get_path", lambda name: str(tmp_path))
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    with pytest.raises(report.SetupError, match=f"sudo apt install {version}-dev"):
        checks.check_python()


def test_no_compiler_is_seen(monkeypatch, tmp_path):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert checks.cxx_compiler() is None


def test_continuous_integration_needs_no_terminal():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", str(script)], check=False).returncode == 0
    text = script.read_text()
    assert text.index("make test") < text.index("make lint")


def test_the_package_is_whole_where_the_index_says_it_is(tmp_path):
    """`ros2 launch` looks for files in share/<package>, launch for executables in lib/<package>."""
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    for name in share.EXECUTABLES:
        (venv / "bin" / name).touch()
    assert share.link(ROOT, venv)
    # As ros2launch searches: linked folders are not gone into.
    found = {
        Path(folder, name).relative_to(venv)
        for folder, _, names in os.walk(venv)
        for name in names
        if Path(folder, name).exists()
    }
    for file in ("launch/kinest.launch.py", "config/kinest.yaml", "rviz/kinest.rviz"):
        assert Path("share/kinest_ros", file) in found
    assert Path("lib/kinest_ros/kinest_node") in found
    assert not share.link(ROOT, venv)  # all is there

    gone = venv / "share" / "kinest_ros" / "config" / "gone.yaml"
    gone.symlink_to(tmp_path / "gone.yaml")
    (venv / "lib" / "kinest_ros" / "kinest").unlink()
    assert share.link(ROOT, venv)
    assert not gone.is_symlink()
    assert (venv / "lib" / "kinest_ros" / "kinest").exists()


def test_folders_of_the_package_are_those_that_colcon_installs():
    cmake = (ROOT / "CMakeLists.txt").read_text()
    assert f"install(DIRECTORY {' '.join(share.FOLDERS)}" in cmake
