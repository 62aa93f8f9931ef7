# SPDX-License-Identifier: Apache-2.0
"""Why the graph is written by hand: the same step in far fewer nodes than torch exports it."""

import numpy as np
import onnx
import pytest

from kinest_ros.runtime.onnx.names import OUTPUTS
from kinest_ros.runtime.onnx.session import session_of
from tests.runtime.networks import random_network
from tools.onnx_graphs import by_hand, by_torch


@pytest.mark.slow
def test_the_same_step_in_far_fewer_nodes():
    model = random_network()
    ours, theirs = by_hand(model), by_torch(model)
    features = np.random.default_rng(0).normal(size=(1, model.config.num_features))
    found = [first_step(graph, features.astype(np.float32)) for graph in (ours, theirs)]
    mine = [found[0][name] for name in OUTPUTS]
    for value, other in zip(mine, list(found[1].values())[: len(OUTPUTS)], strict=True):
        np.testing.assert_allclose(value, other, atol=1e-4)
    nodes = [len(onnx.load_from_string(graph).graph.node) for graph in (ours, theirs)]
    assert 3 * nodes[0] < nodes[1]


def first_step(graph, features):
    """Outputs by name of the first step of a stream."""
    session = session_of(graph)
    feeds = {"features": features}
    for given in session.get_inputs():
        shape = [size if isinstance(size, int) else 1 for size in given.shape]
        feeds.setdefault(given.name, np.zeros(shape, np.float32))
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))
