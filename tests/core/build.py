"""Small values for the tests of planning: documents made of gaps, without the reader."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.core.actions import ChangeIssue, OpenIssue, Plan, Remember, Source
from bot.core.config import Config
from bot.core.errors import Problem
from bot.core.gaps.model import Document, Gap, Kind, ParseFailure, State
from bot.core.issue import Issue, Seal, compose, marker
from bot.core.names import DocumentPath, IssueNumber, RepositoryId
from bot.core.plan import View, plan
from bot.core.settle import settled
from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.pair import Pair

REPOSITORY = RepositoryId(7)
SEAL = Seal((b"a secret for the markers",), REPOSITORY)
BOT = "gapkeeper[bot]"


def gap(title: str, **more: Any) -> Gap:
    """A gap with spans of no meaning; planning does not look at them."""
    values = {"kind": Kind.LIST, "state": State.OPEN, "line": 1, "span": Span(0, 0), "title_span": Span(0, 0), **more}
    return Gap(title=title, **values)


def document(*gaps: Gap | str, path: str = "GAPS.md") -> Document:
    """A document with these gaps, a line each."""
    made = [gap(g) if isinstance(g, str) else g for g in gaps]
    numbered = tuple(replace(g, line=i + 1) for i, g in enumerate(made))
    return Document(DocumentPath(path), "\n" * len(numbered), numbered)


def view(*documents: Document, pairs: Iterable[Pair] = (), config: Config | None = None, **more: Any) -> View:
    """A view of a repository in which these documents were read."""
    values: dict[str, Any] = {
        "failures": (),
        "standing": frozenset(),
        "source": Source("https://github.test/a/b", "c0ffee"),
        **more,
    }
    return View(REPOSITORY, documents, pairs=tuple(pairs), config=config or Config(), **values)


class Tracker:
    """Performs plans on issues in memory: what `bot.jobs.perform` does, without GitHub."""

    def __init__(self) -> None:
        self.issues: dict[int, Issue] = {}
        self.pairs: dict[str, Pair] = {}
        self.problems: list[Problem] = []
        self.writes = 0

    def sync(self, *documents: Document, **more: Any) -> Plan:
        """Plan and perform; nothing when the plan is held."""
        decided = plan(view(*documents, pairs=sorted(self.pairs.values(), key=lambda p: p.number), **more))
        if decided.held is None:
            for action in decided.actions:
                match action:
                    case OpenIssue():
                        self._open(action)
                    case ChangeIssue():
                        self._change(action)
                    case Remember(record):
                        self.pairs[record.key] = record
        return decided

    def _open(self, action: OpenIssue) -> None:
        number = IssueNumber(len(self.issues) + 1)
        body = compose(action.region, marker(action.record, SEAL))
        labels = tuple(label.name for label in action.labels)
        self.issues[number] = Issue(number, action.title, body, True, None, labels, BOT, "")
        self.pairs[action.record.key] = replace(action.record, number=number)
        self.writes += 1

    def _change(self, action: ChangeIssue) -> None:
        issue = self.issues[action.pair.number]
        patch = settled(action, issue, SEAL)
        self.problems.extend(patch.problems)
        self.writes += not patch.empty
        self.issues[issue.number] = replace(
            issue,
            title=issue.title if patch.title is None else patch.title,
            body=issue.body if patch.body is None else patch.body,
            open=issue.open if patch.open is None else patch.open,
            state_reason=issue.state_reason if patch.open is None else patch.reason,
            labels=issue.labels if patch.labels is None else patch.labels,
        )
        self.pairs[patch.record.key] = patch.record

    def person(self, number: int, **change: Any) -> None:
        """Someone edits an issue."""
        self.issues[number] = replace(self.issues[number], **change)

    def titles(self, *, is_open: bool = True) -> dict[str, int]:
        """The titles of the open (or closed) issues, each with its number."""
        return {issue.title: issue.number for issue in self.issues.values() if issue.open is is_open}


def failure(path: str) -> ParseFailure:
    """A document that could not be read."""
    return ParseFailure(DocumentPath(path), Problem("nul", "a NUL byte", 1))
