# SPDX-License-Identifier: Apache-2.0
"""An exported step with 8-bit weights: smaller, and further from the network it came from."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import onnx


def with_int8_weights(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return the model with the weights of its products as int8, one scale a column.

    ONNX Runtime's dynamic quantisation: the other factor of each product is rounded to 8 bits on
    the fly; everything else, the state above all, stays float32.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Its advice to optimise the graph first is for graphs that nobody has laid out by hand.
    logging.getLogger().addFilter(lambda record: "pre-processing" not in record.getMessage())
    with tempfile.TemporaryDirectory() as folder:
        plain, small = Path(folder) / "plain.onnx", Path(folder) / "small.onnx"
        onnx.save(model, plain)
        quantize_dynamic(
            plain,
            small,
            per_channel=True,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["MatMul"],
        )
        return onnx.load(small)
