# SPDX-License-Identifier: Apache-2.0
"""Nothing in the package runs what a file says, starts a shell, or reads without a bound."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import kinest_ros

ROOT = Path(kinest_ros.__file__).parent

#: What no module may use, by the name it is called or imported by.
FORBIDDEN = {
    "pickle", "marshal", "shelve", "dill", "joblib", "cloudpickle", "eval", "exec", "compile",
    "__import__", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load", "yaml.full_load",
    "tempfile.mktemp", "np.load", "numpy.load", "np.fromfile", "torch.load", "xml",
    "json.load", "json.loads", "yaml.safe_load", ".read_text", ".read_bytes", "shell=True",
}  # fmt: skip
#: Where it is used all the same, how often, and why that is harmless.
ALLOWED: dict[str, dict[str, int]] = {
    # Classes are never loaded: all but numpy's arrays become bags of attributes.
    "body/pickled_arrays.py": {"pickle": 1},
    # The error's class alone; torch.load with weights_only=True runs nothing.
    "model/published/checkpoint.py": {"pickle": 1, "torch.load": 1},
    "training/trainer.py": {"torch.load": 2},
    # The plain loader, which refuses aliases; sizes are bounded here.
    "files/bounded.py": {"yaml.load": 1, "json.loads": 1},
    # Files of the package itself, logs of processes that we started, and /proc.
    "bags/types.py": {".read_text": 1},
    "cli/main.py": {".read_text": 1},
    "demo/processes.py": {".read_text": 2},
    "bench/live.py": {".read_text": 2},
    "bench/machine.py": {".read_text": 2},
    "bench/web_probe.py": {".read_text": 1},
    "web/site.py": {".read_bytes": 1},
    # What its own processes say.
    "bench/training_processes.py": {"json.loads": 1},
    # Its own journal of results, line by line; what was just written by json.dumps.
    "fleet/results.py": {"json.loads": 2, ".read_bytes": 1},
    "fleet/run.py": {"json.loads": 1},
    # Hashed, and never read.
    "fleet/ray_cluster.py": {"pickle": 1},
    # Its own certificate.
    "web/certificate.py": {".read_bytes": 1},
    # A cut database, as large as its bag, which is read whole otherwise too.
    "bags/salvage_sqlite.py": {".read_bytes": 1},
    # Bounded in size, and refused with entities of its own.
    "retarget/robot/loading.py": {"xml": 1},
    "retarget/robot/mjcf_tree.py": {"xml": 1},  # included files: bounded, no entities
    "retarget/robot/robot.py": {"xml": 1},
    # Written for others, and never read.
    "retarget/files/tables.py": {"pickle": 1},
    # Written there, and never read.
    "human_description/urdf.py": {"xml": 1},
    # Its own weights file, after it was read within bounds.
    "model/published/baseline.py": {".read_bytes": 1},
}  # fmt: skip


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return f"{before}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def used(source: str) -> Counter[str]:
    """Return how often a module uses what is forbidden."""
    found: Counter[str] = Counter()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").partition(".")[0]]
        elif isinstance(node, ast.Call):
            name = _dotted(node.func)
            names = [name]
            if isinstance(node.func, ast.Attribute):
                names.append(f".{node.func.attr}")
            for keyword in node.keywords:
                if keyword.arg == "shell" and ast.unparse(keyword.value) != "False":
                    names.append("shell=True")
        else:
            continue
        found.update({name for name in names if name in FORBIDDEN})
    return found


def test_nothing_forbidden_is_used():
    found = {str(path.relative_to(ROOT)): used(path.read_text()) for path in ROOT.rglob("*.py")}
    assert {name: dict(uses) for name, uses in found.items() if uses} == ALLOWED


def test_torch_loads_weights_only():
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and _dotted(node.func) == "torch.load":
                given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert given.get("weights_only") == "True", path


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import pickle", "pickle"),
        ("from pickle import loads", "pickle"),
        ("eval(text)", "eval"),
        ("yaml.load(text, Loader=yaml.Loader)", "yaml.load"),
        ("subprocess.run(text, shell=True)", "shell=True"),
        ("np.load(path, allow_pickle=True)", "np.load"),
        ("Path(path).read_text()", ".read_text"),
        ("(folder / name).read_bytes()", ".read_bytes"),
        ("import xml.etree.ElementTree as tree", "xml"),
    ],
)
def test_it_would_be_found(source, name):
    assert used(source)[name] == 1
