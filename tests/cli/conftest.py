# SPDX-License-Identifier: Apache-2.0
import pytest


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory):
    """A weights file with a small untrained network."""
    import torch

    from kinest_ros.model.config import StreamingConfig
    from kinest_ros.model.streaming import StreamingKineST
    from kinest_ros.model.weights import save_model

    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "tiny.safetensors"
    return save_model(StreamingKineST(StreamingConfig.tiny()), path, {})
