# SPDX-License-Identifier: Apache-2.0
import json
from pathlib import Path

import pytest

from kinest_ros.errors import KinestError
from kinest_ros.evaluation.regression import Limit, failures, load_figures

FIGURES = {"jitter": 1.0, "accuracy": {"mpjpe": 4.0}, "reprojection_cm": {"head": {"p95": 0.5}}}


def broken(text: str, now: dict, before: dict | None = FIGURES) -> list[str]:
    old = None if before is None else {"bag": before}
    return list(failures([Limit.parse(text)], {"bag": {**FIGURES, **now}}, old))


@pytest.mark.parametrize(
    ("text", "now", "fails"),
    [
        ("mpjpe>+5%", {"accuracy": {"mpjpe": 4.19}}, False),
        ("mpjpe>+5%", {"accuracy": {"mpjpe": 4.21}}, True),
        ("mpjpe > +0.2", {"accuracy": {"mpjpe": 4.19}}, False),
        ("mpjpe>+0.2", {"accuracy": {"mpjpe": 4.21}}, True),
        ("mpjpe<-10%", {"accuracy": {"mpjpe": 3.5}}, True),
        ("jitter>1.5", {"jitter": 1.4}, False),
        ("jitter>1.5", {"jitter": 1.6}, True),
        ("jitter<0.5", {"jitter": 0.4}, True),
        ("reprojection_cm.head.p95>+0.1", {"reprojection_cm": {"head": {"p95": 0.7}}}, True),
    ],
)
def test_limits(text: str, now: dict, fails: bool) -> None:
    lines = broken(text, now)
    assert bool(lines) is fails
    assert all(line.startswith("bag: ") and line.endswith(text) for line in lines)


def test_from_nothing_to_something_is_more_than_any_percentage() -> None:
    assert broken("jitter>+500%", {"jitter": 0.1}, {"jitter": 0.0})
    assert not broken("jitter>+1%", {"jitter": 0.0}, {"jitter": 0.0})


@pytest.mark.parametrize("text", ["mpjpe", "mpjpe>5%", "mpjpe>=+5%", ">1", "mpjpe>+x"])
def test_what_is_no_limit_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(KinestError, match=r"write it as 'mpjpe>\+5%'"):
        Limit.parse(text)


def test_what_cannot_be_compared_is_named(tmp_path: Path) -> None:
    with pytest.raises(KinestError, match="give --against"):
        broken("mpjpe>+5%", {}, None)
    with pytest.raises(KinestError, match="no figure 'mpjpj'; there are jitter, mpjpe"):
        broken("mpjpj>3", {})
    limit = [Limit.parse("jitter>+1%")]
    with pytest.raises(KinestError, match="no 'a'; there are c, d"):
        list(failures(limit, {"a": FIGURES, "b": FIGURES}, {"c": FIGURES, "d": FIGURES}))
    assert list(failures(limit, {"a": FIGURES}, {"renamed": FIGURES})) == []
    (tmp_path / "no.json").write_text("[1]")
    for name, what in (("none.json", "does not exist: write"), ("no.json", "is not what")):
        with pytest.raises(KinestError, match=f"--against .*{name} {what}"):
            load_figures(tmp_path / name)
    (tmp_path / "yes.json").write_text(json.dumps({"bag": FIGURES}))
    assert load_figures(tmp_path / "yes.json") == {"bag": FIGURES}
