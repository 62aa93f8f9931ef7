# SPDX-License-Identifier: Apache-2.0
"""The network's step is compiled on installation, and everything is there without a compiler."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.test_contents import LOCAL, ROOT

#: What is asked of an installation: how auto runs, and whether native can be had.
_ASK = """
import numpy as np, kinest_ros
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.choose import make_runtime
model = StreamingKineST(StreamingConfig.tiny())
runtime = make_runtime(model)
runtime.step(np.ones((1, model.config.num_features), np.float32))
print(kinest_ros.__file__)
print(runtime.described)
try:
    print(make_runtime(model, "native").name)
except KinestError as error:
    print(error)
"""


def _source(folder: Path) -> Path:
    """Copy the checkout without what was built in it."""
    source = folder / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", "*.so", "*.egg-info", "tests", *LOCAL)
    shutil.copytree(ROOT, source, ignore=ignored)
    return source


def _installed(folder: Path, **environment: str) -> tuple[Path, list[str]]:
    """Build a wheel, unpack it, and ask it from elsewhere; return it and what it says."""
    options = ("--no-deps", "--no-build-isolation", "--disable-pip-version-check", "-q")
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "-w", folder, _source(folder)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    wheel = next(folder.glob("*.whl"))
    zipfile.ZipFile(wheel).extractall(folder / "site")
    asked = subprocess.run(
        [sys.executable, "-c", _ASK],
        env={**os.environ, "PYTHONPATH": str(folder / "site"), "OMP_NUM_THREADS": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    where, *said = asked.stdout.splitlines()
    assert where == str(folder / "site" / "kinest_ros" / "__init__.py")
    return wheel, said


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_with_a_compiler_auto_is_the_compiled_step(tmp_path):
    wheel, (described, name) = _installed(tmp_path)
    assert described.startswith("native (compiled, ")
    assert name == "native"
    files = zipfile.ZipFile(wheel).namelist()
    assert [file for file in files if "runtime/native/_step" in file and file.endswith(".so")]
    assert [file for file in files if file.endswith((".c", ".h"))] == []
    # What it was compiled for is no processor's own.
    assert "-march" not in (ROOT / "setup.py").read_text().partition("extra_compile_args=")[2][:99]


@pytest.mark.slow
def test_without_a_compiler_all_is_installed_but_that(tmp_path):
    wheel, (described, refused) = _installed(tmp_path, CC="/bin/false")
    assert described.startswith(("torch (fastest of ", "onnx (fastest of "))
    for said in (described, refused):
        assert "runtime native was not compiled: it is built on installation where there" in said
    assert not [file for file in zipfile.ZipFile(wheel).namelist() if file.endswith(".so")]


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
