# SPDX-License-Identifier: Apache-2.0
"""Arrays out of pickles: with chumpy's and scipy's classes, and never running anything."""

from __future__ import annotations

import os
import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from kinest_ros.body.pickled_arrays import read_pickled_arrays
from kinest_ros.errors import KinestError


@pytest.fixture
def chumpy() -> Iterator[types.SimpleNamespace]:
    """Stand-ins for chumpy's classes, importable only while the pickle is written."""
    made = {}
    for module, name in (
        ("chumpy.ch", "Ch"),
        ("chumpy.reordering", "Select"),
        ("chumpy.ch", "Add"),
    ):
        made[name] = type(name, (), {"__module__": module})
        sys.modules.setdefault("chumpy", types.ModuleType("chumpy"))
        holder = sys.modules.setdefault(module, types.ModuleType(module))
        setattr(holder, name, made[name])
    yield types.SimpleNamespace(**made)
    for module in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        sys.modules.pop(module, None)


def forget_chumpy() -> None:
    for module in ("chumpy", "chumpy.ch", "chumpy.reordering"):
        sys.modules.pop(module, None)


def write(folder: Path, content: Any, protocol: int = 2) -> Path:
    path = folder / "model.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("order", ["C", "F"])
def test_numpy_arrays_of_every_protocol(tmp_path: Path, protocol: int, order: str) -> None:
    values = np.asarray(np.random.default_rng(0).normal(size=(5, 3, 2)), order=order)
    path = write(tmp_path, {"a": values, "n": np.arange(4, dtype=np.uint32)}, protocol)
    arrays = read_pickled_arrays(path, ("a", "n"))
    assert np.array_equal(arrays["a"], values)
    assert np.array_equal(arrays["n"], np.arange(4))


@pytest.mark.parametrize("kind", [sparse.csc_matrix, sparse.csr_matrix, sparse.csc_array])
def test_sparse_matrices(tmp_path: Path, kind: Any) -> None:
    dense = np.diag([1.0, 2.0, 0.0, 4.0])[:, :3]
    path = write(tmp_path, {"J": kind(dense)})
    assert np.array_equal(read_pickled_arrays(path, ("J",))["J"], dense)


def test_a_sparse_matrix_that_points_outside_itself(tmp_path: Path) -> None:
    matrix = sparse.csc_matrix(np.eye(3))
    matrix.indices[:] = 1_000_000
    with pytest.raises(KinestError, match=r"model\.pkl: J is a .*csc_matrix"):
        read_pickled_arrays(write(tmp_path, {"J": matrix}), ("J",))


def test_chumpy_arrays_without_chumpy(tmp_path: Path, chumpy: types.SimpleNamespace) -> None:
    values = np.arange(24.0).reshape(4, 3, 2)
    leaf, picked = chumpy.Ch(), chumpy.Select()
    leaf.__dict__.update(x=values, _dirty_vars=set())
    picked.__dict__.update(a=leaf, idxs=np.arange(0, 24, 2), preferred_shape=(4, 3))
    path = write(tmp_path, {"shapedirs": leaf, "first": picked})
    forget_chumpy()
    arrays = read_pickled_arrays(path, ("shapedirs", "first"))
    assert np.array_equal(arrays["shapedirs"], values)
    assert np.array_equal(arrays["first"], values[..., 0])


def test_a_chumpy_expression_says_how_to_convert(
    tmp_path: Path, chumpy: types.SimpleNamespace
) -> None:
    path = write(tmp_path, {"shapedirs": chumpy.Add()})
    forget_chumpy()
    with pytest.raises(KinestError, match=r"shapedirs is a chumpy\.ch\.Add.*clean_ch\.py"):
        read_pickled_arrays(path, ("shapedirs",))


@pytest.mark.parametrize("state", [{}, {"x": "text"}, {"x": None}])
def test_a_chumpy_array_without_its_values(
    tmp_path: Path, chumpy: types.SimpleNamespace, state: dict[str, Any]
) -> None:
    leaf = chumpy.Ch()
    leaf.__dict__.update(state or {"unused": 1})
    path = write(tmp_path, {"shapedirs": leaf})
    forget_chumpy()
    with pytest.raises(KinestError, match=r"shapedirs is a chumpy\.ch\.Ch"):
        read_pickled_arrays(path, ("shapedirs",))


class Harmful:
    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.marker}",)


@pytest.mark.parametrize("key", ["a", "other"])
def test_nothing_in_the_pickle_is_run(tmp_path: Path, key: str) -> None:
    marker = tmp_path / "was_here"
    path = write(tmp_path, {key: Harmful(marker), "b": np.ones(2)})
    if key == "a":
        with pytest.raises(KinestError, match="a is a "):
            read_pickled_arrays(path, ("a", "b"))
    else:
        assert np.array_equal(read_pickled_arrays(path, ("a", "b"))["b"], np.ones(2))
    assert not marker.exists()
    pickle.loads(path.read_bytes())
    assert marker.exists()  # the file does harm where it is trusted


def test_keys_that_are_not_wanted_stay_names(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": np.ones(3), "f": OrderedDict(x=1), "s": "text", 7: None})
    arrays = read_pickled_arrays(path, ("a", "z"))
    assert set(arrays) == {"a", "f", "s", "7"}
    assert arrays["f"].size == 0


@pytest.mark.parametrize("content", [[1, 2], "text", OrderedDict(a=1), None])
def test_something_else_than_a_dictionary(tmp_path: Path, content: Any) -> None:
    with pytest.raises(KinestError, match=r"model\.pkl does not hold a dictionary"):
        read_pickled_arrays(write(tmp_path, content), ("a",))


@pytest.mark.parametrize("value", [{"x": 1}, "text", None, [[1.0], [1.0, 2.0]], np.array(["a"])])
def test_a_wanted_entry_that_is_no_array(tmp_path: Path, value: Any) -> None:
    with pytest.raises(KinestError, match=r"model\.pkl: a is a "):
        read_pickled_arrays(write(tmp_path, {"a": value}), ("a",))


def test_a_damaged_pickle_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, {"a": np.ones((50, 3))})
    whole = path.read_bytes()
    for content in (b"", b"\x80\x02cut", whole[: len(whole) // 2], b"\xff" + whole[1:]):
        path.write_bytes(content)
        with pytest.raises(KinestError, match=r"model\.pkl is not a readable pickle"):
            read_pickled_arrays(path, ("a",))
