# SPDX-License-Identifier: Apache-2.0
"""Weights files: saved, loaded, and refused when something is wrong with them."""

import json
import subprocess
import sys

import pytest
import torch

from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.device import resolve_device
from kinest_ros.model.network import load_network
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.model.weights import load_model, save_model
from kinest_ros.model.weights_file import weights_path
from kinest_ros.runtime.choose import make_runtime


@pytest.fixture()
def saved(tmp_path):
    torch.manual_seed(0)
    model = StreamingKineST(StreamingConfig.tiny()).eval()
    return model, save_model(model, tmp_path / "mine.safetensors", {"steps": 1})


def test_round_trip(saved):
    model, path = saved
    loaded = load_model(path)
    assert loaded.config == model.config
    assert loaded.weights_name == "mine"
    assert len(loaded.weights_hash) == 12
    for name, value in model.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value)
    assert not any(p.requires_grad for p in loaded.parameters())


def test_weights_below_home(saved, monkeypatch):
    _, path = saved
    monkeypatch.setenv("HOME", str(path.parent))
    assert weights_path(f"~/{path.name}") == path


def test_errors_name_the_file_and_the_fix(saved, tmp_path):
    _, path = saved
    with pytest.raises(KinestError, match=r"nothing\.safetensors.*not found"):
        load_model(tmp_path / "nothing.safetensors")
    with pytest.raises(KinestError, match="there is:"):
        load_model("no_such_bundled_name")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(KinestError, match=r"mine\.safetensors cannot be loaded"):
        load_model(path)
    shape = path.with_suffix(".json")
    described = json.loads(shape.read_text())
    shape.write_text(json.dumps({**described, "format": "other/9"}))
    with pytest.raises(KinestError, match="other/9"):
        load_model(path)
    shape.unlink()
    with pytest.raises(KinestError, match=r"mine\.json"):
        load_model(path)


def test_weights_of_another_shape_are_refused(saved):
    _, path = saved
    shape = path.with_suffix(".json")
    described = json.loads(shape.read_text())
    described["model"]["width"] = 48
    shape.write_text(json.dumps(described))
    with pytest.raises(KinestError, match="cannot be loaded"):
        load_model(path)


@pytest.mark.parametrize("runtime", ["auto", "torch"])
@pytest.mark.parametrize(
    "change",
    [{"width": 48}, {"joint_width": 16}, {"bottleneck": 64}, {"temporal_blocks": 2},
     {"kinematic_blocks": 0}],
)  # fmt: skip
def test_weights_of_another_shape_do_not_run(saved, change, runtime):
    """Read as arrays they are only compared with their description when something is to run."""
    _, path = saved
    shape = path.with_suffix(".json")
    described = json.loads(shape.read_text())
    described["model"].update(change)
    shape.write_text(json.dumps(described))
    with pytest.raises(KinestError, match=r"mine\.safetensors cannot be loaded"):
        make_runtime(load_network(path), runtime)


def test_descriptions_of_before(saved):
    _, path = saved
    shape = path.with_suffix(".json")
    described = json.loads(shape.read_text())
    described["model"]["tokens"] = "projected"
    shape.write_text(json.dumps(described))
    assert load_network(path).config == load_model(path).config
    described["model"]["tokens"] = "joints"
    shape.write_text(json.dumps(described))
    for load in (load_network, load_model):
        with pytest.raises(KinestError, match=r"mine\.safetensors cannot be loaded.*joint tokens"):
            load(path)


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") in ("cpu", "cuda")
    with pytest.raises(KinestError, match="tpu"):
        resolve_device("tpu")
    if not torch.cuda.is_available():
        with pytest.raises(KinestError, match="no CUDA device"):
            resolve_device("cuda")


def test_loading_weights_leaves_the_compiler_alone():
    """It takes as long to import as all the rest; looking at shapes must not need it."""
    code = (
        "import sys; from kinest_ros.model.weights import load_model; load_model('default')\n"
        "heavy = {'torch._dynamo', 'torch._inductor', 'sympy'} & sys.modules.keys()\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
