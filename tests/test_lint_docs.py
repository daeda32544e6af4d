"""docs/lint.md names every code, and each of its examples has the problem it is an example of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.core.config import DEFAULT_GLOBS, matches
from bot.core.gaps.parse import parse
from bot.core.lint import RULES, lint
from bot.core.names import DocumentPath

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^### `([\w-]+)`\n(.*?)(?=^### `|\Z)", PAGE, re.MULTILINE | re.DOTALL))
SERVER = {"too-slow", "reader-failed"}
EXAMPLE = re.compile(r"^(?P<fence>`{3,})(?P<language>markdown|python)\n(?P<body>.*?)^(?P=fence)$", re.MULTILINE | re.DOTALL)


def test_the_page_has_every_code_and_no_other():
    assert sorted(re.findall(r"^### `([\w-]+)`$", PAGE, re.MULTILINE)) == sorted(RULES)


def test_the_registry_has_every_code_of_the_reader():
    reader = [ROOT / "bot/core/blocks.py", ROOT / "bot/core/fences.py", *(ROOT / "bot/core/gaps").glob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in reader)
    used = set(re.findall(r"(?:Problem|Finding|_limit|_failure|_problem)\(\s*\"([a-z]+(?:-[a-z0-9]+)*)\"", source))
    assert {"too-large", "merge-conflict", "unclosed-fence", "too-deep"} <= used, "the search itself works"
    assert used <= set(RULES)


@pytest.mark.parametrize("code", sorted(RULES.keys() - SERVER))
def test_the_example_has_the_problem(code: str):
    found = EXAMPLE.search(SECTIONS[code])
    assert found is not None
    data = found["body"].encode() if found["language"] == "markdown" else eval(found["body"])  # noqa: S307  our own page
    problems = lint(parse(DocumentPath("KNOWN_GAPS.md"), data), existing=frozenset())
    assert {problem.code for problem in problems} == {code}
    assert {problem.severity for problem in problems} == {RULES[code]}


@pytest.mark.parametrize(
    "path", ["KNOWN_GAPS.md", "docs/tech-debt.md", "docs/a/b/gap_analysis.md", ".github/GAPS.md", "docs/x-gaps-2.md"]
)
def test_the_hook_looks_at_what_the_app_takes_for_gap_documents(path: str):
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    files = re.compile(re.search(r"^  files: (.*)$", hooks, re.MULTILINE)[1])  # type: ignore[index]  # the line is there
    assert any(matches(glob, path.lower()) for glob in DEFAULT_GLOBS)
    assert files.search(path)
    assert not files.search("README.md")
    assert not files.search("src/TODO.md")
