"""What the documents of the project say is true: commands run, examples parse, links lead somewhere, tables are complete."""

from __future__ import annotations

import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.core.config import Config, parse
from bot.core.gaps.model import Document, Kind
from bot.core.gaps.parse import parse as parse_document
from bot.core.names import DocumentPath

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
FENCES = re.compile(r"^(`{3,}).*?^\1$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`[^`\n]+`")
FENCE = re.compile(r"^```([\w ]*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def fences(language: str) -> list[str]:
    return [body for found, body in FENCE.findall(README) if found == language]


def commands() -> list[str]:
    lines = [line.partition("#")[0].strip() for body in fences("bash") for line in body.splitlines()]
    return [line.split("uv run gapkeeper ")[1].strip() for line in lines if "uv run gapkeeper " in line]


def test_the_readme_shows_every_command():
    shown = {shlex.split(command)[0] for command in commands()}
    registered = {command.name for command in app.registered_commands}
    assert registered <= shown | {word for word in registered if f"`gapkeeper {word}" in README or f"gapkeeper {word} " in README}


@pytest.mark.parametrize("command", [c for c in commands() if "KNOWN_GAPS.md" in c])
def test_commands_of_the_readme_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "KNOWN_GAPS.md").write_text("# Known gaps\n\n- [ ] one\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, shlex.split(command))
    assert result.exit_code == 0, result.output
    assert "one" in result.stdout


@pytest.mark.parametrize("kind", list(Kind))
def test_the_example_of_each_dialect_is_read_as_one_gap_of_it(kind: Kind):
    (example,) = fences(f"markdown {kind}")
    reading = parse_document(DocumentPath("KNOWN_GAPS.md"), f"# Known gaps\n\n{example}".encode())
    assert isinstance(reading, Document)
    assert [gap.kind for gap in reading.gaps] == [kind]


def test_the_example_config_is_valid_and_names_every_key():
    (example,) = fences("yaml")
    config = parse(example.encode())
    assert isinstance(config, Config)
    assert all(f"{field.name}:" in example for field in fields(Config))


def test_every_variable_of_the_environment_is_in_the_table():
    source = (ROOT / "bot" / "settings.py").read_text(encoding="utf-8")
    body = source[source.index("class Environment") :]
    names = re.findall(r"^        (\w+): Annotated|^        (log): ", body, re.MULTILINE)
    variables = {f"GAPKEEPER_{(first or second).upper()}" for first, second in names}
    assert len(variables) >= 9
    assert [variable for variable in sorted(variables) if f"`{variable}" not in README] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path):
    targets = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", INLINE.sub("", FENCES.sub("", page.read_text(encoding="utf-8"))))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_reading_order_names_files_that_exist():
    text = (ROOT / "docs" / "reading-order.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/]+\.py)`", text))
    folders = [ROOT, ROOT / "bot", ROOT / "bot" / "core", *(path for path in (ROOT / "bot").rglob("*") if path.is_dir())]
    assert len(named) > 20
    assert [name for name in sorted(named) if not any((folder / name).is_file() for folder in folders)] == []


def test_decisions_are_numbered_without_a_gap():
    numbers = [path.name[:4] for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == [f"{i:04}" for i in range(1, len(numbers) + 1)]
