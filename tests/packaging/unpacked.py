# SPDX-License-Identifier: Apache-2.0
"""What an installation from a wheel says of its runtimes."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

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


def runtimes(wheel: zipfile.ZipFile, folder: Path) -> list[str]:
    """Unpack a wheel into a new folder and ask it from elsewhere.

    Returns:
        How auto runs, and "native" or why that cannot be had.
    """
    wheel.extractall(folder / "site")
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
    return said
