"""`gapkeeper explain` as its user sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from bot.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

DOCUMENT = """# Known gaps

An introduction.
It has three lines.
This is the last.

## How to use

- Add a gap
- at the end
- of the list

## Active

| ID | Gap | Severity | Status |
|----|-----|----------|--------|
| TD-7 | Pool connections | High | In progress |
| TD-8 | Hash the ids | Low | Open |

## Later

- [ ] Rotate the keys
  - [x] inventory
  - [ ] schedule
  - **Owner**: alice

```python
never closed

- [ ] Limit the rate
"""


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "GAPS.md"
    path.write_text(DOCUMENT)
    return path


def run(*arguments: object, **env: str) -> Result:
    return CliRunner().invoke(app, ["explain", *map(str, arguments)], env={"COLUMNS": None, **env})


def test_gaps_say_what_they_were_taken_for_and_why(document: Path):
    result = run(document)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    row = lines.index("17  | TD-7 | Pool connections | High | In progress |")
    assert lines[row + 1].startswith(
        "    ● row of the table under 'Active': gap TD-7, in progress from column Status, high from column Severity"
    )
    assert lines[row + 3].startswith("    ● row of the table: gap TD-8"), "the heading is named once"
    assert " 7  ## How to use  ○ instructions; nothing in it is a gap" in lines


def test_what_says_nothing_is_folded_and_all_shows_it(document: Path):
    folded = run(document).stdout
    assert " ⋮  3 lines\n" in folded
    assert " ⋮  3 lines: 2 tasks, 1 field\n" in folded
    assert "It has three lines." not in folded
    assert "--all shows them" in folded
    everything = run("--all", document).stdout
    for line in DOCUMENT.splitlines():
        assert line in everything
    assert "⋮" not in everything
    assert "○ checkbox: task of the gap on line 22, done" in everything


def test_a_problem_stands_below_its_line_with_a_caret(document: Path):
    lines = run(document).stdout.splitlines()
    at = lines.index("27  ```python")
    assert lines[at + 1] == "    ^^^^^^^^^"
    assert lines[at + 2].startswith("    ▲ warning: this code fence is never closed;")
    assert lines[at + 2].endswith("[unclosed-fence]")
    assert lines[-1] == "4 gaps: 1 in progress, 1 open, 2 deferred; 1 problem; 9 lines are folded, --all shows them"


@pytest.mark.parametrize("width", [30, 47, 80, 200])
def test_it_wraps_at_any_width(document: Path, width: int):
    document.write_text(DOCUMENT.replace("Pool connections", "Pool the 連接 " + "of every database " * 9))
    lines = run(document, COLUMNS=str(width)).stdout.splitlines()
    assert max(cell_len(line) for line in lines) <= width
    assert any(line.strip().endswith("^") for line in lines)


@pytest.mark.parametrize("width", [None, "60"])
def test_a_caret_stands_under_its_span(document: Path, width: str | None):
    document.write_text("# Gaps\n\n\t- [ ] one\n\n- [ ] two\n\n <<<\n<<<<<<< HEAD\n- [ ] three\n=======\n>>>>>>> b\n")
    result = run(document, **({"COLUMNS": width} if width else {}))
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    at = lines.index(" 8  <<<<<<< HEAD")
    assert lines[at + 1] == "    " + "^" * 12
    assert "[merge-conflict]" in " ".join(lines[at + 2 : at + 4])


def test_a_document_cannot_steer_the_terminal(document: Path):
    document.write_text("# Gaps\n\n- [ ] a \x1b[31mred\x1b]0;title\x07 \u202egap\n")
    shown = run(document, FORCE_COLOR="1", COLUMNS="80").stdout
    assert "␛[31mred" in shown
    assert "\x1b]0" not in shown
    assert "\u202e" not in shown


def test_as_json(document: Path):
    result = run("--json", document)
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert list(said) == ["path", "lines", "gaps", "problems"]
    assert all(list(line) == ["line", "taken", "what", "why"] for line in said["lines"])
    assert [line["line"] for line in said["lines"] if line["taken"]] == [gap["line"] for gap in said["gaps"]] == [17, 18, 22, 30]
    assert [problem["code"] for problem in said["problems"]] == ["unclosed-fence"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(b"# Gaps\n\n- [ ] a\0\n", "binary", id="#56"),
        pytest.param(b"# Gaps\n\n- [ ] \xff\n", "not-utf-8", id="#57"),
        pytest.param(b"> " * 2000 + b"x", "too-deep", id="#63"),
    ],
)
def test_what_cannot_be_read_says_why_and_ends_with_2(tmp_path: Path, data: bytes, code: str):
    path = tmp_path / "bad.md"
    path.write_bytes(data)
    result = run(path)
    assert result.exit_code == 2
    assert f"[{code}]" in result.stdout
    assert result.stderr.count("\n") == 1
    as_json = run("--json", path)
    assert as_json.exit_code == 2
    assert [problem["code"] for problem in json.loads(as_json.stdout)["problems"]] == [code]


def test_a_file_that_is_not_there_is_one_line_and_status_2(tmp_path: Path):
    result = run(tmp_path / "none.md")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"gapkeeper: {tmp_path / 'none.md'}: no such file\n"
