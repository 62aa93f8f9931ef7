# SPDX-License-Identifier: Apache-2.0
"""The step of StreamingKineST's blocks as ONNX operators.

The same arithmetic as the modules of kinest_ros.model.causal, arranged so that a frame costs few
operators: linear maps that follow each other are multiplied out, the norms' scales are folded into
the products behind them, and the second scan over the joints runs without reversing anything: its
masks and taps look the other way instead.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.errors import KinestError
from kinest_ros.model.causal import GlobalMotion, KinematicFlow, LocalMotion, TemporalFlow
from kinest_ros.model.memoryless import Memoryless
from kinest_ros.model.ssd.mamba2 import Mamba2
from kinest_ros.runtime.onnx.graph import OnnxGraph
from kinest_ros.runtime.onnx.names import BATCH
from kinest_ros.runtime.parameters import array, array_or_none, rates

RMS_EPSILON = 1e-5


class BlockWriter:
    """Writes blocks into a graph and declares their state: input NAME, output next_NAME.

    Attributes:
        states: shape of each state without the leading batch size, by name.
    """

    def __init__(self, graph: OnnxGraph) -> None:
        self.graph = graph
        self.states: dict[str, tuple[int, ...]] = {}

    def block(self, name: str, block: TemporalFlow | KinematicFlow, x: str) -> str:
        """Write one block for frames x (b, width); returns the frames behind it."""
        graph = self.graph
        normed = self.layer_norm(block.norm, x)
        if isinstance(block, TemporalFlow):
            mixed = self._mamba(f"{name}.scan", mamba(block.scan), normed)
        else:
            mixed = self._joint_flow(f"{name}.scan", block, normed)
        x = self._local(f"{name}.local", block.local, graph.op("Add", x, mixed))
        return self._global(f"{name}.mixer", block.mixer, x)

    def linear(self, layer: nn.Linear, x: str) -> str:
        """Write a linear layer."""
        return self.graph.linear(x, array(layer.weight), array_or_none(layer.bias))

    def layer_norm(self, norm: nn.LayerNorm, x: str) -> str:
        """Write a layer normalisation."""
        return self.graph.layer_norm(x, array(norm.weight), array(norm.bias), norm.eps)

    def state(self, name: str, *shape: int) -> str:
        """Declare a state of a shape (without the leading batch size) and return its input."""
        self.states[name] = shape
        return self.graph.input(name, (BATCH, *shape))

    def keep(self, name: str, value: str) -> None:
        """Hand a value on to the next step as the state of that name."""
        self.graph.output(f"next_{name}", value, (BATCH, *self.states[name]))

    def _local(self, name: str, local: LocalMotion, x: str) -> str:
        graph = self.graph
        mixed = self._convolve(name, self.layer_norm(local.norm, x), local.conv)
        return graph.op("Add", x, graph.silu(mixed))

    def _global(self, name: str, mixer: GlobalMotion, x: str) -> str:
        graph = self.graph
        mixed = self._mamba(name, mamba(mixer.mixer), self.layer_norm(mixer.norm, x))
        x = graph.op("Add", x, mixed)
        inner, outer = mixer.fan[0], mixer.fan[-1]
        assert isinstance(inner, nn.Linear)
        assert isinstance(outer, nn.Linear)
        hidden = graph.silu(self.linear(inner, self.layer_norm(mixer.fan_norm, x)))
        return graph.op("Add", x, self.linear(outer, hidden))

    def _convolve(self, name: str, token: str, conv: nn.Conv1d) -> str:
        """Write a causal depthwise convolution for one token (b, channels)."""
        graph = self.graph
        taps = array(conv.weight)[:, 0].T
        count, channels = taps.shape
        past = self.state(name, count - 1, channels)
        seen = graph.op("Concat", past, graph.reshape(token, -1, 1, channels), axis=1)
        self.keep(name, graph.slice(seen, 1, count, axis=1))
        mixed = graph.sum(graph.op("Mul", seen, graph.constant(taps)), axis=1)
        return graph.op("Add", mixed, graph.constant(array(conv.bias)))

    def _mamba(self, name: str, layer: Mamba2, x: str) -> str:
        """Write a Mamba-2 layer of one scan for one token x (b, d_model)."""
        graph = self.graph
        heads, width, d_state = layer.nheads, layer.headdim, layer.d_state
        projected = graph.linear(x, array(layer.in_proj.weight))
        z, xbc, dt = graph.split(projected, (layer.d_inner, layer.conv_dim, heads))
        xbc = graph.silu(self._convolve(f"{name}.conv", xbc, layer.conv1d))
        values, b, c = graph.split(xbc, (layer.d_inner, d_state, d_state))
        dt = graph.op("Softplus", graph.op("Add", dt, graph.constant(array(layer.dt_bias))))
        dt = graph.reshape(dt, -1, heads, 1, 1)
        decay = graph.op("Mul", dt, graph.constant(rates(layer).reshape(heads, 1, 1)))
        decay = graph.op("Exp", decay)
        entering = graph.op("Mul", graph.reshape(values, -1, heads, 1, width), dt)
        entering = graph.op("Mul", entering, graph.reshape(b, -1, 1, d_state, 1))
        # Channels last: the longer inner loop of the two.
        state = self.state(f"{name}.ssm", heads, d_state, width)
        state = graph.op("Add", graph.op("Mul", state, decay), entering)
        self.keep(f"{name}.ssm", state)
        y = graph.op("MatMul", graph.reshape(c, -1, 1, 1, d_state), state)
        skip = graph.op("Mul", values, graph.constant(array(layer.D).repeat(width)))
        y = graph.op("Add", graph.reshape(y, -1, layer.d_inner), skip)
        y = graph.rms_norm(graph.op("Mul", y, graph.silu(z)), layer.d_inner, RMS_EPSILON)
        return graph.linear(y, array(layer.out_proj.weight) * array(layer.norm.weight))

    def _joint_flow(self, name: str, block: KinematicFlow, x: str) -> str:
        """Write the scans through the joints of one frame x (b, width)."""
        graph = self.graph
        layer = mamba(block.scan, scans=2)
        tokens = graph.reshape(self.linear(block.to_joints, x), -1, NUM_JOINTS, layer.d_model)
        mixed = JointScan(self, name, layer).write(tokens)
        mixed = graph.reshape(mixed, -1, NUM_JOINTS * layer.d_model)
        first, second = block.from_joints[0], block.from_joints[1]
        assert isinstance(first, nn.Linear)
        assert isinstance(second, nn.Linear)
        # Nothing lies between the two: one matrix of a smaller product.
        weight = array(second.weight) @ array(first.weight)
        bias = array(second.weight) @ array(first.bias) + array(second.bias)
        return graph.linear(mixed, weight, bias)


class JointScan:
    """A Mamba-2 layer of two scans, over the tokens of one frame as one chunk.

    Inside the frame the quadratic form of state space duality (kinest_ros.model.ssd.ssd); the state
    carries what came before. In the second scan the later tokens come first. Shapes are
    (b, 2 scans, heads of a scan, tokens, ...).
    """

    def __init__(self, writer: BlockWriter, name: str, layer: Mamba2) -> None:
        self.writer, self.graph, self.name, self.layer = writer, writer.graph, name, layer

    def write(self, tokens: str) -> str:
        """Write the layer for tokens (b, 22, d_model); returns the same shape."""
        graph, layer = self.graph, self.layer
        inner, heads, width, d_state = layer.d_inner, layer.nheads, layer.headdim, layer.d_state
        projected = graph.linear(tokens, array(layer.in_proj.weight)[self._columns()])
        z, xbc, dt = graph.split(projected, (2 * inner, 2 * layer.conv_dim, 2 * heads))
        xbc = graph.silu(self._convolve(xbc))
        values, bc = graph.split(xbc, (2 * inner, 4 * d_state))
        values = self._tokens_last(values, 2, heads, width)
        b, c = graph.split(self._tokens_last(bc, 4, 1, d_state), (2, 2), axis=1)
        b = graph.op("Transpose", b, perm=(0, 1, 2, 4, 3))
        dt = graph.op("Softplus", graph.op("Add", dt, graph.constant(array(layer.dt_bias))))
        dt = self._tokens_last(dt, 2, heads, 1)

        log_decay = graph.op("Mul", dt, graph.constant(rates(layer).reshape(2, heads, 1, 1)))
        # Sums up to and including each token: one product with zeros and ones.
        total = graph.op("MatMul", graph.constant(_running_sums()), log_decay)
        frame = graph.op("ReduceSum", log_decay, graph.constant([3]), keepdims=1)
        across = graph.reshape(total, -1, 2, heads, 1, NUM_JOINTS)
        # Masked before exp: it could overflow where a token would look ahead.
        decay = graph.op("Add", graph.op("Sub", total, across), graph.constant(_mask()))
        weights = graph.op("Mul", graph.op("Exp", decay), graph.op("MatMul", c, b))
        entering = graph.op("Mul", values, dt)
        y = graph.op("MatMul", weights, entering)

        state = self.writer.state(f"{self.name}.ssm", 2, heads, d_state, width)
        carried = graph.op("Mul", graph.op("MatMul", c, state), graph.op("Exp", total))
        to_end = graph.op("Exp", graph.op("Sub", frame, total))
        added = graph.op("MatMul", b, graph.op("Mul", entering, to_end))
        state = graph.op("Add", graph.op("Mul", state, graph.op("Exp", frame)), added)
        self.writer.keep(f"{self.name}.ssm", state)

        skip = graph.op("Mul", values, graph.constant(array(layer.D).reshape(2, heads, 1, 1)))
        y = graph.op("Add", graph.op("Add", y, carried), skip)
        y = graph.op("Transpose", y, perm=(0, 3, 1, 2, 4))
        y = graph.reshape(y, -1, NUM_JOINTS, 2, inner)
        gate = graph.reshape(graph.silu(z), -1, NUM_JOINTS, 2, inner)
        normed = graph.rms_norm(graph.op("Mul", y, gate), inner, RMS_EPSILON)
        normed = graph.reshape(normed, -1, NUM_JOINTS, 2 * inner)
        return graph.linear(normed, array(layer.out_proj.weight) * array(layer.norm.weight))

    def _tokens_last(self, value: str, scans: int, heads: int, width: int) -> str:
        """Turn (b, 22, scans * heads * width) into (b, scans, heads, 22, width)."""
        split = self.graph.reshape(value, -1, NUM_JOINTS, scans, heads, width)
        return self.graph.op("Transpose", split, perm=(0, 2, 3, 1, 4))

    def _columns(self) -> np.ndarray:
        """Return the order of the projection's outputs: z, values, B, C and dt of both scans."""
        layer = self.layer
        sizes = (layer.d_inner, layer.d_inner, layer.d_state, layer.d_state, layer.nheads)
        starts = np.cumsum((0, *sizes))
        parts = [
            scan * starts[-1] + np.arange(start, start + size)
            for start, size in zip(starts, sizes, strict=False)
            for scan in range(2)
        ]
        return np.concatenate(parts)

    def _channels(self) -> np.ndarray:
        """Return the order of the convolution's channels: values, B and C of both scans."""
        layer = self.layer
        inside = self._columns()[2 * layer.d_inner : 2 * (layer.d_inner + layer.conv_dim)]
        scan, column = np.divmod(inside, layer.in_proj.out_features // 2)
        return scan * layer.conv_dim + column - layer.d_inner

    def _convolve(self, xbc: str) -> str:
        """Write the convolution over the tokens (b, 22, channels) of both scans.

        The past lies before the frame for the first scan and behind it for the second, so the
        frame is padded on both sides and taps that do not apply are zero.
        """
        graph, layer = self.graph, self.layer
        channels = self._channels()
        size, reach = len(channels), layer.d_conv - 1
        kernel = array(layer.conv1d.weight)[channels, 0].T
        second = channels >= layer.conv_dim
        taps = np.zeros((2 * reach + 1, size), np.float32)
        taps[: reach + 1, ~second] = kernel[:, ~second]
        taps[reach:, second] = kernel[::-1, second]
        before = self.writer.state(f"{self.name}.before", reach, size)
        behind = self.writer.state(f"{self.name}.behind", reach, size)
        padded = graph.op("Concat", before, xbc, behind, axis=1)
        last = graph.slice(xbc, NUM_JOINTS - reach, NUM_JOINTS, axis=1)
        self.writer.keep(f"{self.name}.before", last)
        self.writer.keep(f"{self.name}.behind", graph.slice(xbc, 0, reach, axis=1))
        seen = np.arange(NUM_JOINTS)[:, None] + np.arange(2 * reach + 1)
        windows = graph.op("Gather", padded, graph.constant(seen), axis=1)
        mixed = graph.sum(graph.op("Mul", windows, graph.constant(taps)), axis=2)
        return graph.op("Add", mixed, graph.constant(array(layer.conv1d.bias)[channels]))


def mamba(layer: Mamba2 | Memoryless, scans: int = 1) -> Mamba2:
    """Return the layer, of so many scans.

    Raises:
        KinestError: it is another one, that of an ablation.
    """
    if not isinstance(layer, Mamba2) or layer.scans != scans:
        raise KinestError(
            "there is no ONNX graph for a network of this shape (tokens, joint_scan and "
            "global_memory are those of an ablation): use runtime torch"
        )
    return layer


def _mask() -> np.ndarray:
    """Return (2, 1, 22, 22): 0 where token i sees token j, and far below zero elsewhere."""
    ahead = np.triu(np.ones((NUM_JOINTS, NUM_JOINTS), bool), 1)
    masks = np.stack((ahead, ahead.T))[:, None]
    return np.where(masks, np.float32(-1e30), np.float32(0.0))


def _running_sums() -> np.ndarray:
    """Return (2, 1, 22, 22): its product with a column is the sums up to each token."""
    up_to = np.tril(np.ones((NUM_JOINTS, NUM_JOINTS), np.float32))
    return np.stack((up_to, up_to.T))[:, None]
