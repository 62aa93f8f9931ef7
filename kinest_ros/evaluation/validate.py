# SPDX-License-Identifier: Apache-2.0
"""Quick validation during training: the network alone over whole clips, in batches."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, LOWER_BODY, SLOT_JOINTS
from kinest_ros.body.kinematics import forward_kinematics, forward_kinematics_np
from kinest_ros.body.rotations import matrix_from_quaternion, matrix_from_sixd
from kinest_ros.model.features import describe_body, extract_features, root_from_canonical
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.training.corpus import Corpus

_HEAD = JOINT_INDEX["head"]


def validate(
    model: StreamingKineST, corpus: Corpus, device: str = "cpu", batch: int = 16, every: int = 1
) -> dict[str, float]:
    """Return MPJPE and lower-body error (cm) for three ideal trackers, each source alike.

    Means over clips within a source, then over sources (all CMU folders count as one).

    Args:
        model: the network.
        corpus: clips with truth.
        device: where the network is.
        batch: clips in parallel.
        every: take each every-th clip.
    """
    errors: dict[str, list[tuple[float, float]]] = {}
    model.eval()
    with torch.inference_mode():
        for indices, rotations, positions, world, lengths in _batches(corpus, batch, every):
            joints = list(SLOT_JOINTS)
            links = world[:, :, joints] @ JOINT_FROM_LINK
            valid = torch.zeros(*positions.shape[:2], 6, dtype=torch.bool, device=device)
            valid[:, :, :3] = True
            offsets = torch.as_tensor(corpus.rest_offsets[indices], device=device)
            truth = torch.as_tensor(positions, dtype=torch.float32, device=device)
            features, heading, _ = extract_features(
                truth[:, :, joints], torch.as_tensor(links, dtype=torch.float32, device=device),
                valid, describe_body(offsets),
            )  # fmt: skip
            output, _ = model(features)
            error = _position_error(output.rotations_6d, heading, offsets, truth).cpu().numpy()
            del rotations
            for row, index in enumerate(indices):
                of_clip = error[row, : lengths[row]]
                source = corpus.source_names[corpus.sources[index]]
                errors.setdefault("bandai" if source == "bandai" else "others", []).append(
                    (of_clip.mean() * 100, of_clip[:, list(LOWER_BODY)].mean() * 100)
                )
    means = {source: np.mean(values, axis=0) for source, values in errors.items()}
    figures = {f"{source}_cm": float(value[0]) for source, value in means.items()}
    mean = np.mean(list(means.values()), axis=0)
    return {**figures, "mpjpe_cm": float(mean[0]), "lower_cm": float(mean[1])}


def _position_error(sixd: Tensor, heading: Tensor, offsets: Tensor, truth: Tensor) -> Tensor:
    rotations = matrix_from_sixd(sixd)
    rotations[:, :, 0] = root_from_canonical(rotations[:, :, 0], heading)
    positions, _ = forward_kinematics(
        rotations, offsets.unsqueeze(1), torch.zeros_like(truth[:, :, 0])
    )
    positions = positions + (truth[:, :, _HEAD] - positions[:, :, _HEAD]).unsqueeze(2)
    return (positions - truth).norm(dim=-1)


def _batches(
    corpus: Corpus, batch: int, every: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield clips of like length together, the shorter ones padded with their last frame."""
    lengths = np.diff(corpus.starts)
    order = np.argsort(lengths, kind="stable")[::every]
    for start in range(0, len(order), batch):
        indices = order[start : start + batch]
        longest = int(lengths[indices].max())
        rotations, positions, world = [], [], []
        for index in indices:
            quaternions, roots, offsets = corpus.clip(int(index))
            pad = longest - len(roots)
            quaternions = np.concatenate((quaternions, quaternions[-1:].repeat(pad, 0)))
            roots = np.concatenate((roots, roots[-1:].repeat(pad, 0)))
            local = matrix_from_quaternion(quaternions)
            at, turned = forward_kinematics_np(local, offsets, roots)
            rotations.append(local)
            positions.append(at)
            world.append(turned)
        yield indices, np.stack(rotations), np.stack(positions), np.stack(world), lengths[indices]
