# SPDX-License-Identifier: Apache-2.0
"""A network that is wrong about its errors in a known way is put right."""

import numpy as np
import pytest

from kinest_ros.body.joints import JOINT_INDEX, SLOT_JOINTS
from kinest_ros.evaluation.error_model_fit import calibration_errors, fit_error_model
from kinest_ros.evaluation.observed_errors import ObservedErrors, evenly
from kinest_ros.model.error_model import UNCORRECTED, ErrorModel, Evidence
from kinest_ros.motion.clips.labels import ClipLabel

TRUE = ErrorModel(np.full(22, 3.0), np.linspace(0.4, 1.4, 22), 0.6, 0.9)
#: Left and right are fitted together.
for _left, _right in ((13, 14), (16, 17), (18, 19), (1, 2), (4, 5), (7, 8), (10, 11)):
    TRUE.helped[_right] = TRUE.helped[_left]


def _observed(count=4000, truth=TRUE, seed=0, share=0.5):
    """Errors drawn from what a true model expects; half of the frames with foot trackers."""
    rng = np.random.default_rng(seed)
    valid = np.zeros((count, 6), dtype=bool)
    valid[:, :3] = True
    valid[: count // 2, 3:] = True
    valid[count // 2 : 3 * count // 4, 1] = False
    sigma = np.exp(rng.normal(-3.0, 0.5, (count, 22)))
    hands, floor = np.exp(rng.normal(-2.2, 0.7, (2, count)))
    evidence = Evidence(sigma, valid, np.zeros((count, 6)), hands, floor)
    spread = truth.sizes(evidence)[..., None] / np.sqrt(3.0)
    errors = np.linalg.norm(rng.normal(0.0, 1.0, (count, 22, 3)) * spread, axis=-1)
    datasets = np.where(rng.random(count) < share, "a", "b")
    return ObservedErrors(evidence, errors, datasets, np.full(count, "three"))


def test_a_known_miscalibration_is_corrected():
    fitted = fit_error_model(_observed())
    assert fitted.hands_power == pytest.approx(TRUE.hands_power, abs=0.05)
    assert fitted.floor_power == pytest.approx(TRUE.floor_power, abs=0.05)
    free = np.setdiff1d(np.arange(22), SLOT_JOINTS)
    np.testing.assert_allclose(fitted.helped[free][:-4], TRUE.helped[free][:-4], rtol=0.1)
    elbow = JOINT_INDEX["left_elbow"]
    assert fitted.alone[elbow] == pytest.approx(3.0, rel=0.1)
    fresh = _observed(seed=1)
    before, after = (calibration_errors(fresh, m) for m in (UNCORRECTED, fitted))
    for name in ("a", "b"):
        assert after[name] < 0.15 * before[name]


def test_a_small_dataset_counts_as_much_as_a_large_one():
    """One dataset's errors are twice as large; whatever their sizes, the fit lies between."""
    found = []
    for share in (0.5, 0.95):
        observed = _observed(truth=UNCORRECTED, share=share)
        observed.errors[observed.datasets == "b"] *= 2.0
        fitted = fit_error_model(observed)
        found.append(fitted.helped[JOINT_INDEX["neck"]])
    assert found[0] == pytest.approx(np.sqrt((1.0 + 4.0) / 2.0), rel=0.1)
    assert found[1] == pytest.approx(found[0], rel=0.1)


def test_frames_that_were_never_seen_one_way_are_taken_as_the_other():
    observed = _observed()
    three = observed.of(~observed.evidence.valid[:, 3])
    fitted = fit_error_model(three)
    knee = JOINT_INDEX["left_knee"]
    assert fitted.helped[knee] == fitted.alone[knee]
    assert fitted.alone[knee] == pytest.approx(3.0, rel=0.1)


def test_clips_are_spread_over_each_dataset():
    labels = [ClipLabel(f"a/{i}", "a", "", "") for i in range(10)]
    labels += [ClipLabel("b/0", "b", "", "")]
    assert evenly(labels, 3) == [0, 3, 6, 10]
