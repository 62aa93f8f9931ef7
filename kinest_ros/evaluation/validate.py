# SPDX-License-Identifier: Apache-2.0
"""Quick validation during training: the network alone over whole clips, in batches."""

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from kinest_ros.body.frames import JOINT_FROM_LINK
from kinest_ros.body.joints import JOINT_INDEX, LOWER_BODY, SLOT_JOINTS
from kinest_ros.body.kinematics import forward_kinematics, forward_kinematics_np
from kinest_ros.body.rotations_numpy import matrices_from_quaternions, unit_quaternions
from kinest_ros.body.rotations_torch import matrix_from_sixd
from kinest_ros.model.features import describe_body, extract_features, root_from_canonical
from kinest_ros.model.published.baseline import PublishedKineST, offline
from kinest_ros.model.streaming import StreamingKineST
from kinest_ros.motion.clips.corpus import Corpus

_HEAD = JOINT_INDEX["head"]


def validate(
    model: StreamingKineST | PublishedKineST,
    corpus: Corpus,
    device: str = "cpu",
    batch: int = 16,
    every: int = 1,
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
        for indices, positions, world, lengths in _batches(corpus, batch, every):
            joints = list(SLOT_JOINTS)
            links = torch.as_tensor(
                world[:, :, joints] @ JOINT_FROM_LINK, dtype=torch.float32, device=device
            )
            valid = torch.zeros(*positions.shape[:2], 6, dtype=torch.bool, device=device)
            valid[:, :, :3] = True
            offsets = torch.as_tensor(corpus.rest_offsets[indices], device=device)
            truth = torch.as_tensor(positions, dtype=torch.float32, device=device)
            predicted = _predicted(model, truth[:, :, joints], links, valid, offsets)
            error = _position_error(predicted, offsets, truth).cpu().numpy()
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


def _predicted(
    model: StreamingKineST | PublishedKineST,
    positions: Tensor,
    links: Tensor,
    valid: Tensor,
    rest_offsets: Tensor,
) -> Tensor:
    """Return local rotations (b, L, 22, 3, 3), [..., 0] world_from_pelvis.

    The published network runs in windows side by side; the frames that a clip is filled up with
    are in the last one.
    """
    if isinstance(model, PublishedKineST):
        features, heading = model.features(positions, links, valid, rest_offsets)
        return model.in_world(offline(model, features), heading)
    delay = model.config.lookahead
    if delay:
        positions, links, valid = (
            torch.cat((value, value[:, -1:].repeat_interleave(delay, 1)), dim=1)
            for value in (positions, links, valid)
        )
    features, heading, _ = extract_features(
        positions, links, valid, describe_body(rest_offsets), canonical=model.config.canonical
    )
    output, _ = model(features)
    rotations = matrix_from_sixd(output.rotations_6d[:, delay:])
    length = rotations.shape[1]
    rotations[:, :, 0] = root_from_canonical(rotations[:, :, 0], heading[:, :length])
    return rotations


def _position_error(rotations: Tensor, offsets: Tensor, truth: Tensor) -> Tensor:
    """Return the errors (b, L, 22), m, of a body hung from the true head."""
    positions, _ = forward_kinematics(
        rotations, offsets.unsqueeze(1), torch.zeros_like(truth[:, :, 0])
    )
    positions = positions + (truth[:, :, _HEAD] - positions[:, :, _HEAD]).unsqueeze(2)
    return (positions - truth).norm(dim=-1)


def _batches(
    corpus: Corpus, batch: int, every: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield clips of like length together, the shorter ones padded with their last frame."""
    lengths = np.diff(corpus.starts)
    order = np.argsort(lengths, kind="stable")[::every]
    for start in range(0, len(order), batch):
        indices = order[start : start + batch]
        longest = int(lengths[indices].max())
        positions, world = [], []
        for index in indices:
            quaternions, roots, offsets = corpus.clip(int(index))
            pad = longest - len(roots)
            quaternions = np.concatenate((quaternions, quaternions[-1:].repeat(pad, 0)))
            roots = np.concatenate((roots, roots[-1:].repeat(pad, 0)))
            local = matrices_from_quaternions(unit_quaternions(quaternions))
            at, turned = forward_kinematics_np(local, offsets, roots)
            positions.append(at)
            world.append(turned)
        yield indices, np.stack(positions), np.stack(world), lengths[indices]
