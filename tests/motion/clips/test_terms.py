# SPDX-License-Identifier: Apache-2.0
"""Terms: declared by folders, known of sources, and otherwise nothing is permitted."""

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.motion.clips.terms import ANY, COMMERCIAL, permitted, terms_of


def _clip(folder, name):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.npz"
    path.touch()
    return path


@pytest.fixture
def clips(tmp_path):
    return [
        _clip(tmp_path / "bandai", "dataset-2_walk_active_001"),
        _clip(tmp_path / "cmuasf", "14_02_s0"),
        _clip(tmp_path / "mine" / "monday", "waving_1"),
    ]


def test_known_sources_have_the_terms_of_their_origin_and_others_none(clips, tmp_path):
    assert [terms_of(clip, tmp_path).commercial for clip in clips] == [False, True, False]
    assert permitted(clips, tmp_path, ANY) == (clips, {})
    kept, gone = permitted(clips, tmp_path, COMMERCIAL)
    assert kept == [clips[1]]
    assert {name: own.licence for name, own in gone.items()} == {
        "bandai": "CC BY-NC 4.0", "mine": "not declared",
    }  # fmt: skip


def test_a_folder_declares_for_all_below_it_and_the_nearest_counts(clips, tmp_path):
    (tmp_path / "mine" / "terms.json").write_text('{"licence": "ours", "commercial": true}')
    assert permitted(clips, tmp_path, COMMERCIAL)[0] == clips[1:]
    assert terms_of(clips[2], tmp_path).licence == "ours"
    nearest = tmp_path / "mine" / "monday" / "terms.json"
    nearest.write_text('{"licence": "theirs", "commercial": false}')
    assert permitted(clips, tmp_path, COMMERCIAL)[0] == [clips[1]]


def test_what_a_folder_declares_goes_before_what_is_known(clips, tmp_path):
    (tmp_path / "cmuasf" / "terms.json").write_text('{"licence": "no", "commercial": false}')
    with pytest.raises(KinestError, match=r"leaves no clip .*cmuasf: no.*terms\.json"):
        permitted(clips, tmp_path, COMMERCIAL)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"licence": "x"}', '{"licence": "x", "commercial": "no"}']
)
def test_a_broken_declaration_permits_nothing(clips, tmp_path, text):
    (tmp_path / "mine" / "terms.json").write_text(text)
    with pytest.raises(KinestError, match=r"terms\.json is not as it should be"):
        permitted(clips, tmp_path, COMMERCIAL)
