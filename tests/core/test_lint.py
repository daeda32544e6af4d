"""The rules of lint: what they find, and beside it what they must leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.core.errors import Severity
from bot.core.gaps.model import Document
from bot.core.gaps.parse import parse
from bot.core.lint import linked_paths, lint
from bot.core.names import DocumentPath

PATH = DocumentPath("docs/GAPS.md")
HEAD = "# Known gaps\n\n"
TABLE = "| ID | Gap | Severity | Status |\n|--|--|--|--|\n"


def read(text: str) -> Document:
    reading = parse(PATH, text.encode())
    assert isinstance(reading, Document)
    return reading


def found(text: str, existing: frozenset[str] | None = None) -> list[tuple[int, str]]:
    return [(problem.line, problem.code) for problem in lint(read(text), existing=existing)]


FINDINGS = [
    pytest.param(
        TABLE + "| G-1 | a pool | low | open |\n| G-1 | a key | low | open |\n", [(6, "duplicate-id")], id="an id in one section"
    ),
    pytest.param(
        "## A\n\n### G-1: a pool\n\nText.\n\n## B\n\n### G-1: a key\n\nText.\n",
        [(11, "duplicate-id")],
        id="an id in two sections",
    ),
    pytest.param("- [ ] one\n- [ ]\n- [x] \n- []\n", [(4, "no-title"), (5, "no-title"), (6, "no-title")], id="empty boxes"),
    pytest.param("- [ ] one\n  - [ ] a\n  - [ ]\n", [(5, "no-title")], id="an empty task"),
    pytest.param(TABLE + "| G-1 | a pool | low | open |\n| G-2 | | low | open |\n", [(6, "no-title")], id="an empty cell"),
    pytest.param("### G-1: a pool\n\nText.\n\n### G-2:\n\nText.\n", [(7, "no-title")], id="a heading of an id alone"),
    pytest.param("- [ ] one\n  - [x] a\n  - [x] b\n", [(3, "ticked-tasks")], id="all tasks ticked"),
    pytest.param("- [~] one\n  - [x] a\n- [ ] two\n", [(3, "ticked-tasks")], id="the only task ticked"),
    pytest.param("### G-1: a pool\n\n**Status**: Opne\n", [(5, "unknown-status")], id="a slip in a status field"),
    pytest.param("### G-1: a pool\n\n**Status**: Bananas\n", [(5, "unknown-status")], id="no status at all"),
    pytest.param(
        TABLE + "| G-1 | a | low | Xyzzy |\n| G-2 | b | low | xyzzy |\n", [(5, "unknown-status")], id="each unknown word once"
    ),
    pytest.param("### G-1: a pool\n\n**Priority**: Critcal\n", [(5, "unknown-priority")], id="a slip in a priority field"),
    pytest.param("- [ ] [high] one\n- [ ] [low] two\n- [ ] [meduim] three\n", [(5, "unknown-priority")], id="a slip in a tag"),
    pytest.param("- [ ] one\n\n```\nnever closed\n", [(5, "unclosed-fence")], id="a fence at the end, nothing lost"),
    pytest.param("- [ ] one\n  ~~~\n  code\n- [ ] two\n", [(4, "unclosed-fence")], id="a fence that its entry ends"),
    pytest.param("```sh\ncode\n\n- [ ] one\n", [(3, "unclosed-fence")], id="a fence that the reader mended, once"),
    pytest.param("- [ ] ‚úÖ one\n- [ ] ‚úÖ two\n", [(3, "double-encoded")], id="double-encoded text, once a file"),
]
NOTHING = [
    pytest.param("## A\n\n- **Gap 1** a pool\n\n## B\n\n- **Gap 1** a key\n", id="numbers that start again"),
    pytest.param("A template:\n\n```\n- [ ]\n```\n\n- [ ] one\n", id="an empty box in code"),
    pytest.param("## How to use\n\n- [ ]\n\n## Active\n\n- [ ] one\n", id="an empty box in instructions"),
    pytest.param(
        TABLE + "| **Backend** | | | |\n| G-1 | a | low | open |\n| | **Total** | 1 | |\n", id="a group row and a total"
    ),
    pytest.param("- [ ] one\n  - [x] a\n  - [ ] b\n- [x] two\n  - [x] a\n", id="tasks as they should be"),
    pytest.param("### G-1: a pool\n\n**Status**: waits for the answer of the vendor\n", id="a status in a sentence"),
    pytest.param("### G-1: a pool\n\n**Status**: v2.1\n**Priority**: 3\n", id="a version, a number"),
    pytest.param("### G-1: a pool\n\n**Status**: ✅\n", id="a mark"),
    pytest.param("### G-1: a pool\n\n**Estado**: Resuelto\n**Prioridad**: Alta\n", id="another language"),
    pytest.param("### G-1: a pool\n\n**Impact**: Bananas\n**Owner**: Hihg\n", id="unknown words in other fields"),
    pytest.param("- [ ] [high] one\n- [ ] [low] two\n- [ ] [docs] three\n", id="a tag of another kind"),
    pytest.param("- [ ] [meduim] one\n- [ ] [lwo] two\n", id="no sibling says that tags are priorities"),
    pytest.param("- [ ] one\n\n````md\n```\n````\n\n~~~ x\n~~~~\n", id="fences that are closed"),
    pytest.param("- [ ] Prüfen – ça va, naïve “quotes”\n", id="accents"),
    pytest.param("- [ ] one\r\n- [ ] Prüfen\r\n", id="CRLF"),
]


@pytest.mark.parametrize(("text", "expected"), FINDINGS)
def test_what_is_found(text: str, expected: list[tuple[int, str]]):
    assert found(HEAD + text) == expected


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_left_alone(text: str):
    assert found(HEAD + text) == []


@pytest.mark.parametrize(
    ("word", "hint"),
    [("Reslved", "resolved"), ("in progres", "in progress"), ("Wont fx", "wont fix"), ("Xyzzy", None)],
)
def test_the_nearest_known_word_is_named(word: str, hint: str | None):
    (problem,) = lint(read(f"{HEAD}### G-1: a pool\n\n**Status**: {word}\n"))
    assert problem.hint == (hint and f"did you mean “{hint}”?")


def test_a_doubled_id_is_an_error_in_one_section_and_a_warning_in_two():
    same = lint(read(f"{HEAD}{TABLE}| G-1 | a | low | open |\n| G-1 | b | low | open |\n"))
    apart = lint(read(f"{HEAD}## A\n\n### G-1: a\n\nText.\n\n## B\n\n### G-1: b\n\nText.\n"))
    assert [problem.severity for problem in (*same, *apart)] == [Severity.ERROR, Severity.WARNING]


def test_every_problem_stands_where_it_says():
    text = HEAD + "- [ ] [high] one\n- [ ]\n\n### G-1: a pool\n\n**Status**: Opne\n\nSee [it](gone.md).\n"
    problems = lint(read(text), existing=frozenset())
    assert [problem.span.of(text) for problem in problems if problem.span] == ["- [ ]", "Opne", "gone.md"]
    assert all(text.count("\n", 0, problem.span.start) + 1 == problem.line for problem in problems if problem.span)


def test_a_failure_is_the_only_problem():
    reading = parse(PATH, b"<<<<<<< a\n- [ ]\n=======\n- [ ] x\n>>>>>>> b\n")
    assert [(problem.code, problem.severity) for problem in lint(reading)] == [("merge-conflict", Severity.ERROR)]


LINKS = [
    pytest.param("[a](plan.md)", {"docs/plan.md"}, id="beside the document"),
    pytest.param("[a](../src/a.py#L10)", {"src/a.py"}, id="up, with a line"),
    pytest.param("[a](/src/a.py:12)", {"src/a.py"}, id="from the root, with a line"),
    pytest.param("[a](./x/) ![b](i/p.png?raw=1)", {"docs/x", "docs/i/p.png"}, id="a folder, an image"),
    pytest.param("[a](<two words.md>) [b](two%20words.md)", {"docs/two words.md"}, id="blanks"),
    pytest.param('[a](b_(c).md "title")', {"docs/b_(c).md"}, id="brackets and a title"),
    pytest.param("[![i](i.svg)](p.md)", {"docs/i.svg", "docs/p.md"}, id="an image in a link"),
    pytest.param("[a]: plan.md", {"docs/plan.md"}, id="a definition"),
    pytest.param("> [a](plan.md)", {"docs/plan.md"}, id="in a quote"),
    pytest.param("`[a](b.md)` ``[a](b.md) ` `` [c](d.md)", {"docs/d.md"}, id="in code spans"),
    pytest.param("```\n[a](b.md)\n```\n\n    [a](b.md)\n\n- x\n  ~~~\n  [a](b.md)\n  ~~~", set(), id="in code"),
    pytest.param("[a](https://x.y/z.md) [b](mailto:a@b.c) [c](#part) [d](//x/y.md)", set(), id="addresses"),
    pytest.param("[a](../../issues/5) [b](../issues/5) [c](../../../x.md)", set(), id="GitHub's pages and what lies outside"),
    pytest.param("[a](url) [b](path/{name}.md) [c](...) [ ](", set(), id="placeholders"),
]


@pytest.mark.parametrize(("text", "paths"), LINKS)
def test_where_links_lead(text: str, paths: set[str]):
    assert linked_paths(read(f"{HEAD}{text}\n"), PATH) == paths


def test_dead_links_are_those_that_do_not_exist():
    text = HEAD + "- [ ] [one](a.md) and [two](b.md)\n"
    assert found(text, frozenset({"docs/a.md"})) == [(3, "dead-link")]
    assert found(text) == []


CORPUS = sorted(Path(__file__).parents[3].glob("shared/*/docs/*.md"))


@pytest.mark.parametrize(
    "path", CORPUS or [pytest.param(None, marks=pytest.mark.skip("no documents here"))], ids=lambda p: p and p.stem
)
def test_no_wolf_is_cried_over_real_documents(path: Path):
    """Words that people really write are known; what remains in these documents are true finds, of these kinds only."""
    codes = {problem.code for problem in lint(parse(DocumentPath(path.name), path.read_bytes()))}
    assert codes <= {"misnested-fence", "unclosed-fence", "double-encoded", "duplicate-id", "no-title", "merge-conflict"}
