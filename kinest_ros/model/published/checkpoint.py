# SPDX-License-Identifier: Apache-2.0
"""Loading the KineST authors' checkpoints, which a user has to bring (they are CC BY-NC)."""

import pickle
from collections.abc import Sequence
from pathlib import Path

import torch

from kinest_ros.errors import KinestError
from kinest_ros.files.bounded import WEIGHTS_LIMIT, check_size
from kinest_ros.model.published.network import KineST
from kinest_ros.model.scan_order import RELEASED_ORDER


def load_released(path: str | Path, order: Sequence[int] = RELEASED_ORDER) -> KineST:
    """Load a released PyTorch state dict.

    Args:
        path: the authors' file. Keys of the body model and of the unused linear1 are ignored.
        order: scan order; the released code leaves joint 7 out.

    Returns:
        The network in evaluation mode; width and window are taken from the file.

    Raises:
        KinestError: no such file, not a plain state dict, or tensors that do not fit.
    """
    path = Path(path)
    if not path.is_file():
        raise KinestError(
            f"checkpoint {path} does not exist; download it from the KineST authors' page (their "
            "weights are CC BY-NC and do not come with this package)"
        )
    try:
        check_size(path, WEIGHTS_LIMIT)
        saved = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, ValueError, OSError, EOFError, pickle.UnpicklingError) as error:
        raise KinestError(
            f"checkpoint {path} is not a plain PyTorch state dict: {error}"
        ) from error
    if isinstance(saved, dict) and isinstance(saved.get("state_dict"), dict):
        saved = saved["state_dict"]
    if not isinstance(saved, dict) or "input_fc.weight" not in saved:
        raise KinestError(f"checkpoint {path} holds no KineST: it has no input_fc.weight")
    tensors = {
        name: value
        for name, value in saved.items()
        if not name.startswith("body_model.") and ".linear1." not in _outside_encoder(name)
    }
    local = tensors.get("temporary.mlps.0.net.1.weight")
    if local is None:
        raise KinestError(f"checkpoint {path} lacks temporary.mlps.0.net.1.weight")
    model = KineST(width=len(tensors["input_fc.weight"]), window=len(local), order=order)
    try:
        model.load_state_dict(tensors)
    except RuntimeError as error:
        raise KinestError(f"checkpoint {path} does not fit KineST: {error}") from error
    return model.eval()


def _outside_encoder(name: str) -> str:
    """Return the name, or nothing for the encoder's own linear1, which is in use."""
    return "" if "transformer_encoder" in name else name
