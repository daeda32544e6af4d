"""`gapkeeper config check` as its user sees it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli import app


def check(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["config", "check", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".github").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(b"files: [a.md]\n", 0, id="good"),
        pytest.param(b"codeowners: true\n", 0, id="a warning"),
        pytest.param(b"fils: [a.md]\n", 1, id="an error"),
        pytest.param(b"files: \xff", 1, id="no text"),
    ],
)
def test_the_status_tells(folder: Path, text: bytes, status: int):
    (folder / ".github" / "gapkeeper.yml").write_bytes(text)
    assert check().exit_code == status


def test_no_file_is_said_in_one_line(folder: Path):
    result = check()
    assert result.exit_code == 2
    assert result.stderr == "gapkeeper: .github/gapkeeper.yml: no such file\n"


def test_a_problem_is_shown_in_its_place(folder: Path):
    (folder / "a.yml").write_text("files: a\nlimits: {import: ten, x: 1}\n")
    assert check("a.yml").stdout.splitlines()[:3] == [
        "a.yml:2:18: error: `limits.import` is a whole number from 0 to 100000 [config-value]",
        "  limits: {import: ten, x: 1}",
        "                   ^^^",
    ]


def test_a_text_over_several_lines_is_marked_on_its_first(folder: Path):
    (folder / "a.yml").write_text("on_remove: >-\n  keep\n  it\n")
    assert check("a.yml").stdout.splitlines()[1:3] == ["  on_remove: >-", "             ^^"]


def test_what_is_printed_cannot_steer_the_terminal(folder: Path):
    (folder / "a.yml").write_text('"\\e[31mx": \u202e1\n', encoding="utf-8")
    assert not {"\x1b", "\u202e"} & set(check("a.yml").stdout)


def test_for_programs_and_for_a_workflow(folder: Path):
    (folder / "a.yml").write_text("fils: a\n")
    assert json.loads(check("a.yml", "--format", "json").stdout)["problems"][0]["column"] == 1
    assert check("a.yml", "--format", "github").stdout.startswith("::error file=a.yml,line=1,")
