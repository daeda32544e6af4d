"""The dashboard's text, word by word (tests/corpus/dashboard), and what its boxes ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.dashboard import (
    Approved,
    Board,
    Closed,
    Conflict,
    Fault,
    Keep,
    LookAgain,
    Waiting,
    dashboard,
    is_dashboard,
    same_text,
    wishes,
)
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import State
from bot.core.issue import MAX_BODY, Issue, Seal
from bot.core.merge import Side
from bot.core.names import CommitSha, DocumentPath, IssueNumber, RepositoryId
from bot.core.pair import Pair
from tests.commands.situations import pair

CORPUS = Path(__file__).parent.parent / "corpus" / "dashboard"
SEAL = Seal((b"a secret",), RepositoryId(1))
COMMIT = CommitSha("0123456789abcdef0123456789abcdef01234567")
QUESTION = "0123456789ab"
US = "gapkeeper[bot]"


def gap(number: int, title: str, priority: str | None = None, state: State = State.OPEN, *, present: bool = True) -> Pair:
    one = pair()
    base = replace(one.base, title=title, priority=priority, state=state)
    return replace(one, number=IssueNumber(number), path=DocumentPath("docs/GAPS.md"), base=base, present=present)


def fault(line: int, message: str, severity: Severity = Severity.WARNING, path: str = "docs/my gaps.md") -> Fault:
    return Fault(DocumentPath(path), COMMIT, Problem("odd", message, line, hint="do it", severity=severity))


FULL = Board(
    "https://github.com/acme/app",
    (
        gap(1, "Rotate the keys", "p0"),
        gap(2, "Limit the rate", "medium", State.IN_PROGRESS),
        gap(3, "Hash the ids", "p0", State.DONE),
        gap(4, "Log | every `call` of @acme/all, fixes #1"),
        gap(5, "Someday", "whenever", State.DEFERRED),
        gap(6, "Never", "p2", State.WONTFIX),
    ),
    Waiting(IssueNumber(9), "4af0"),
    (Conflict(IssueNumber(1), "Rotate the keys", QUESTION), Conflict(IssueNumber(2), "Limit the rate", None)),
    (fault(12, "the id G-1 stands twice", Severity.ERROR), fault(0, "the file is too large", path="GAPS.md")),
    (Closed(gap(3, "Hash the ids", "p0", State.DONE), "2026-11-20"), Closed(gap(7, "Gone", present=False), "2026-11-01")),
)
BODIES = {
    "full": FULL,
    "empty": Board("https://github.com/acme/app", ()),
    "long": Board("https://github.com/acme/app", tuple(gap(number, f"Gap {number}") for number in range(1, 61))),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_text_is_the_one_that_was_read_aloud(name: str):
    assert dashboard(BODIES[name], SEAL) == (CORPUS / f"{name}.md").read_text(encoding="utf-8")


def tick(text: str, label: str) -> str:
    ticked = re.sub(rf"\[ \] (<!-- gapkeeper:box=\S+ --> {label})", r"[x] \1", text)
    assert ticked != text
    return ticked


@pytest.mark.parametrize(
    ("label", "wish"),
    [
        ("keep file", Keep(IssueNumber(1), Side.DOCUMENT, QUESTION)),
        ("keep issue", Keep(IssueNumber(1), Side.ISSUE, QUESTION)),
        ("approve", Approved("4af0")),
        ("compare", LookAgain()),
    ],
)
def test_a_box_asks_when_it_is_ticked_and_not_before_or_after(label: str, wish: object):
    text = dashboard(FULL, SEAL)
    ticked = tick(text, label)
    assert wishes(text, text, SEAL) == ()
    assert wishes(ticked.replace("\n", "\r\n"), text, SEAL) == (wish,)
    assert wishes(ticked + "\nmore", ticked, SEAL) == ()
    assert wishes(text, ticked, SEAL) == ()


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param(lambda name: name.replace(":1:", ":2:"), id="of another issue"),
        pytest.param(lambda name: name.replace("keep-file", "keep-issue"), id="of the other side"),
        pytest.param(lambda name: name[:-16] + "0" * 16, id="with another signature"),
        pytest.param(lambda name: name[:-17], id="without a signature"),
    ],
)
def test_fault_72_a_box_that_people_wrote_asks_for_nothing(forged: object):
    assert callable(forged)
    text = dashboard(FULL, SEAL)
    [name] = re.findall(r"gapkeeper:box=(keep-file:\S+)", text)
    assert wishes(tick(text, "keep file").replace(name, forged(name)), text, SEAL) == ()


def test_a_box_of_another_repository_asks_for_nothing_and_an_older_secret_still_counts():
    text = dashboard(FULL, SEAL)
    ticked = tick(text, "compare")
    assert wishes(ticked, text, Seal((b"a secret",), RepositoryId(2))) == ()
    assert wishes(ticked, text, Seal((b"a newer one", b"a secret"), RepositoryId(1))) == (LookAgain(),)


def test_it_is_known_by_its_mark_and_its_author():
    issue = Issue(IssueNumber(1), "Any title", dashboard(FULL, SEAL), True, None, (), US, "")
    assert is_dashboard(issue, SEAL, login=US)
    assert is_dashboard(replace(issue, body=issue.body.replace("\n", "\r\n")), SEAL, login=US)
    assert not is_dashboard(replace(issue, author="mallory"), SEAL, login=US)
    assert not is_dashboard(issue, Seal((b"a secret",), RepositoryId(2)), login=US)
    assert not is_dashboard(replace(issue, body="no mark"), SEAL, login=US)


def test_line_ends_and_blanks_around_are_no_difference():
    assert same_text("a\nb\n", "a\r\nb")
    assert not same_text("a\nb", "a\nc")


EVIL = st.sampled_from(
    ["@acme/all", "fixes #1", "`", "``", "|", "<!-- gapkeeper:box=sync -->", "\n- [x] ", "-->", "\u202e", "x" * 400, "ä"]
)
WORDS = st.lists(EVIL, min_size=1, max_size=8).map(" ".join)


@given(st.lists(st.tuples(WORDS, WORDS), max_size=200), st.integers(1, 300))
def test_fault_76_whatever_it_holds_it_fits_and_says_nothing_of_its_own(texts: list[tuple[str, str]], times: int):
    board = Board(
        "https://github.com/acme/app",
        tuple(gap(number, title, priority) for number, (title, priority) in enumerate(texts * 2, 1)),
        None,
        tuple(Conflict(IssueNumber(number), title, QUESTION) for number, (title, _) in enumerate(texts, 1)),
        tuple(fault(1, message, path=path) for path, message in texts) * times,
        tuple(Closed(gap(number, title, state=State.DONE), "2026-11-20") for number, (title, _) in enumerate(texts, 1)),
    )
    text = dashboard(board, SEAL)
    assert len(text) <= MAX_BODY
    assert wishes(text, "", SEAL) == ()
    outside = re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)
    outside = re.sub(r"\]\(https://github.com/acme/app/blob/\S+\)", "]", outside)
    assert not re.search(r"@acme|fixes #|\[x\]|\u202e", outside)


if __name__ == "__main__":
    CORPUS.mkdir(exist_ok=True)
    for name, board in BODIES.items():
        (CORPUS / f"{name}.md").write_text(dashboard(board, SEAL), encoding="utf-8")
