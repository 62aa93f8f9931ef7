# SPDX-License-Identifier: Apache-2.0
"""Features frame by frame in numpy are those of the whole sequence in torch."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from kinest_ros.body.skeleton import Skeleton
from kinest_ros.model.features import describe_body, extract_features, heading_matrix
from kinest_ros.runtime.live_features import FrameFeatures, headings_of
from tests.search import examples


def _trackers(frames, seed, distance):
    rng = np.random.default_rng(seed)
    positions = rng.normal(0, 0.01, (frames, 6, 3)).cumsum(0) + rng.normal(0, 1, (1, 6, 3))
    positions[..., :2] += distance
    turns = rng.normal(0, 0.05, (frames, 6, 3)).cumsum(0) + rng.normal(0, 1, (1, 6, 3))
    rotations = Rotation.from_rotvec(turns.reshape(-1, 3)).as_matrix().reshape(frames, 6, 3, 3)
    valid = rng.random((frames, 6)) > 0.3
    valid[:, 0] = True
    return positions, rotations, valid


@settings(max_examples=examples(25))
@given(st.integers(0, 1000), st.floats(1.2, 2.1), st.floats(-300, 300), st.booleans())
def test_frame_by_frame_is_the_sequence(seed, stature, distance, canonical):
    positions, rotations, valid = _trackers(12, seed, distance)
    skeleton = Skeleton.from_stature(stature)
    body = describe_body(torch.tensor(skeleton.rest_offsets[None], dtype=torch.float32))
    expected, headings, _ = extract_features(
        *(torch.as_tensor(array)[None] for array in (positions, rotations, valid)), body,
        canonical=canonical,
    )  # fmt: skip
    positions[~valid], rotations[~valid] = np.nan, np.inf
    # Beside it another body, which comes at every other frame only.
    frames = FrameFeatures(2, canonical)
    frames.set_body(1, skeleton)
    other, apart = FrameFeatures(canonical=canonical), _trackers(12, seed + 1, 0.0)
    for t in range(len(positions)):
        at, turned, seen = (
            np.stack(pair)
            for pair in zip(
                (array[t // 2] for array in apart),
                (positions[t], rotations[t], valid[t]),
                strict=True,
            )
        )
        seen[0, 0] &= t % 2 == 0
        row, heading = frames.next(at, turned, seen)
        np.testing.assert_allclose(row[1], expected[0, t].numpy(), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(heading[1], headings[0, t].numpy(), atol=1e-12)
        if t % 2 == 0:
            alone, _ = other.next(*(array[t // 2][None] for array in apart))
            np.testing.assert_allclose(row[0], alone[0], atol=1e-6)


def test_reset_forgets_velocities():
    positions, rotations, valid = _trackers(3, 1, 0.0)
    valid[:] = True
    frames = FrameFeatures()
    one, two = ((positions[t][None], rotations[t][None], valid[t][None]) for t in range(2))
    first = frames.next(*one)[0].copy()
    moving = frames.next(*two)[0].copy()
    assert np.abs(moving[0, 9:15]).min() > 0
    frames.reset()
    np.testing.assert_array_equal(frames.next(*one)[0], first)
    assert (first[0, 9:15] == 0).all()


def test_a_head_upside_down_has_no_heading():
    upside_down = np.diag((1.0, -1.0, -1.0))
    np.testing.assert_array_equal(headings_of(upside_down[None])[0], np.eye(3))
    np.testing.assert_array_equal(heading_matrix(torch.as_tensor(upside_down)), np.eye(3))
