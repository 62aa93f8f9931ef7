# SPDX-License-Identifier: Apache-2.0
"""A network's weights as the compiled step reads them: one array, in the order of use.

What can be multiplied out beforehand is, as in the ONNX graph: the gated norms' weights go into the
products behind them, and the two linear maps from the joint tokens back to the frame are one.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.network import Network
from kinest_ros.runtime.native.library import Shape
from kinest_ros.runtime.onnx.names import OUTPUTS

_PANEL, _LANES, _MOST_HEADS = 16, 8, 64


def shape_of(model: Network) -> Shape:
    """Return the sizes of a network.

    Raises:
        KinestError: the compiled step does not run networks like it, or its weights lack what says
            how large it is.
    """
    config, arrays = model.config, model.arrays()
    if config.joint_scan != "both" or not config.global_memory:
        raise KinestError(
            "runtime native runs no network of this shape (joint_scan and global_memory "
            "are those of an ablation): use runtime torch"
        )
    if not (config.temporal_blocks and config.kinematic_blocks):
        raise KinestError("runtime native needs blocks of both kinds: use runtime onnx")
    over_time, over_joints = "temporal.0.scan", "kinematic.0.scan"
    shape = Shape(
        features=config.num_features,
        outputs=sum(OUTPUTS.values()),
        width=config.width,
        temporal_blocks=config.temporal_blocks,
        kinematic_blocks=config.kinematic_blocks,
        local_taps=config.local_taps,
        conv_taps=_sizes(arrays, f"{over_time}.conv1d.weight", 3)[2],
        inner=_sizes(arrays, f"{over_time}.norm.weight", 1)[0],
        heads=_sizes(arrays, f"{over_time}.A_log", 1)[0],
        d_state=config.d_state,
        mixer_d_state=config.mixer_d_state,
        hidden=_sizes(arrays, "temporal.0.mixer.fan.0.weight", 2)[0],
        joints=NUM_JOINTS,
        joint_width=config.joint_width,
        joint_inner=_sizes(arrays, f"{over_joints}.norm.weight", 1)[0] // 2,
        joint_heads=_sizes(arrays, f"{over_joints}.A_log", 1)[0] // 2,
        joint_d_state=config.d_state,
    )
    _check(shape)
    return shape


def _check(shape: Shape) -> None:
    sizes = ("width", "d_state", "mixer_d_state", "hidden", "joint_width", "joint_d_state")
    odd = [name for name in sizes if getattr(shape, name) % _LANES]
    for inner, heads in ((shape.inner, shape.heads), (shape.joint_inner, shape.joint_heads)):
        # A head's channels are lanes, and all heads are alike.
        odd += ["headdim"] if not heads or inner % (heads * _LANES) else []
    if odd or 2 * max(shape.heads, shape.joint_heads) > _MOST_HEADS or shape.local_taps < 2:
        raise KinestError(
            "runtime native runs widths that are multiples of 8 only, with at most 32 heads and 2 "
            f"local taps or more ({', '.join(odd) or 'heads or taps'} here): use runtime onnx"
        )


def packed(model: Network) -> np.ndarray:
    """Return the weights (n,) float32, of a network that has a shape.

    Raises:
        KinestError: the weights are not those of a network of this shape.
    """
    parts = _Parts(model.arrays(), shape_of(model), model.config)
    parts.network()
    parts.check_all_used()
    return np.concatenate(parts.made).astype(np.float32, copy=False)


class _Parts:
    """Collects weights in the order in which step.h takes them."""

    def __init__(
        self, arrays: Mapping[str, np.ndarray], shape: Shape, config: StreamingConfig
    ) -> None:
        self.made: list[np.ndarray] = []
        self._arrays, self._shape, self._config = arrays, shape, config
        self._unused = set(arrays)

    def network(self) -> None:
        """Add all of it."""
        s = self._shape
        self.linear("input_fc", s.width, s.features)
        for index in range(s.temporal_blocks):
            at = f"temporal.{index}"
            self.norm(f"{at}.norm")
            self.scan_over_time(f"{at}.scan", s.d_state)
            self.aggregators(at)
        for index in range(s.kinematic_blocks):
            at = f"kinematic.{index}"
            self.norm(f"{at}.norm")
            self.linear(f"{at}.to_joints", s.joints * s.joint_width, s.width)
            self.scan_over_joints(f"{at}.scan")
            self.from_joints(f"{at}.from_joints")
            self.aggregators(at)
        self.norm("output_norm")
        rotations = OUTPUTS["rotations_6d"]
        heads = (("output_fc", rotations), ("extra_fc", s.outputs - rotations))
        self.product(
            np.concatenate([self.take(f"{name}.weight", n, s.width) for name, n in heads]),
            np.concatenate([self.take(f"{name}.bias", n) for name, n in heads]),
        )

    def take(self, name: str, *shape: int) -> np.ndarray:
        """Return a parameter of the given shape."""
        if _sizes(self._arrays, name, len(shape)) != shape:
            raise KinestError(f"{name} has shape {self._arrays[name].shape}, described is {shape}")
        self._unused.discard(name)
        return self._arrays[name].astype(np.float32, copy=False)

    def check_all_used(self) -> None:
        """Refuse weights of a larger network."""
        if self._unused:
            raise KinestError(f"{min(self._unused)} is not part of the network described")

    def add(self, values: np.ndarray, multiple: int = 1) -> None:
        """Add values, filled up with zeros to a multiple."""
        flat = values.ravel()
        self.made.append(np.pad(flat, (0, -flat.size % multiple)))

    def product(self, weight: np.ndarray, bias: np.ndarray | None = None) -> None:
        """Add a matrix (outputs, inputs) in panels, and its bias."""
        outputs, inputs = weight.shape
        rows = np.pad(weight, ((0, -outputs % _PANEL), (0, 0)))
        self.add(rows.reshape(-1, _PANEL, inputs).transpose(0, 2, 1))
        self.add(np.zeros(outputs) if bias is None else bias, _PANEL)

    def linear(self, name: str, outputs: int, inputs: int) -> None:
        """Add a linear layer."""
        self.product(
            self.take(f"{name}.weight", outputs, inputs), self.take(f"{name}.bias", outputs)
        )

    def norm(self, name: str) -> None:
        """Add a layer normalisation."""
        self.add(self.take(f"{name}.weight", self._shape.width))
        self.add(self.take(f"{name}.bias", self._shape.width))

    def from_joints(self, name: str) -> None:
        """Add the two linear maps from the joint tokens back to the frame, as one."""
        s, between = self._shape, self._config.bottleneck
        first = self.take(f"{name}.0.weight", between, s.joints * s.joint_width)
        second = self.take(f"{name}.1.weight", s.width, between)
        bias = second @ self.take(f"{name}.0.bias", between) + self.take(f"{name}.1.bias", s.width)
        self.product(second @ first, bias)

    def scan_over_time(self, name: str, d_state: int) -> None:
        """Add a Mamba-2 layer over time."""
        s = self._shape
        conv = s.inner + 2 * d_state
        # z, x, B, C and dt stand as they are; the heads' dt is filled up.
        self.product(
            _filled(self.take(f"{name}.in_proj.weight", s.inner + conv + s.heads, s.width))
        )
        self.add(self.take(f"{name}.conv1d.weight", conv, 1, s.conv_taps)[:, 0].T)
        self.add(self.take(f"{name}.conv1d.bias", conv))
        self._heads(name, s.heads)
        self._out(name, s.width, s.inner)

    def scan_over_joints(self, name: str) -> None:
        """Add the two scans over the joints."""
        s = self._shape
        inner, heads, width = s.joint_inner, s.joint_heads, s.joint_width
        conv = inner + 2 * s.joint_d_state
        weight = self.take(f"{name}.in_proj.weight", 2 * (inner + conv + heads), width)
        parts = np.split(weight.reshape(2, -1, width), (inner, inner + conv), axis=1)
        self.product(_filled(np.concatenate([part.reshape(-1, width) for part in parts])))
        taps = self.take(f"{name}.conv1d.weight", 2 * conv, 1, s.conv_taps)[:, 0]
        self.add(taps.reshape(2, conv, -1).transpose(0, 2, 1))
        self.add(self.take(f"{name}.conv1d.bias", 2 * conv))
        self._heads(name, 2 * heads)
        self._out(name, width, 2 * inner)

    def aggregators(self, name: str) -> None:
        """Add the local and the global motion aggregator of a block."""
        s = self._shape
        self.norm(f"{name}.local.norm")
        self.add(self.take(f"{name}.local.conv.weight", s.width, 1, s.local_taps)[:, 0].T)
        self.add(self.take(f"{name}.local.conv.bias", s.width))
        self.norm(f"{name}.mixer.norm")
        self.scan_over_time(f"{name}.mixer.mixer", s.mixer_d_state)
        self.norm(f"{name}.mixer.fan_norm")
        self.linear(f"{name}.mixer.fan.0", s.hidden, s.width)
        self.linear(f"{name}.mixer.fan.3", s.width, s.hidden)

    def _heads(self, name: str, heads: int) -> None:
        bias, log_rate, skip = (self.take(f"{name}.{n}", heads) for n in ("dt_bias", "A_log", "D"))
        for values in (bias, -np.exp(log_rate), skip):
            self.add(values, _LANES)

    def _out(self, name: str, outputs: int, inputs: int) -> None:
        gated = self.take(f"{name}.norm.weight", inputs)
        self.product(self.take(f"{name}.out_proj.weight", outputs, inputs) * gated)


def _sizes(arrays: Mapping[str, np.ndarray], name: str, dimensions: int) -> tuple[int, ...]:
    """Return the shape of a parameter."""
    if name not in arrays:
        raise KinestError(f"{name} is described but missing")
    shape = arrays[name].shape
    if len(shape) != dimensions:
        raise KinestError(f"{name} has {len(shape)} dimensions, described are {dimensions}")
    return shape


def _filled(weight: np.ndarray) -> np.ndarray:
    return np.pad(weight, ((0, -len(weight) % _LANES), (0, 0)))
