"""The command line as its user sees it: what it prints, and how it ends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from bot.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

DOCUMENT = """# Known gaps

## Security

- [ ] [P0] Rotate the keys
  - [x] inventory
  - [ ] schedule
- [x] [P1] Hash the ids
- [ ] Limit the rate
"""
KEYS = {"line", "title", "id", "kind", "state", "priority", "effort", "section", "tasks", "depends_on", "fields"}


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "GAPS.md"
    path.write_text(DOCUMENT)
    return path


def run(*arguments: object, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env=env)


def test_parse_prints_one_json_object_a_line(document: Path):
    result = run("parse", "--json", document, document)
    assert result.exit_code == 0
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert first == second
    assert set(first) == {"path", "dialects", "gaps", "problems"}
    assert first["path"] == str(document)
    assert first["dialects"] == ["checkbox"]
    assert all(set(gap) == KEYS for gap in first["gaps"])
    rotate = first["gaps"][0]
    assert (rotate["line"], rotate["title"], rotate["state"], rotate["priority"]) == (5, "Rotate the keys", "open", "p0")
    assert rotate["section"] == ["Security"]
    assert rotate["tasks"] == [
        {"line": 6, "text": "inventory", "done": True},
        {"line": 7, "text": "schedule", "done": False},
    ]
    assert [gap["state"] for gap in first["gaps"]] == ["open", "done", "open"]


def test_parse_prints_a_table_for_people(document: Path):
    result = run("parse", document)
    assert result.exit_code == 0
    assert "Rotate the keys  1/2 tasks" in result.stdout
    assert "3 gaps: 2 open, 1 done" in result.stdout


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"- [ ] a\0", "NUL", id="#56"),
        pytest.param(b"- [ ] \xff", "UTF-8", id="#57"),
        pytest.param(b"x" * (1024 * 1024 + 1), "1024 KiB", id="#61"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line_and_status_2(tmp_path: Path, data: bytes, said: str):
    path = tmp_path / "bad.md"
    path.write_bytes(data)
    result = run("parse", "--json", path)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert said in result.stderr
    (problem,) = json.loads(result.stdout)["problems"]
    assert set(problem) == {"line", "code", "message"}


def test_the_other_files_are_read_all_the_same(document: Path, tmp_path: Path):
    result = run("parse", "--json", tmp_path / "none.md", tmp_path, document)
    assert result.exit_code == 2
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr.splitlines() == [
        f"gapkeeper: {tmp_path / 'none.md'}: no such file",
        f"gapkeeper: {tmp_path}: is a folder; name the documents in it",
    ]


def test_fault_83_of_a_file_with_a_merge_conflict_one_side_is_shown(tmp_path: Path):
    path = tmp_path / "GAPS.md"
    path.write_text("# Known gaps\n\n<<<<<<< ours\n- [ ] one\n=======\n- [ ] two\n>>>>>>> theirs\n- [ ] three\n")
    result = run("parse", "--json", path)
    assert result.exit_code == 0
    shown = json.loads(result.stdout)
    assert {gap["title"] for gap in shown["gaps"]} & {"one", "two"}
    assert [problem["code"] for problem in shown["problems"]] == ["merge-conflict"]
    assert "three" in run("parse", path).stdout


def test_problems_do_not_fail_the_command(tmp_path: Path):
    path = tmp_path / "gaps.md"
    path.write_text("# Known gaps\n\n- [ ] one\n\n```python\nnever closed\n\n- [ ] two\n")
    result = run("parse", "--json", path)
    assert result.exit_code == 0
    assert json.loads(result.stdout)["problems"]


def test_plan_of_a_file(document: Path):
    result = run("plan", "--json", document)
    assert result.exit_code == 0
    decided = json.loads(result.stdout)
    assert decided["summary"] == {"open": 2}
    assert decided["held"] is None
    assert decided["actions"][0] == {
        "action": "open",
        "title": "Rotate the keys",
        "path": str(document),
        "line": 5,
        "issue": None,
        "labels": ["gap", "priority: P0"],
    }
    shown = run("plan", document)
    assert "Plan: 2 × open." in shown.stdout


def test_plan_says_that_it_would_be_held(tmp_path: Path):
    path = tmp_path / "GAPS.md"
    path.write_text("# Known gaps\n\n" + "".join(f"- [ ] Gap number {i}\n" for i in range(26)))
    held = json.loads(run("plan", "--json", path).stdout)["held"]
    assert (held["limit"], held["above"]) == ("limits.import", 25)
    assert "It would be held" in run("plan", path).stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["plan"], "name a FILE or --repo", id="neither"),
        pytest.param(["plan", "x.md", "--repo", "a/b"], "name a FILE or --repo", id="both"),
        pytest.param(["plan", "--repo", "nonsense"], "OWNER/NAME", id="no repository's name"),
        pytest.param(["plan", "none.md"], "no such file", id="no file"),
        pytest.param(["demo", "none.md"], "no such file", id="demo of nothing"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments: list[str], said: str):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "plan --repo a/b"])
def test_fault_107_all_faults_of_the_environment_at_once(command: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("GAPKEEPER_APP_ID", "GAPKEEPER_PRIVATE_KEY", "GAPKEEPER_WEBHOOK_SECRET"):
        monkeypatch.delenv(name, raising=False)
    result = run(*command.split(), env={"GAPKEEPER_PORT": "many", "GAPKEEPER_WEBHOOK_SECRET": ""})
    assert result.exit_code == 2
    assert {line.split()[1].rstrip(":") for line in result.stderr.splitlines()} == {
        "GAPKEEPER_APP_ID",
        "GAPKEEPER_PRIVATE_KEY",
        "GAPKEEPER_WEBHOOK_SECRET",
        "GAPKEEPER_PORT",
    }
