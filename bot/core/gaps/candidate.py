"""A structure that may be a gap: what its head, fields and place say, joined into one state, one priority and one `Gap`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.core.blocks import Listing
from bot.core.gaps.entry import read_box
from bot.core.gaps.fields import visible
from bot.core.gaps.model import Gap, Kind, Mark, State, StateSource, Task
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import repaired, view
from bot.core.gaps.vocabulary import STATE_OF_BOX, priority_in, state_of, words
from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.blocks import Block, Blocks, Item
    from bot.core.gaps.entry import Head
    from bot.core.gaps.fields import Labelled

_NONE = re.compile(r"(?:none|n/?a|no|nothing|keine?|ninguna?|nenhuma?|aucune?|нет|无|没有|-+|—|–)\W*", re.IGNORECASE)
_CUT = re.compile(r"\s[(—–]|[;(]|,\s|\s-\s|\s\|")
_APART = re.compile(r"[,;，；、]|\s(?:and|und|y|e|et|и|&|\+)\s")
_REFERENCE = re.compile(r"#\d+|[A-Z][A-Z0-9]{0,9}(?:-[A-Z0-9]{1,8}){0,2}-\d+[a-z]?|\bP\d+\.\d+")


def names_gap(text: str) -> bool:
    """Tells whether a text, standing in a list of what a gap waits for, is read as one reference: `GAP-012`, `#7`."""
    return _REFERENCE.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entry stands, and what its headings and lead-ins say about it.

    `gappy`: the document or a heading announces gaps; `near`: a heading below the title does.
    """

    path: tuple[str, ...] = ()
    state: State | None = None
    priority: str | None = None
    gappy: bool = False
    near: bool = False
    role: str | None = None
    resolved: bool = False
    legend: Mapping[str, str] = field(default_factory=dict)

    @property
    def announced(self) -> bool:
        """Tells whether a heading close by says that its entries are gaps, open or closed."""
        return self.near or self.role == "archive"


@dataclass(slots=True)
class Candidate:
    """A possible gap: `why` it may be one, and `evidence` (id, field, state, priority, box) that decides between readings."""

    kind: Kind
    first: int
    end: int
    span: Span
    head: Head
    place: Place
    fields: list[Labelled]
    tasks: tuple[Task, ...]
    detail_span: Span
    why: str
    evidence: frozenset[str]
    state: State = State.OPEN
    state_source: StateSource = StateSource.DEFAULT
    state_span: Span | None = None
    priority: str | None = None
    priority_span: Span | None = None
    series: int = 0
    group: int = 0
    weak: bool = False
    borrowed: tuple[Mark, ...] = ()

    def __post_init__(self) -> None:
        """Decide the state and the priority once."""
        self.state, self.state_source, self.state_span = self.stated()
        self.priority, self.priority_span = self.urged()

    def field(self, *roles: str) -> Labelled | None:
        """Returns the first field with one of the roles, in the order of the roles."""
        for role in roles:
            for labelled in self.fields:
                if labelled.role == role and labelled.field.value:
                    return labelled
        return None

    def stated(self) -> tuple[State, StateSource, Span | None]:
        """Returns the state: a status field, a word, a box, a mark, a strike, the section; in that order, with exceptions below."""
        head = self.head
        status = self.field("status")
        said = state_of(visible(status.field.value)) if status else None
        if status is not None and said is not None:
            source = StateSource.CELL if self.kind is Kind.TABLE else StateSource.FIELD
            if head.box is None or STATE_OF_BOX[head.box] is State.OPEN:
                return said, source, status.field.value_span
        if head.box is not None:
            return self.boxed(head.box)
        if head.state is not None and head.state_source is StateSource.SUFFIX:
            return head.state, head.state_source, head.state_span
        if head.struck:
            struck = self.place.state if self.place.state is State.WONTFIX else State.DONE
            return struck, StateSource.STRIKE, head.strike_span
        if head.state is not None:
            return head.state, head.state_source, head.state_span
        resolution = self.field("resolution") if self.place.resolved else None
        if resolution is not None:
            value = visible(resolution.field.value)
            return state_of(value, near=2) or State.DONE, StateSource.FIELD, resolution.field.value_span
        if self.place.state is not None:
            return self.place.state, StateSource.SECTION, None
        return State.OPEN, StateSource.DEFAULT, None

    def boxed(self, box: str) -> tuple[State, StateSource, Span | None]:
        """An empty box yields to a written word (`- [ ] Rewrite it DONE`) and to a section of things put off; a ticked one to few."""
        head = self.head
        state = STATE_OF_BOX[box]
        worded = head.state if head.state_source is StateSource.SUFFIX else None
        if state is State.OPEN:
            if worded is not None and worded is not State.OPEN:
                return worded, StateSource.SUFFIX, head.state_span
            if head.struck:
                return State.WONTFIX if self.place.state is State.WONTFIX else State.DONE, StateSource.STRIKE, head.strike_span
            if self.place.state in {State.DEFERRED, State.WONTFIX}:
                return self.place.state, StateSource.SECTION, None
        if state is State.DONE and worded in {State.WONTFIX, State.IN_PROGRESS}:
            return worded, StateSource.SUFFIX, head.state_span
        return state, StateSource.CHECKBOX, head.box_span

    def urged(self) -> tuple[str | None, Span | None]:
        """Returns the priority: the head's own tag, a field, the severity, the heading above."""
        head = self.head
        if head.priority is not None and head.priority not in {"highest", "lowest"}:
            return head.priority, head.priority_span
        for role in ("priority", "severity"):
            labelled = self.field(role)
            if labelled is not None and (said := self.urgency_of(labelled.field.value)) is not None:
                return said, labelled.field.value_span
        for level in head.levels:
            if level in self.place.legend:
                return self.place.legend[level], None
        return head.priority or self.place.priority, head.priority_span

    def urgency_of(self, value: str) -> str | None:
        """Returns the word of urgency in a field's value; a mark alone means what the legend says."""
        value = visible(value)
        found = priority_in(value, near=4)
        if found is not None:
            return found.word
        mark = next((word for sign, word in self.place.legend.items() if sign in value), None)
        short = value.strip().lower()
        return mark or (
            short if 0 < len(short) <= 12 and any(char.isalnum() for char in short) and not _NONE.fullmatch(short) else None
        )

    @property
    def effort(self) -> tuple[str | None, Span | None]:
        """The effort as written, without remarks behind it."""
        labelled = self.field("effort")
        if labelled is None:
            return self.head.effort, self.head.effort_span
        value = visible(labelled.field.value)
        cut = _CUT.search(value)
        short = (value[: cut.start()] if cut else value).strip().lower()
        if not any(char.isalnum() for char in short):
            return None, None
        return short, labelled.field.value_span

    @property
    def depends_on(self) -> tuple[str, ...]:
        """The gaps it names as what it waits for."""
        named: list[str] = []
        for labelled in self.fields:
            value = visible(labelled.field.value) if labelled.role == "depends" else ""
            if not value or _NONE.fullmatch(value):
                continue
            for part in _APART.split(value):
                reference = _REFERENCE.search(part)
                named.append(reference[0] if reference else part.strip(" ."))
        return tuple(dict.fromkeys(name for name in named if name and not _NONE.fullmatch(name)))

    @property
    def marks(self) -> tuple[Mark, ...]:
        """Every place where its state is said: box, status field, words and emoji of the head, strike; those of a repeat last."""
        head = self.head
        found: list[Mark] = []
        if head.box is not None and head.box_span is not None:
            found.append(Mark(StateSource.CHECKBOX, STATE_OF_BOX[head.box], head.box_span))
        status = self.field("status")
        if status is not None and (said := state_of(visible(status.field.value))) is not None:
            source = StateSource.CELL if self.kind is Kind.TABLE else StateSource.FIELD
            found.append(Mark(source, said, status.field.value_span))
        found += head.marks
        if head.strike_span is not None:
            found.append(Mark(StateSource.STRIKE, State.DONE, head.strike_span))
        return (*found, *self.borrowed)

    def gap(self, source: Blocks) -> Gap:
        """Returns the gap as a value."""
        head = self.head
        effort, effort_span = self.effort
        return Gap(
            kind=self.kind,
            title=head.title,
            state=self.state,
            line=source.lines.number(source.lines.starts[self.first]),
            span=self.span,
            title_span=head.title_span,
            state_source=self.state_source,
            state_span=self.state_span,
            marks=self.marks,
            id=head.id,
            id_span=head.id_span,
            priority=self.priority,
            priority_span=self.priority_span,
            effort=effort,
            effort_span=effort_span,
            section=self.place.path,
            fields=tuple(labelled.field for labelled in self.fields),
            tasks=self.tasks,
            depends_on=self.depends_on,
            detail=detail(source, self.detail_span),
        )


