# SPDX-License-Identifier: Apache-2.0
"""One step of StreamingKineST as an ONNX model, its state as inputs and outputs."""

from __future__ import annotations

import json

import onnx

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.onnx.blocks import BlockWriter
from kinest_ros.runtime.onnx.graph import OnnxGraph
from kinest_ros.runtime.onnx.names import BATCH, FORMAT, OUTPUTS


def step_model(model: StreamingKineST) -> onnx.ModelProto:
    """Return the step of a network as an ONNX model.

    Inputs are `features` (bodies, num_features) and each state NAME (bodies, ...), zero for a new
    stream; outputs are those of NetworkOutput and each state as next_NAME, all float32. The
    metadata say which weights these are, and the network's shape.
    """
    graph = OnnxGraph()
    features = graph.input("features", (BATCH, model.config.num_features))
    writer = BlockWriter(graph)
    x = writer.linear(model.input_fc, features)
    for index, block in enumerate(model.temporal):
        x = writer.block(f"temporal{index}", block, x)  # type: ignore[arg-type]
    for index, block in enumerate(model.kinematic):
        x = writer.block(f"kinematic{index}", block, x)  # type: ignore[arg-type]
    x = writer.layer_norm(model.output_norm, x)
    graph.output(
        "rotations_6d", writer.linear(model.output_fc, x), (BATCH, OUTPUTS["rotations_6d"])
    )
    extra = graph.split(writer.linear(model.extra_fc, x), (2, NUM_JOINTS))
    for name, value in zip(("contact_logits", "log_variance"), extra, strict=True):
        graph.output(name, value, (BATCH, OUTPUTS[name]))
    return graph.build(
        {
            "format": FORMAT,
            "weights": model.weights_name,
            "weights_hash": model.weights_hash,
            "model": json.dumps(model.config.to_dict()),
        }
    )
