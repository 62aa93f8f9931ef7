# SPDX-License-Identifier: Apache-2.0
"""python -m tools.results: from motion to the tables of docs/RESULTS.md."""

import json
import re
import shlex
import shutil

import pytest

from kinest_ros.cli.main import _parse
from kinest_ros.errors import KinestError
from kinest_ros.evaluation.intervals import Estimate
from kinest_ros.evaluation.metrics import METRICS
from kinest_ros.model.weights_file import weights_path
from tests.motion.clip_files import write_clips
from tools.results import __main__ as command
from tools.results.folder import Runs
from tools.results.markdown import with_interval
from tools.results.measured import Measured, evaluation, last_fifth
from tools.results.page import filled
from tools.results.rows import EVALUATIONS, TABLES, TRAININGS, chosen
from tools.results.tables import section
from tools.results.targets import TARGETS, Target

pytestmark = pytest.mark.slow

TINY = ("--steps", "1", "--add",
        "--width 32 --length 16 --batch 1 --procedural 0.003 --device cpu")  # fmt: skip
ROWS = ("full", "no-mirror", "without-cmu", "published-raw")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Rows trained for one step on invented clips, measured, and their page."""
    root = tmp_path_factory.mktemp("results")
    for folder, name in (
        ("a", "dataset-2_walk_active_00{}.npz"), ("b", "dataset-2_walk_masculine_00{}.npz"),
        ("c", "dataset-2_walk_normal_00{}.npz"), ("d", "salsa_0{}.npz"),
        ("e", "indian_0{}.npz"), ("cmuasf", "135_0{}.npz"),
    ):  # fmt: skip
        write_clips(root / "data" / folder, 2, 0.6, name)
    shutil.copy(command.PAGE, root / "page.md")
    common = ("--data", root / "data", "--runs", root / "runs", "--cache", root / "cache",
              *(word for row in ROWS for word in ("--only", row)))  # fmt: skip
    assert _run("train", *common, *TINY) == 0
    assert _run("evaluate", *common, "--write", "--page", root / "page.md",
                "--default", root / "runs/full/weights.safetensors") == 0  # fmt: skip
    return root, common


def _run(*arguments):
    return command.main([str(argument) for argument in arguments])


def _runs(root):
    return Runs(root / "runs", str(root / "runs/full/weights.safetensors"))


def test_rows_carry_their_figures_and_commands(made):
    root, _ = made
    page = (root / "page.md").read_text()
    measured = Measured(_runs(root))
    full, other = (measured.summary(name)["mean"]["mpjpe"] for name in ("full", "no-mirror"))
    (row,) = re.findall(r"\| no-mirror \|.*mirror.* \|", page)
    assert f"{other.mean:.2f} [{other.low:.2f}, {other.high:.2f}]" in row
    change = measured.difference("no-mirror", "full")["mean"]["mpjpe"].mean
    assert change == pytest.approx(other.mean - full.mean)
    assert f"{change:+.2f} [" in row
    baseline = page.partition("begin baseline")[2].partition("end baseline")[0]
    assert "**streaming**" in baseline
    # How many clips each row is of, and the differences clip by clip.
    first, second = (measured.summary("published-raw", x)["cmu"]["lower"] for x in ("", ", online"))
    (row,) = re.findall(r"\| \*\*streaming\*\* \|.*\n\| +\| (CMU .*)\|", baseline)
    assert row.startswith("CMU (2) |")
    assert f"{first.mean:.2f} [" in row
    paired = baseline.partition("minus streaming")[2].partition("published-raw, online")[2]
    (row,) = re.findall(r"\| +\| CMU \|(.*)", paired)[:1]
    assert f"{second.mean - first.mean:+.2f} [" in row.split("|")[2]
    # What is of other code says so by the commit that it takes.
    own = re.sub(r"```bash\ngit checkout .*?```", "", page, flags=re.DOTALL)
    shown = [shlex.split(line) for line in own.splitlines() if line.startswith("kinest ")]
    trained = [words[words.index("--out") + 1] for words in shown if words[1] == "train"]
    # The page's own text has the first stages of some trainings, in folders below runs/.
    assert {name for name in trained if name.count("/") == 1} == {f"runs/{name}" for name in ROWS}
    for words in shown:
        assert words[words.index("--data") + 1] == "motion/"
        _parse(words[1:])


def test_both_commands_of_a_row_are_put_together(made):
    root, _ = made
    measured = Measured(_runs(root))
    parts = measured.record("full")["parts"]
    said = [part["output"]["candidates"]["weights"]["summary"] for part in parts]
    summary = measured.summary("full")
    assert set(summary) == {"bandai", "cmu", "mean", "all clips"}
    for dataset, one in (("cmu", said[0]), ("bandai", said[1])):
        assert summary[dataset]["lower"].mean == pytest.approx(one[dataset]["lower"]["mean"])
    assert len(measured.results("full")) == 4


def test_nothing_is_done_twice(made, capsys):
    root, common = made
    assert _run("train", *common, *TINY) == 0
    default = ("--default", root / "runs/full/weights.safetensors")
    assert _run("evaluate", *common, *default) == 0
    lines = capsys.readouterr().out.splitlines()
    states = {line.partition(": ")[2] for line in lines}
    assert states == {"has weights", "measured"}
    # Other weights, or other clips, are another measurement.
    runs = _runs(root)
    assert runs.measured(evaluation("without-cmu")) is not None
    record = runs.record(evaluation("without-cmu"))
    said = record.read_text()
    record.write_text(said.replace(runs.digest("without-cmu"), "0" * 12))
    assert runs.measured(evaluation("without-cmu")) is None
    record.write_text(said)
    assert _run("evaluate", *common[:4], "--only", "without-cmu", "--every", "2") == 0
    again = json.loads(record.read_text())
    assert again["parts"][0]["command"].count("--every") == 1


def test_a_claimed_row_is_left_alone_and_a_begun_one_goes_on(made, tmp_path, capsys):
    root, _ = made
    runs = Runs(tmp_path)
    start = ("train", "--data", root / "data", "--runs", tmp_path, "--only", "full")
    with runs.claimed("full") as mine:
        assert mine
        assert _run(*start, *TINY) == 0
    assert "another process is at it" in capsys.readouterr().out
    assert not runs.has_weights("full")
    assert _run(*start, *TINY) == 0
    (tmp_path / "full/weights.safetensors").unlink()
    assert _run(*start, "--steps", "2", *TINY[2:]) == 2
    assert "was begun with other options" in capsys.readouterr().err
    assert _run(*start, *TINY) == 0
    assert runs.has_weights("full")


def test_failures_end_it(made, tmp_path, capsys):
    root, _ = made
    assert _run("train", "--data", tmp_path / "no", "--runs", tmp_path, *TINY) == 2
    assert "kinest train ended with status 2" in capsys.readouterr().err
    assert _run("evaluate", "--data", root / "data", "--only", "luck") == 2
    assert "no such row or table; tables are people, headline, " in capsys.readouterr().err


def test_rows_are_chosen_by_name_or_table():
    assert [row.name for row in chosen(["full"], TRAININGS)] == ["full"]
    assert len(chosen(["sources"], EVALUATIONS)) == 4
    assert chosen([], TRAININGS) == list(TRAININGS)
    assert {row.table for row in (*TRAININGS, *EVALUATIONS)} == set(TABLES)


def test_an_empty_folder_leaves_empty_tables(tmp_path):
    measured = Measured(Runs(tmp_path))
    for name in TABLES:
        rows = [line for line in section(name, measured).splitlines() if "---" not in line]
        figures = [row for row in rows if re.search(r"\d\.\d", row)]
        # Targets have their limits, and the bundled weights their budget.
        limits = [target for target in TARGETS if target.table == name]
        assert len(figures) == len(limits) + (name in ("headline", "baseline"))
        assert not re.search(r"reached|missed", "".join(rows))


def test_a_target_says_by_how_much_it_was_missed():
    def row(value, unit="cm", limit=7.0):
        return Target("sources", "x", limit, unit, lambda _: value).row(None)

    assert row(6.5) == ("x", "7.00 cm", "6.50 cm", "reached")
    assert row(7.25) == ("x", "7.00 cm", "7.25 cm", "missed by 0.25 cm")
    assert row(0.5, "%", 0.4) == ("x", "40.0 %", "50.0 %", "missed by 10.0 points")
    assert row(None) == ("x", "7.00 cm", "", "")


def test_the_robustness_suite_is_read(tmp_path):
    runs = Runs(tmp_path)
    suite = {
        "weights_hash": "", "long_stream": {"hours": 1.0, "carried": 4.2, "fresh": 4.0,
                                            "growth": 0.05},
        "lost_hand": {"2": {
            "clips": 9, "error_cm": 6.0, "undisturbed_cm": 4.0, "growth": 0.5, "gap_m": 0.7,
            "recovery_s": {"p50": 0.1, "p95": 0.2, "max": None},
            "recovery_near_s": {"p50": 0.1, "p95": 0.2, "max": 0.25},
            "added_speed": {"p50": 1.0, "p95": 2.0, "max": 2.9},
        }},
        "trackers": {"three": 4.0, "six": 1.8, "ratio": 0.45},
    }  # fmt: skip
    record = runs.record(evaluation("robustness"))
    record.parent.mkdir()
    part = {"command": ["evaluate", "--data", "x"], "output": {"default": suite}}
    record.write_text(json.dumps({"hashes": [runs.digest("default")], "parts": [part]}))
    text = section("robustness", Measured(runs))
    assert "| 0.10 / 0.20 / never |" in text
    assert re.search(r"growth of MPJPE \| 40.0 % \| 50.0 % \| missed by 10.0 points", text)
    assert re.search(r"added to any joint, at most \| 3.00 m/s \| 2.90 m/s \| reached", text)
    assert re.search(r"until it is back, at most \| 0.30 s \| 0.25 s \| reached", text)
    suite["lost_hand"]["2"]["recovery_near_s"] = None
    record.write_text(json.dumps({"hashes": [runs.digest("default")], "parts": [part]}))
    text = section("robustness", Measured(runs))
    assert re.search(r"until it is back, at most \| 0.30 s \|  \|  \|", text)
    assert text.count("| reached |") == 3


def test_people_are_shown_beside_row_zero_with_their_worst_clips(tmp_path):
    runs = Runs(tmp_path)
    row = evaluation("people-test")
    for name in row.beside:
        (tmp_path / name).mkdir()
        shutil.copy(weights_path("default"), runs.weights(name))

    def clip(person, kind, index, value):
        figures = dict.fromkeys(METRICS, value)
        where = f"cmuasf/{person}_0{index}.npz"
        return {"clip": where, "dataset": "cmu", "group": f"CMU{person}", "action": "x",
                "style": "", "kind": kind, **figures}  # fmt: skip

    values = (("17", "stepping", 4.0, 5.0), ("49", "athletic", 6.0, 8.0), ("49", "hands", 2.0, 2.5))
    candidates = {
        name: {"clips": [clip(person, kind, index, found[column])
                         for index, (person, kind, *found) in enumerate(values)]}
        for column, name in enumerate(("default", "zero"))
    }  # fmt: skip
    part = {"command": ["evaluate", "--data", "x"], "output": {"candidates": candidates}}
    record = runs.record(row)
    record.parent.mkdir()
    hashes = [runs.digest(name) for name in runs.weights_of(row)]
    record.write_text(json.dumps({"hashes": hashes, "parts": [part]}))
    text = section("people", Measured(runs))
    assert re.search(r"\*\*default\*\*, test \| CMU \(3\) \| 4.00 \[", text)
    assert re.search(r"row zero, test \| CMU \(3\) \| 5.17 \[", text)
    assert re.search(r"\| test \| CMU \| -1.17 \[", text)
    assert "| cmu/CMU49 | 2 | 4.00 (5.25) |" in text
    assert "| cmuasf/49_01 | 6.00 |" in text
    assert (
        "| stepping | 1 | 4.00 (5.00) | 4.00 (5.00) | 4.00 (5.00) | cmuasf/17_00 | 4.00 |" in text
    )


def test_one_table_is_written_and_the_others_left(tmp_path):
    page = tmp_path / "page.md"
    shutil.copy(command.PAGE, page)
    before = page.read_text().partition("begin headline")[2]
    assert _run("write", "--runs", tmp_path, "--page", page, "--table", "people") == 0
    assert page.read_text().partition("begin headline")[2] == before


def test_the_last_fifth():
    history = [{"step": 400.0, "mpjpe_cm": 8.0}, {"step": 500.0, "mpjpe_cm": 6.0}]
    assert last_fifth({"steps": 500, "history": history}) == pytest.approx(0.25)
    assert last_fifth({"steps": 450, "history": history[:1]}) is None


def test_the_page_keeps_its_text():
    page = "a\n<!-- begin x -->\nold\n<!-- end x -->\nb\n"
    assert filled(page, {"x": "n\\1w\n"}) == "a\n<!-- begin x -->\nn\\1w\n<!-- end x -->\nb\n"
    with pytest.raises(KinestError, match="no <!-- begin y -->"):
        filled(page, {"y": ""})
    filled(command.PAGE.read_text(), dict.fromkeys(TABLES, ""))


def test_the_commands_of_the_page_and_of_the_help_are_understood():
    lines = f"{command.PAGE.read_text()}{command._EPILOGUE}".splitlines()
    commands = [shlex.split(line) for line in lines if "python -m tools.results " in line]
    commands = [words for words in commands if words[:3] == ["python", "-m", "tools.results"]]
    assert len(commands) > 8
    for words in commands:
        args = command._parser().parse_args(words[3:])
        chosen(getattr(args, "only", []), TRAININGS)


def test_an_interval_that_is_not_known_is_left_out():
    assert with_interval(Estimate(1.0, 0.5, 2.0), "+") == "+1.00 [+0.50, +2.00]"
    assert with_interval(Estimate(1.0, float("nan"), float("nan"))) == "1.00"
