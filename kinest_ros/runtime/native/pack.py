# SPDX-License-Identifier: Apache-2.0
"""A network's weights as the compiled step reads them: one array, in the order of use.

What can be multiplied out beforehand is, as in the ONNX graph: the gated norms' weights go into the
products behind them, and the two linear maps from the joint tokens back to the frame are one.
"""

from __future__ import annotations

import numpy as np
from torch import nn

from kinest_ros.body.joints import NUM_JOINTS
from kinest_ros.errors import KinestError
from kinest_ros.model.causal import GlobalMotion, KinematicFlow, LocalMotion, TemporalFlow
from kinest_ros.model.ssd.mamba2 import Mamba2
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.runtime.native.library import Shape
from kinest_ros.runtime.onnx.names import OUTPUTS
from kinest_ros.runtime.parameters import array, array_or_none, rates

_PANEL, _LANES, _MOST_HEADS = 16, 8, 64


def shape_of(model: StreamingKineST) -> Shape:
    """Return the sizes of a network.

    Raises:
        KinestError: the compiled step does not run networks like it.
    """
    config = model.config
    if config.tokens != "projected" or config.joint_scan != "both" or not config.global_memory:
        raise KinestError(
            "runtime native runs no network of this shape (tokens, joint_scan and global_memory "
            "are those of an ablation): use runtime torch"
        )
    if not (config.temporal_blocks and config.kinematic_blocks):
        raise KinestError("runtime native needs blocks of both kinds: use runtime onnx")
    flow, joints = _temporal(model)[0], _kinematic(model)[0]
    over_time, over_joints = _mamba(flow.scan), _mamba(joints.scan)
    shape = Shape(
        features=config.num_features,
        outputs=sum(OUTPUTS.values()),
        width=config.width,
        temporal_blocks=config.temporal_blocks,
        kinematic_blocks=config.kinematic_blocks,
        local_taps=config.local_taps,
        conv_taps=over_time.d_conv,
        inner=over_time.d_inner,
        heads=over_time.nheads,
        d_state=config.d_state,
        mixer_d_state=config.mixer_d_state,
        hidden=_linear(flow.mixer.fan[0]).out_features,
        joints=NUM_JOINTS,
        joint_width=config.joint_width,
        joint_inner=over_joints.d_inner,
        joint_heads=over_joints.nheads,
        joint_d_state=over_joints.d_state,
    )
    sizes = ("width", "d_state", "mixer_d_state", "hidden", "joint_width", "joint_d_state")
    odd = [name for name in sizes if getattr(shape, name) % _LANES]
    odd += [] if over_time.headdim % _LANES == 0 == over_joints.headdim % _LANES else ["headdim"]
    if odd or 2 * max(shape.heads, shape.joint_heads) > _MOST_HEADS or shape.local_taps < 2:
        raise KinestError(
            "runtime native runs widths that are multiples of 8 only, with at most 32 heads and 2 "
            f"local taps or more ({', '.join(odd) or 'heads or taps'} here): use runtime onnx"
        )
    return shape


def packed(model: StreamingKineST) -> np.ndarray:
    """Return the weights (n,) float32, of a network that has a shape."""
    parts = _Parts()
    parts.linear(model.input_fc)
    for flow in _temporal(model):
        parts.norm(flow.norm)
        parts.mamba(_mamba(flow.scan))
        parts.aggregators(flow.local, flow.mixer)
    for joints in _kinematic(model):
        parts.norm(joints.norm)
        parts.linear(joints.to_joints)
        parts.joint_scan(_mamba(joints.scan))
        first, second = (_linear(layer) for layer in joints.from_joints)
        # Nothing lies between the two: one matrix of a smaller product.
        weight = array(second.weight) @ array(first.weight)
        parts.product(weight, array(second.weight) @ array(first.bias) + array(second.bias))
        parts.aggregators(joints.local, joints.mixer)
    parts.norm(model.output_norm)
    heads = (model.output_fc, model.extra_fc)
    parts.product(
        np.concatenate([array(head.weight) for head in heads]),
        np.concatenate([array(head.bias) for head in heads]),
    )
    return np.concatenate(parts.arrays).astype(np.float32, copy=False)


