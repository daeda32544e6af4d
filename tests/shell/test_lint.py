"""`gapkeeper lint` as its user sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app
from bot.cli.lint import annotation
from bot.core.errors import Problem, Severity

GOOD = "# Known gaps\n\n- [ ] [P1] one\n"
WARNS = "# Known gaps\n\n- [ ] one\n  - [x] a task\n"
FAILS = "# Known gaps\n\n- [ ] one\n- [ ]\n"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["lint", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in (("good.md", GOOD), ("warns.md", WARNS), ("fails.md", FAILS)):
        Path(name).write_text(text)
    Path("odd.md").write_bytes(b"- [ ] \xff")
    return tmp_path


@pytest.mark.parametrize(
    ("files", "status"),
    [
        pytest.param(["good.md"], 0, id="nothing"),
        pytest.param(["warns.md"], 0, id="warnings only"),
        pytest.param(["good.md", "fails.md", "warns.md"], 1, id="an error"),
        pytest.param(["odd.md"], 1, id="a file that is no text is an error in it"),
        pytest.param(["none.md", "fails.md"], 2, id="no such file"),
        pytest.param(["."], 2, id="a folder"),
    ],
)
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_exit_status(folder: Path, files: list[str], status: int, form: str):
    assert run("--format", form, *files).exit_code == status


def test_text(folder: Path):
    result = run("good.md", "warns.md", "fails.md")
    assert result.stdout.splitlines() == [
        "warns.md:3:7: warning: the gap is open, but its only task is ticked [ticked-tasks] (close the gap, or add the task that is left)",
        "fails.md:4:1: error: this entry has no title, so it is not tracked [no-title] (say what the gap is, or take the entry out)",
        "1 error, 1 warning",
    ]
    assert run("good.md").stdout == ""


def test_the_other_files_are_linted_all_the_same(folder: Path):
    result = run("none.md", "fails.md")
    assert result.stderr == "gapkeeper: none.md: no such file\n"
    assert "fails.md:4:1: error" in result.stdout


def test_json(folder: Path):
    first, second = (json.loads(line) for line in run("--format", "json", "fails.md", "good.md").stdout.splitlines())
    assert second == {"path": "good.md", "problems": []}
    assert first["problems"] == [
        {
            "line": 4,
            "column": 1,
            "code": "no-title",
            "severity": "error",
            "message": "this entry has no title, so it is not tracked",
            "hint": "say what the gap is, or take the entry out",
        }
    ]


def test_annotations_name_the_file_from_the_root_of_the_repository(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / ".git").mkdir()
    (folder / "docs").mkdir()
    (folder / "docs" / "fails.md").write_text(FAILS)
    monkeypatch.chdir(folder / "docs")
    assert run("--format", "github", "fails.md").stdout == (
        "::error file=docs/fails.md,line=4,title=no-title::"
        "this entry has no title, so it is not tracked; say what the gap is, or take the entry out\n"
    )


def test_annotations_are_escaped():
    problem = Problem("a-code", "100 %, a: b\r\nnew ::error::", 0, hint="x,y", severity=Severity.WARNING)
    assert annotation("a,b:c%.md", problem) == (
        "::warning file=a%2Cb%3Ac%25.md,line=1,title=a-code::100 %25, a: b%0D%0Anew ::error::; x,y"
    )


@pytest.mark.parametrize("repository", [True, False])
def test_links_are_looked_up(folder: Path, repository: bool):
    if repository:
        (folder / ".git").write_text("gitdir: elsewhere\n")
    (folder / "docs").mkdir()
    (folder / "docs" / "a.md").write_text("# Known gaps\n\n- [ ] [x](b.md) [y](../good.md) [z](/good.md) [f](.)\n")
    result = run(folder / "docs" / "a.md")
    assert [line.rsplit(":", 1)[1] for line in result.stdout.splitlines()[:-1]] == [
        " the link leads to docs/b.md, which does not exist [dead-link]"
    ]


def test_a_document_cannot_steer_the_terminal(folder: Path):
    Path("good.md").write_text("# Known gaps\n\n- [ ] [x](a\x1b[31m\u202e.md)\n")
    assert "\x1b" not in (shown := run("good.md").stdout)
    assert "\u202e" not in shown
