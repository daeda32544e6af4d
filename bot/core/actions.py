"""The steps of a plan, as values: what should become true of an issue, and how a person reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.config import NOTHING_ADDED
from bot.core.merge import Side

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.config import Additions
    from bot.core.errors import Problem
    from bot.core.issue import Region, StateReason
    from bot.core.names import DocumentPath, IssueNumber
    from bot.core.pair import Base, Pair
    from bot.core.refusal import Refusal
    from bot.core.triage import Label


@dataclass(frozen=True, slots=True)
class Source:
    """Where permalinks point: the repository's page and the commit that was read; None offline."""

    url: str | None = None
    commit: str | None = None


@dataclass(frozen=True, slots=True)
class Retitle:
    """The issue gets the gap's title."""

    title: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The managed region of the issue's body says what the document says."""

    region: Region


@dataclass(frozen=True, slots=True)
class Relabel:
    """The labels of our families become those of the gap."""

    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True)
class Close:
    """The issue is closed, as completed or as not planned."""

    reason: StateReason


@dataclass(frozen=True, slots=True)
class Reopen:
    """The issue is open again."""


Change = Retitle | Rewrite | Relabel | Close | Reopen


@dataclass(frozen=True, slots=True)
class Decision:
    """For which side a person decided a conflict. `question` names the one that was asked; None: whatever is disputed now."""

    side: Side
    question: str | None = None


NOBODY_DECIDED = Decision(Side.NEITHER)


@dataclass(frozen=True, slots=True)
class EditDocument:
    """A document says what people changed on the issues of its gaps: one commit, on condition that nobody else changed it.

    `carried` is what those issues say, as a base: once the document says it too, it was agreed, though we died before we noted it.
    """

    path: DocumentPath
    text: str
    subject: str
    numbers: tuple[IssueNumber, ...]
    lines: tuple[tuple[int, str], ...]
    carried: tuple[tuple[IssueNumber, Base], ...] = ()


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """A gap that has no issue gets one; `record` lacks only the number, `add` is what the rules of the config add."""

    record: Pair
    line: int
    title: str
    region: Region
    labels: tuple[Label, ...]
    add: Additions = NOTHING_ADDED


@dataclass(frozen=True, slots=True)
class ChangeIssue:
    """What the document changed since both sides last agreed is carried over to the issue, in one request.

    `adopt` says that a person opened the issue and it has no region yet; `defer_closes` that deferred gaps are closed here;
    `decision` is what a person decided where both sides differ; `carried` is what the issue said when its document was written.
    """

    pair: Pair
    record: Pair
    line: int
    changes: tuple[Change, ...]
    adopt: bool = False
    defer_closes: bool = False
    decision: Decision = NOBODY_DECIDED
    carried: Base | None = None


@dataclass(frozen=True, slots=True)
class Remember:
    """Nothing to write to GitHub: only our record moves on from the one `before` (a gap that stands elsewhere now)."""

    record: Pair
    before: Pair


@dataclass(frozen=True, slots=True)
class TurnDown:
    """What a person changed on an issue cannot be written: the issue gets back what the document says, `base`, with a word why."""

    pair: Pair
    base: Base
    path: DocumentPath
    line: int
    refusals: tuple[Refusal, ...]
    defer_closes: bool = False


Action = TurnDown | EditDocument | OpenIssue | ChangeIssue | Remember


@dataclass(frozen=True, slots=True)
class Held:
    """Why a plan waits: `what` it would do, how often (`count`), above which `limit`, named `key` in the config."""

    key: str
    what: str
    count: int
    limit: int
    digest: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step of a plan, as people read it."""

    action: str
    title: str
    path: str
    line: int
    number: int | None
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is to be done now, in the order of the documents; when `held` is set, nothing of it.

    A plan that is not `final` left something undone that the same documents ask for: they must be read again next time.
    `unsure` are issues whose titles, as they are now, may tell that a gap which seems removed is one that seems new.
    """

    actions: tuple[Action, ...]
    problems: tuple[Problem, ...]
    held: Held | None = None
    final: bool = True
    unsure: tuple[IssueNumber, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """The steps that would write to GitHub."""
        return tuple(row for action in self.actions for row in _rows(action))


def _rows(action: Action) -> Iterator[Row]:
    match action:
        case EditDocument(path, _, _, numbers, lines):
            for number, (line, title) in zip(numbers, lines, strict=True):
                yield Row("edit document", title, path, line, number)
        case OpenIssue(record, line, title, _, labels, add):
            yield Row("open", title, record.path, line, None, (*(label.name for label in labels), *add.labels))
        case ChangeIssue(pair, record, line, changes):
            for change in changes:
                yield _row(change, Row("", record.base.title, record.path, line, pair.number))
        case TurnDown(pair, base, path, line):
            yield Row("turn down", base.title, path, line, pair.number)
        case Remember():
            return


def _row(change: Change, row: Row) -> Row:
    match change:
        case Retitle():
            return replace(row, action="retitle")
        case Rewrite():
            return replace(row, action="update body")
        case Relabel(labels):
            return replace(row, action="relabel", labels=tuple(label.name for label in labels))
        case Close(reason):
            return replace(row, action=f"close as {reason.value.replace('_', ' ')}")
        case Reopen():
            return replace(row, action="reopen")