def detail(source: Blocks, span: Span) -> str:
    """Returns the lines at the span, repaired and dedented, without blank lines around them."""
    return dedented(view(source.text, span).text.split("\n")) if len(span) else ""


def dedented(rows: Sequence[str]) -> str:
    """Returns lines without what all of them are indented by, and without blank lines around them."""
    lines = list(rows)
    while lines and not lines[0].strip():
        lines.pop(0)
    while lines and not lines[-1].strip():
        lines.pop()
    margin = min((len(line) - len(line.lstrip(" \t")) for line in lines if line.strip()), default=0)
    return "\n".join(line[margin:].rstrip() for line in lines)


def items_below(blocks: Iterable[Block]) -> Iterator[Item]:
    """Yields all list entries in the blocks, at any depth, in the order of lines."""
    for block in blocks:
        if isinstance(block, Listing):
            for item in block.items:
                yield item
                yield from items_below(item.blocks)


def tasks_below(source: Blocks, blocks: Iterable[Block]) -> tuple[Task, ...]:
    """Returns the checkboxes in the blocks, at any depth."""
    tasks: list[Task] = []
    for item in items_below(blocks):
        lead = item.lead
        if lead is None or not source.text.startswith("[", lead.lines[0].start):
            continue
        box = read_box(view(source.text, lead.lines[0]))
        if box is None:
            continue
        mark, mark_span = box
        start = source.text.index("]", mark_span.end) + 1
        raw = source.text[start : lead.lines[0].end]
        span = Span(start + len(raw) - len(raw.lstrip()), lead.lines[0].end)
        text = plain(repaired(span.of(source.text)))
        line = source.lines.number(source.lines.starts[item.first])
        tasks.append(Task(text, STATE_OF_BOX[mark].closed, line, mark_span, span))
    return tuple(tasks)


def same_words(title: str) -> frozenset[str]:
    """Returns the words of a title that tell it from another; what it adds in brackets is no part of its name."""
    return _name_words(title.partition(" (")[0])


@lru_cache(maxsize=2048)
def _name_words(name: str) -> frozenset[str]:
    texts = [word[0] for word in words(name)]
    return frozenset([text for text in texts if len(text) > 2 or text.isdigit() or not text.isascii()])