class _Parts:
    """Collects weights in the order in which step.h takes them."""

    def __init__(self) -> None:
        self.arrays: list[np.ndarray] = []

    def add(self, values: np.ndarray, multiple: int = 1) -> None:
        """Add values, filled up with zeros to a multiple."""
        flat = values.ravel()
        self.arrays.append(np.pad(flat, (0, -flat.size % multiple)))

    def product(self, weight: np.ndarray, bias: np.ndarray | None = None) -> None:
        """Add a matrix (outputs, inputs) in panels, and its bias."""
        outputs, inputs = weight.shape
        rows = np.pad(weight, ((0, -outputs % _PANEL), (0, 0)))
        self.add(rows.reshape(-1, _PANEL, inputs).transpose(0, 2, 1))
        self.add(np.zeros(outputs) if bias is None else bias, _PANEL)

    def linear(self, layer: nn.Linear) -> None:
        """Add a linear layer."""
        self.product(array(layer.weight), array_or_none(layer.bias))

    def norm(self, norm: nn.LayerNorm) -> None:
        """Add a layer normalisation."""
        self.add(array(norm.weight))
        self.add(array(norm.bias))

    def mamba(self, layer: Mamba2) -> None:
        """Add a Mamba-2 layer over time."""
        # z, x, B, C and dt stand as they are; the heads' dt is filled up.
        self.product(_filled(array(layer.in_proj.weight)))
        self.add(array(layer.conv1d.weight)[:, 0].T)
        self.add(array(layer.conv1d.bias))
        self._heads(layer)
        self._out(layer)

    def joint_scan(self, layer: Mamba2) -> None:
        """Add the two scans over the joints."""
        weight = array(layer.in_proj.weight).reshape(2, -1, layer.d_model)
        sizes = np.cumsum((layer.d_inner, layer.conv_dim))
        z, mixed, dt = (part.reshape(-1, layer.d_model) for part in np.split(weight, sizes, axis=1))
        self.product(_filled(np.concatenate((z, mixed, dt))))
        taps = array(layer.conv1d.weight)[:, 0].reshape(2, layer.conv_dim, -1)
        self.add(taps.transpose(0, 2, 1))
        self.add(array(layer.conv1d.bias))
        self._heads(layer)
        self._out(layer)

    def aggregators(self, local: LocalMotion, mixer: GlobalMotion) -> None:
        """Add the local and the global motion aggregator."""
        self.norm(local.norm)
        self.add(array(local.conv.weight)[:, 0].T)
        self.add(array(local.conv.bias))
        self.norm(mixer.norm)
        self.mamba(_mamba(mixer.mixer))
        self.norm(mixer.fan_norm)
        self.linear(_linear(mixer.fan[0]))
        self.linear(_linear(mixer.fan[-1]))

    def _heads(self, layer: Mamba2) -> None:
        for values in (array(layer.dt_bias), rates(layer), array(layer.D)):
            self.add(values, _LANES)

    def _out(self, layer: Mamba2) -> None:
        self.product(array(layer.out_proj.weight) * array(layer.norm.weight))


def _filled(weight: np.ndarray) -> np.ndarray:
    return np.pad(weight, ((0, -len(weight) % _LANES), (0, 0)))


def _temporal(model: StreamingKineST) -> list[TemporalFlow]:
    return [block for block in model.temporal if isinstance(block, TemporalFlow)]


def _kinematic(model: StreamingKineST) -> list[KinematicFlow]:
    return [block for block in model.kinematic if isinstance(block, KinematicFlow)]


def _mamba(layer: nn.Module) -> Mamba2:
    assert isinstance(layer, Mamba2)
    return layer


def _linear(layer: nn.Module) -> nn.Linear:
    assert isinstance(layer, nn.Linear)
    return layer
