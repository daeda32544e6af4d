"""What a gap document says, as values: the document, its gaps, and where each of their parts stands.

Every span is in characters of `Document.text`; the editor writes at these spans, so they must be exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.errors import Problem
    from bot.core.names import DocumentPath
    from bot.core.text import Span


class State(StrEnum):
    """How a gap stands; `done` and `wontfix` are closed, the others open."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    DEFERRED = "deferred"
    WONTFIX = "wontfix"

    @property
    def closed(self) -> bool:
        """Tells whether nothing is left to do."""
        return self in {State.DONE, State.WONTFIX}


class Kind(StrEnum):
    """The dialect in which a gap is written."""

    CHECKBOX = "checkbox"
    HEADING = "heading"
    LIST = "list"
    TABLE = "table"


@dataclass(frozen=True, slots=True)
class Field:
    """A labelled value of a gap: `**Status:** ❌ MISSING`, `- **Impact**: High`, or the cell under a column head."""

    label: str
    value: str
    line: int
    label_span: Span
    value_span: Span


@dataclass(frozen=True, slots=True)
class Task:
    """A checkbox nested under a gap; `mark_span` is the one character inside `[ ]` (empty for `[]`)."""

    text: str
    done: bool
    line: int
    mark_span: Span
    text_span: Span


class StateSource(StrEnum):
    """Where a gap's state was read; it tells the editor where to write a new one."""

    CHECKBOX = "checkbox"
    FIELD = "field"
    CELL = "cell"
    SUFFIX = "suffix"
    EMOJI = "emoji"
    STRIKE = "strike"
    SECTION = "section"
    TEXT = "text"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Mark:
    """One place where a gap's state is said; all of them are kept, also those that the reader did not follow.

    `span` is the character in the box, the value of the field, the words of the suffix, the emoji, or the struck text with its `~~`;
    for a row of yes and no it is the row.
    """

    source: StateSource
    state: State
    span: Span


@dataclass(frozen=True, slots=True)
class Gap:
    """One entry of a document that a team would track as one issue.

    `title`, `priority`, `effort` are repaired (double-encoded text) and without markup; words of priority and effort are in lower
    case. `id` is the author's own (`GAP-012`, `Gap 7`), never a bare ordinal. `span` covers the whole entry. `detail` is the
    Markdown below the title, dedented, field lines and nested tasks included, as the author wrote it but repaired.
    """

    kind: Kind
    title: str
    state: State
    line: int
    span: Span
    title_span: Span
    state_source: StateSource = StateSource.DEFAULT
    state_span: Span | None = None
    marks: tuple[Mark, ...] = ()
    id: str | None = None
    id_span: Span | None = None
    priority: str | None = None
    priority_span: Span | None = None
    effort: str | None = None
    effort_span: Span | None = None
    section: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    tasks: tuple[Task, ...] = ()
    depends_on: tuple[str, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """A gap document that was read to its end; its gaps in the order of their lines."""

    path: DocumentPath
    text: str
    gaps: tuple[Gap, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def dialects(self) -> tuple[Kind, ...]:
        """The dialects in use, in the order of their first gap."""
        return tuple(dict.fromkeys(gap.kind for gap in self.gaps))


@dataclass(frozen=True, slots=True)
class ParseFailure:
    """A file that could not be read to its end: what it holds is unknown, and nothing may be concluded from it.

    `gaps` are those that could be seen all the same (one side of a merge conflict). They are for showing only: never plan from them.
    """

    path: DocumentPath
    problem: Problem
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Why a line was taken for a gap or not: `what` the line was seen as, `why` in a few words. `gapkeeper explain` shows it.

    It speaks for the lines up to `end` (0: for its own line alone). `of` is the line of the gap, or of the structure already said to
    hold none, that this line is only a part of; 0 for a line that stands for itself.
    """

    line: int
    taken: bool
    what: str
    why: str
    end: int = 0
    of: int = 0


Reading = Document | ParseFailure
