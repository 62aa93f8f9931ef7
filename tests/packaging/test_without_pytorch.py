# SPDX-License-Identifier: Apache-2.0
"""Where the compiled step runs, the node, replay and a fleet do without PyTorch and SciPy.

Those take longer to load than all else, and more memory than all else.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from kinest_ros.bags.reader import read_bodies
from kinest_ros.model.device import _has_driver
from kinest_ros.runtime.native.library import compiled
from tests.node.node_process import NodeProcess

pytestmark = [
    pytest.mark.skipif(not compiled(), reason="the step is not compiled here"),
    pytest.mark.skipif(_has_driver(), reason="a device might run the network: PyTorch is asked"),
]
#: Runs a command where neither can be imported.
_WITHOUT = """
import sys
sys.modules.update(torch=None, scipy=None)
from kinest_ros.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def bag(tmp_path_factory):
    path = tmp_path_factory.mktemp("bag") / "poses"
    _run("synth", "--out", path, "--duration", 1, code="from kinest_ros.cli.main import main; "
         "import sys; sys.exit(main(sys.argv[1:]))")  # fmt: skip
    return path


def _run(*words, code=_WITHOUT):
    command = [sys.executable, "-c", code, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_one_bag_and_a_fleet(bag, tmp_path):
    _run("replay", bag, "--out", tmp_path / "one")
    _run("replay", bag, "--out", tmp_path / "many", "--jobs", 1)
    one, fleet = read_bodies(tmp_path / "one"), read_bodies(tmp_path / "many" / "bodies" / "poses")
    assert len(one) > 40
    np.testing.assert_array_equal(one.positions, fleet.positions)


def test_the_node():
    with NodeProcess("autostart:=true", fresh=True) as node:
        node.wait_for_log("[kinest]: active")
        mapped = Path(f"/proc/{node.process.pid}/maps").read_text()
        loaded = {name for name in ("libtorch", "/scipy/", "onnxruntime") if name in mapped}
        assert (loaded, "_step" in mapped) == (set(), True)
