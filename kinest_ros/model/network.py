# SPDX-License-Identifier: Apache-2.0
"""A streaming network to be run: its shape and its weights, as arrays, or as a PyTorch module."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from kinest_ros.errors import KinestError
from kinest_ros.model.config import StreamingConfig
from kinest_ros.model.device import resolve_device
from kinest_ros.model.error_model import ErrorModel
from kinest_ros.model.weights_file import FORMAT, WeightsFile, read_weights_file

if TYPE_CHECKING:
    from kinest_ros.model.streaming import StreamingKineST


class Network(Protocol):
    """What the ways to run a network need of it; its weights do not change any more."""

    @property
    def config(self) -> StreamingConfig:
        """Its shape."""

    @property
    def weights_name(self) -> str:
        """Of the file, without its ending."""

    @property
    def weights_hash(self) -> str:
        """By which the weights are known; empty where they are of no file."""

    @property
    def error_model(self) -> ErrorModel:
        """What the expected errors of a finished pose follow from."""

    def arrays(self) -> Mapping[str, np.ndarray]:
        """Return the parameters by the module's names, float32."""

    def module(self) -> StreamingKineST:
        """Return the network as a PyTorch module on its device, in evaluation mode."""


class LoadedNetwork:
    """A network of a file. PyTorch is loaded only if something asks for the module."""

    def __init__(self, file: WeightsFile, device: str) -> None:
        """Take what was read.

        Args:
            file: the weights.
            device: "cpu" or "cuda", where the module goes.

        Raises:
            KinestError: no network has such a shape.
        """
        try:
            self.config = StreamingConfig.of(file.shape)
        except (KinestError, TypeError) as error:
            raise file.refused(error) from error
        self.weights_name, self.weights_hash = file.name, file.digest
        self.error_model = file.error_model
        self._file, self._device = file, device

    def arrays(self) -> Mapping[str, np.ndarray]:
        """See Network.arrays; as they lie in the file, whether or not they fit the shape."""
        return self._file.arrays

    def module(self) -> StreamingKineST:
        """See Network.module.

        Raises:
            KinestError: the weights do not fit the shape that is described.
        """
        return self._module

    @cached_property
    def _module(self) -> StreamingKineST:
        from kinest_ros.model.weights import built

        return built(self._file, self._device)


def load_network(path_or_name: str | Path = "default", device: str = "cpu") -> LoadedNetwork:
    """Load streaming weights, without PyTorch where the device and the way to run them allow.

    Args:
        path_or_name: a .safetensors file with its .json beside it, or the name of bundled weights.
        device: auto, cpu or cuda.

    Raises:
        KinestError: a file that is missing, damaged or of another format. Weights that do not fit
            the shape in their description are found by who uses them.
    """
    return LoadedNetwork(read_weights_file(path_or_name, FORMAT), resolve_device(device))
