# SPDX-License-Identifier: Apache-2.0
"""The compiled step: a body gets the same whatever its neighbours, other threads or bad input."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kinest_ros.errors import KinestError
from kinest_ros.model.weights import load_model
from kinest_ros.runtime.eager import TorchRuntime
from kinest_ros.runtime.native import library, pack
from kinest_ros.runtime.native.session import NativeRuntime
from tests.runtime.networks import random_network
from tests.search import examples

pytestmark = pytest.mark.skipif(
    not library.compiled(), reason="the step is not compiled here: make setup"
)


@pytest.fixture(scope="module")
def model():
    return random_network()


def _features(count, bodies, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, bodies, 105)).astype(np.float32)


def _stepped(runtime, features, active=None):
    steps = zip(features, [None] * len(features) if active is None else active, strict=True)
    return np.stack([np.concatenate(runtime.step(f, a), axis=1) for f, a in steps])


@settings(max_examples=examples(20))
@given(st.integers(1, 70), st.integers(0, 1000))
def test_each_body_to_the_bit_as_if_alone(model, bodies, seed):
    """More than are stepped at once, and any of them; see TOGETHER in shape.h."""
    features = _features(6, bodies, seed)
    rng = np.random.default_rng(seed)
    active = rng.random((6, bodies)) < rng.choice((0.1, 0.5, 1.0))
    together = _stepped(NativeRuntime(model, bodies), features, active)
    for body in rng.choice(bodies, min(bodies, 4), replace=False):
        came = active[:, body]
        alone = _stepped(NativeRuntime(model), features[came, body : body + 1]) if came.any() else 0
        np.testing.assert_array_equal(together[came, body : body + 1], alone)


def test_32_bodies_of_the_default_weights_are_the_reference():
    model = load_model("default")
    features = _features(5, 32)
    expected = _stepped(TorchRuntime(model, bodies=32), features)
    np.testing.assert_allclose(_stepped(NativeRuntime(model, 32), features), expected, atol=1e-4)


def test_no_body_has_a_frame(model):
    runtime, features = NativeRuntime(model, 2), _features(3, 2)
    first = _stepped(runtime, features[:1])
    _stepped(runtime, features[1:2], np.zeros((1, 2), bool))
    again = NativeRuntime(model, 2)
    np.testing.assert_array_equal(_stepped(again, features[:1]), first)
    np.testing.assert_array_equal(_stepped(runtime, features[2:]), _stepped(again, features[2:]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", [0, 57, 104])
def test_what_is_not_finite_stays_so_and_with_its_body(model, value, where):
    features = _features(4, 3)
    expected = _stepped(NativeRuntime(model, 3), features)
    features[1, 1, where] = value
    runtime = NativeRuntime(model, 3)
    got = _stepped(runtime, features)
    np.testing.assert_array_equal(got[:, ::2], expected[:, ::2])
    np.testing.assert_array_equal(got[0], expected[0])
    # As in the reference: in the state, and so from then on in every output.
    assert not np.isfinite(got[1:, 1]).any()
    runtime.reset(1)
    clean = _stepped(runtime, _features(4, 3))
    np.testing.assert_array_equal(clean[:, 1], expected[:, 1])


def test_two_runtimes_in_two_threads_do_not_meet():
    model = load_model("default")
    features = {name: _features(150, 1, name) for name in (1, 2)}
    expected = {name: _stepped(NativeRuntime(model), own) for name, own in features.items()}
    got = {}
    begin = threading.Barrier(2)

    def work(name):
        runtime = NativeRuntime(model)
        begin.wait()
        got[name] = _stepped(runtime, features[name])

    threads = [threading.Thread(target=work, args=(name,)) for name in features]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in features:
        np.testing.assert_array_equal(got[name], expected[name])


def test_both_sides_agree_on_sizes_and_layout(model):
    shape = pack.shape_of(model)
    assert len(pack.packed(model)) == library.library().kinest_weights_size(shape)


def test_a_library_of_other_sources_is_refused(monkeypatch):
    monkeypatch.setattr(library, "LAYOUT", library.LAYOUT + 1)
    library.library.cache_clear()
    try:
        with pytest.raises(KinestError, match=r"compiled of other sources.*make setup"):
            library.library()
    finally:
        library.library.cache_clear()


def test_a_library_that_cannot_be_loaded_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(library, "__file__", str(tmp_path / "library.py"))
    library.library.cache_clear()
    try:
        with pytest.raises(KinestError, match=r"was not compiled.*use runtime onnx"):
            library.library()
        (tmp_path / "_step.so").write_bytes(b"not a library")
        with pytest.raises(KinestError, match="cannot be loaded"):
            library.library()
    finally:
        library.library.cache_clear()


def test_the_step_for_any_processor_is_the_same():
    """The one that a machine without AVX2 gets; only the rounding of products differs."""
    model = load_model("default")
    features = _features(20, 5)
    expected = _stepped(NativeRuntime(model, 5), features)
    runtime = NativeRuntime(model, 5)
    plain = library.library().kinest_step_any
    plain.argtypes, plain.restype = runtime._step.argtypes, None
    runtime._step = plain
    np.testing.assert_allclose(_stepped(runtime, features), expected, rtol=0, atol=1e-4)
