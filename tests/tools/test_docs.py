# SPDX-License-Identifier: Apache-2.0
"""What docs/ say is what the code does: interface, messages, commands, links."""

import ast
import itertools
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import kinest_ros
from kinest_ros.cli.main import _parse, find_commands
from kinest_ros.node.parameters.checks import check_names
from tests.commands import run as run_command
from tests.node.launching import load

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
ANYTHING = "\0"


def literals(pattern: str = "**/*.py") -> list[str]:
    """Return every text in the code, with ANYTHING where a value is put in."""
    found = []
    for path in (ROOT / "kinest_ros").glob(pattern):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (
                    str(part.value) if isinstance(part, ast.Constant) else ANYTHING
                    for part in node.values
                )
                found.append("".join(parts))
    return found


def test_quoted_messages_are_printed_by_the_code() -> None:
    texts = literals()
    lines = (DOCS / "troubleshooting.md").read_text(encoding="utf-8").splitlines()
    quoted = [line[2:] for line in lines if line.startswith("> ")]
    assert len(quoted) > 20
    for quote in quoted:
        pattern = re.escape(quote).replace("…", ".*")
        assert any(re.search(pattern, text, re.DOTALL) for text in texts), quote


def test_refusals_quoted_in_calibration_are_printed_by_the_code() -> None:
    """Refusals are put together from parts, so the words of a quote are looked for in one file."""
    words = re.compile(r"[a-z]{3,}")
    files = ["node/calibration_service.py"]
    files += [f"calibration/{path.name}" for path in (ROOT / "kinest_ros/calibration").glob("*.py")]
    vocabularies = [
        {word for text in literals(name) for word in words.findall(text)} for name in files
    ]
    table = (DOCS / "calibration.md").read_text(encoding="utf-8").partition("## Refusals")[2]
    quoted = re.findall(r"\*([^*]+)\*", table)
    assert len(quoted) > 8
    for quote in quoted:
        said = set(words.findall(re.sub(r"(left|right)_\w+", "", quote)))
        assert any(said <= vocabulary for vocabulary in vocabularies), quote


def commands(page: Path, older: bool = False) -> list[list[str]]:
    """Return the commands in a page's shell blocks, split into words.

    Args:
        page: a page of the docs.
        older: also those of an older commit, which the block begins with.
    """
    found = []
    for block in re.findall(r"```bash\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        if block.startswith("git checkout ") and not older:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words:
                found.append([words[0].removeprefix(".venv/bin/"), *words[1:]])
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_are_understood(page: Path) -> None:
    launched = load()
    arguments = {
        *launched.OTHER_ARGUMENTS,
        *launched.PARAMETER_ARGUMENTS,
        *launched.TOPIC_ARGUMENTS,
    }
    for words in commands(page):
        if words[0] == "kinest":
            assert words[1] in find_commands()
            assert _parse(words[1:]) is not None, words
        elif words[:2] == ["ros2", "launch"]:
            given = dict(word.split(":=") for word in words[4:])
            assert words[2:4] == ["kinest_ros", "kinest.launch.py"]
            assert set(given) <= arguments
            assert given.get("route", "bag") in launched.ROUTES
        elif "kinest_node" in words[:4]:
            after = list(itertools.pairwise(words))
            check_names(word.split(":=")[0] for flag, word in after if flag == "-p")
            for flag, word in after:
                assert flag != "--params-file" or (ROOT / word).is_file()


def test_commands_of_the_results_read_what_others_of_them_write() -> None:
    """From top to bottom: each training has its own folder, and no weights come from nowhere."""
    made: set[str] = set()
    read = 0
    for words in commands(DOCS / "RESULTS.md", older=True):
        if words[0] == "kinest":
            needed = [word for word in words if word.endswith(".safetensors")]
            assert {word.removesuffix("/weights.safetensors") for word in needed} <= made, words
            read += len(needed)
            if words[1] == "train":
                folder = words[words.index("--out") + 1]
                assert folder not in made
                made.add(folder)
    assert len(made) > 20 and read > 30


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        path = (page.parent / name) if name else page
        assert path.is_file(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}
            assert anchor in slugs, target


def test_the_front_page_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 200


def test_index_lists_every_page() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    # Pages of figures belong to the README of the repository.
    own = {page.name for page in PAGES[1:] if page.stem.islower()}
    assert all(f"]({name})" in index for name in own)


@pytest.mark.ros
def test_interface_page_is_up_to_date(ros_domain: int) -> None:
    done = run_command("--check", module="tools.docs", folder=str(ROOT))
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_pictures_are_small_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    from tools.docs import at_work
    from tools.docs.pictures import draw_all

    monkeypatch.setattr(at_work, "MOMENTS", at_work.MOMENTS[:1])  # of half a minute, five seconds
    drawn = {path.name for path in draw_all(tmp_path)}
    images = {path.name: path.stat().st_size for path in (DOCS / "images").iterdir()}
    assert drawn | {"view.png", "web.png"} == set(images)  # these are photographs of a screen
    assert max(images.values()) < 150_000
    pages = (
        DOCS / "frames.md", DOCS / "web.md", ROOT / "ARCHITECTURE.md", ROOT / "README.md"
    )  # fmt: skip
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert all(f"images/{name})" in text for name in images)


def test_the_api_page_has_every_public_name() -> None:
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^::: kinest_ros\.(\w+)$", page, re.M)) == sorted(kinest_ros.__all__)


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("material", reason="needs the extra docs: make docs")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pages = {path.stem for path in PAGES if path.stem != "README"}
    assert all((tmp_path / page / "index.html").is_file() for page in pages)
    # What a page links to outside docs/ is there too.
    assert (tmp_path / "source" / "config" / "openxr.yaml").is_file()
    assert "push(frame" in re.sub("<[^>]+>", "", (tmp_path / "api/index.html").read_text())
