# SPDX-License-Identifier: Apache-2.0
"""Arrays out of a pickle, without running what is in it and without the libraries that wrote it.

SMPL's original .pkl files come from Python 2 and hold chumpy and scipy.sparse objects. chumpy no
longer installs, and unpickling a stranger's file runs its code. So every class but numpy's arrays
becomes a bag of attributes here, and the arrays are taken out of those.
"""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from kinest_ros.errors import KinestError


class _Attributes:
    """Stands for an object of a class that is not loaded."""

    class_name = ""

    def __new__(cls, *_args: Any, **_kwargs: Any) -> _Attributes:
        return object.__new__(cls)

    def __init__(self, *_args: Any, **_kwargs: Any) -> None:
        pass

    def __setstate__(self, state: Any) -> None:
        if isinstance(state, dict):
            self.__dict__.update(state)

    def __setitem__(self, _key: Any, _value: Any) -> None:
        """Ignore the items that a pickled subclass of dict brings."""

    def append(self, _value: Any) -> None:
        """Ignore the items that a pickled subclass of list brings."""


def _encode(text: str, _encoding: str = "latin1") -> bytes:
    """Return the bytes that Python 3 writes as latin-1 text into old pickle protocols."""
    return text.encode("latin1")


# The constructors that numpy's own pickles name, whatever module they live in by version.
_HARMLESS: dict[str, Any] = {
    "numpy ndarray": np.ndarray,
    "numpy dtype": np.dtype,
    "_codecs encode": _encode,
    "copyreg _reconstructor": copyreg._reconstructor,  # type: ignore[attr-defined]
    "copy_reg _reconstructor": copyreg._reconstructor,  # type: ignore[attr-defined]
    "builtins object": object,
    "__builtin__ object": object,
}
for _module in ("numpy.core", "numpy._core"):
    _HARMLESS[f"{_module}.multiarray _reconstruct"] = np.empty(0).__reduce__()[0]
    _HARMLESS[f"{_module}.multiarray scalar"] = np.float64(0).__reduce__()[0]
    _HARMLESS[f"{_module}.numeric _frombuffer"] = np.empty(1).__reduce_ex__(5)[0]


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        found: Callable[..., Any] | None = _HARMLESS.get(f"{module} {name}")
        if found is not None:
            return found
        return type(name, (_Attributes,), {"class_name": f"{module}.{name}"})


def read_pickled_arrays(path: str | Path, keys: Sequence[str]) -> dict[str, np.ndarray]:
    """Return arrays of a pickled dictionary.

    Args:
        path: the pickle.
        keys: wanted entries: numpy arrays, scipy sparse matrices or chumpy arrays.

    Returns:
        An array for each wanted key that is there, and an empty one for every other key.

    Raises:
        KinestError: not a pickled dictionary, or a wanted entry of a class that cannot be read.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = _ArrayUnpickler(file, encoding="latin1").load()
    except Exception as error:  # a damaged pickle can raise nearly anything
        raise KinestError(f"{path} is not a readable pickle: {error}") from error
    if not isinstance(content, dict):
        raise KinestError(f"{path} does not hold a dictionary of arrays")
    arrays = {}
    for key, value in content.items():
        name = str(key)
        try:
            arrays[name] = _array(value) if name in keys else np.empty(0)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            kind = getattr(value, "class_name", type(value).__name__)
            raise KinestError(
                f"{path}: {name} is a {kind}, which cannot be read as an array ({error}). Convert "
                "the file with smplx's tools/clean_ch.py, or use the .npz file of the model"
            ) from error
    return arrays


def _array(value: Any) -> np.ndarray:
    if not isinstance(value, _Attributes):
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise ValueError(f"its values are of type {array.dtype}")
        return array
    kind = value.class_name.rpartition(".")[2]
    state = value.__dict__
    if kind.startswith(("csc", "csr")):
        matrix = getattr(sparse, kind[:3] + "_matrix")
        parts = (state["data"], state["indices"], state["indptr"])
        loaded = matrix(parts, shape=state["_shape"])
        loaded.check_format(full_check=True)  # a bad index would reach outside the array
        dense: np.ndarray = loaded.toarray()
        return dense
    if kind == "Ch":
        return _array(state["x"])
    if kind == "Select":  # chumpy's indexing: entries of a flattened array, in a new shape
        chosen = _array(state["a"]).ravel()[np.asarray(state["idxs"])]
        values: np.ndarray = chosen.reshape(state.get("preferred_shape", chosen.shape))
        return values
    raise ValueError("unknown class")
