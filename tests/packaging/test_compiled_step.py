# SPDX-License-Identifier: Apache-2.0
"""The network's step is compiled on installation; test_contents.py: where there is no compiler."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.test_contents import LOCAL, ROOT
from tests.packaging.unpacked import runtimes


def _source(folder: Path) -> Path:
    """Copy the checkout without what was built in it."""
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.so", "*.egg-info", "tests", *LOCAL)
    shutil.copytree(ROOT, source, ignore=ignored)
    return source


def _wheel(folder: Path) -> zipfile.ZipFile:
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-q")
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", folder, _source(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_with_a_compiler_auto_is_the_compiled_step(tmp_path):
    wheel = _wheel(tmp_path)
    described, name = runtimes(wheel, tmp_path)
    assert described.startswith("native (compiled, ")
    assert name == "native"
    files = wheel.namelist()
    assert [file for file in files if "runtime/native/_step" in file and file.endswith(".so")]
    assert [file for file in files if file.endswith((".c", ".h"))] == []
    # What it was compiled for is no processor's own.
    assert "-march" not in (ROOT / "setup.py").read_text().partition("extra_compile_args=")[2][:99]


@pytest.mark.slow
def test_the_sources_are_in_a_source_distribution(tmp_path):
    source = _source(tmp_path)
    made = subprocess.run(
        [sys.executable, "setup.py", "-q", "sdist", "-d", str(tmp_path)],
        cwd=source, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for file in (ROOT / "kinest_ros" / "runtime" / "native").glob("*.[ch]"):
        assert file.relative_to(ROOT).as_posix() in names
