# SPDX-License-Identifier: Apache-2.0
"""A small writer of ONNX graphs: each operator is one call that returns its output's name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

#: Everything used here is in it, and every ONNX Runtime of the last years reads it.
OPSET = 17
#: Newer versions of the file format are refused by older runtimes; nothing of them is needed.
IR_VERSION = 8


class OnnxGraph:
    """Collects nodes and constants, and builds the checked model."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._shared: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._renamed: dict[str, str] = {}

    def input(self, name: str, shape: Sequence[int | str]) -> str:
        """Declare a float input; strings are sizes that are free."""
        self._inputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        return name

    def output(self, name: str, value: str, shape: Sequence[int | str]) -> None:
        """Declare that a value leaves the graph as the float output of that name."""
        self._renamed[value] = name
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def constant(self, values: Any) -> str:
        """Return the name of a constant; float64 is stored as float32, integers as int64."""
        array = np.asarray(values)
        array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        # Shapes and axes recur; weights are large and never do.
        key = (array.dtype.str, array.shape, array.tobytes() if array.size < 1024 else b"")
        if array.size < 1024 and key in self._shared:
            return self._shared[key]
        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        if array.size < 1024:
            self._shared[key] = name
        return name

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator with one output."""
        return self.split_op(kind, 1, *inputs, **attributes)[0]

    def split_op(self, kind: str, outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """Add an operator with several outputs."""
        names = [f"v{len(self._nodes)}_{index}" for index in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def reshape(self, value: str, *shape: int) -> str:
        """Add a Reshape; 0 keeps a size and -1 is worked out."""
        return self.op("Reshape", value, self.constant(shape))

    def split(self, value: str, sizes: Sequence[int], axis: int = -1) -> list[str]:
        """Add a Split into pieces of the given sizes."""
        return self.split_op("Split", len(sizes), value, self.constant(sizes), axis=axis)

    def slice(self, value: str, start: int, stop: int, axis: int) -> str:
        """Add a Slice [start, stop) along an axis."""
        bounds = (self.constant([bound]) for bound in (start, stop, axis))
        return self.op("Slice", value, *bounds)

    def sum(self, value: str, axis: int) -> str:
        """Add a sum along an axis, which is dropped."""
        return self.op("ReduceSum", value, self.constant([axis]), keepdims=0)

    def silu(self, value: str) -> str:
        """Add x sigmoid(x)."""
        return self.op("Mul", value, self.op("Sigmoid", value))

    def linear(self, value: str, weight: np.ndarray, bias: np.ndarray | None = None) -> str:
        """Add x W^T + b with weight (out, in) and bias (out,)."""
        product = self.op("MatMul", value, self.constant(weight.T))
        return product if bias is None else self.op("Add", product, self.constant(bias))

    def layer_norm(self, value: str, weight: np.ndarray, bias: np.ndarray, epsilon: float) -> str:
        """Add a layer normalisation over the last axis."""
        scale, shift = self.constant(weight), self.constant(bias)
        return self.op("LayerNormalization", value, scale, shift, axis=-1, epsilon=epsilon)

    def rms_norm(self, value: str, width: int, epsilon: float) -> str:
        """Add x / sqrt(mean(x^2) + epsilon) over the last axis, written as runtimes fuse it."""
        square = self.op("Pow", value, self.constant(np.float32(2.0)))
        mean = self.op("ReduceMean", square, axes=[-1], keepdims=1)
        root = self.op("Sqrt", self.op("Add", mean, self.constant(np.float32(epsilon))))
        scale = self.constant(np.ones(width, np.float32))
        return self.op("Mul", self.op("Div", value, root), scale)

    def build(self, metadata: dict[str, str]) -> onnx.ModelProto:
        """Return the model, checked."""
        for node in self._nodes:
            for names in (node.input, node.output):
                names[:] = [self._renamed.get(name, name) for name in names]
        graph = helper.make_graph(
            self._nodes, "kinest_step", self._inputs, self._outputs, self._constants
        )
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
        )
        model.producer_name = "kinest_ros"
        helper.set_model_props(model, metadata)
        onnx.checker.check_model(model)
        return model
