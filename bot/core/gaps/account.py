"""What every line that could be a gap was taken for, and why, in words a maintainer understands: the text behind `gapkeeper explain`.

The walk leaves a short remark where it decides. Here each remark is put in its place (`row of the table under 'Active'`), a gap's
says where its state and priority were read (`in progress from column Status`), and the lines about which the walk said nothing are
accounted for: the tasks and fields of a gap, what stands in a skipped section, in code or in a quote. It decides nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from bot.core.blocks import Listing, Opaque, Paragraph, Table
from bot.core.gaps.model import Kind, Remark, State, StateSource
from bot.core.gaps.outline import outline
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import repaired
from bot.core.gaps.vocabulary import LEVEL_MARKS, STATES, priority_in, section_role, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bot.core.blocks import Block, Blocks
    from bot.core.gaps.model import Gap
    from bot.core.gaps.outline import Section
    from bot.core.text import Span

_ROLES = {
    "legend": "a legend",
    "guide": "instructions",
    "reference": "references",
    "log": "a log of changes",
    "summary": "a summary",
    "plan": "a plan",
    "inventory": "a list of what exists",
    "detail": "details",
}
"""What the roles of sections are called; `SECTIONS` in the vocabulary has the headings that announce them."""

_ENTRY_LIKE = re.compile(r"[ \t]*(?:>[ \t]?)*(?:[-*+] \[.?\] |#{2,6} |\|.*\|)")
_KINDS = {
    Kind.CHECKBOX: "checkbox",
    Kind.HEADING: "heading",
    Kind.LIST: "entry of the list",
    Kind.TABLE: "row of the table",
}
_OPAQUE = {"fence": "code block", "code_block": "indented code", "blockquote": "quote", "html_block": "HTML block"}
_NEVER = {"code block": "code", "indented code": "code", "quote": "a quote", "HTML block": "HTML"}
_PLAIN_REASONS = ("a checkbox", "a heading with the id ")
"""Reasons that say nothing beyond what the line's kind and id already say."""
_TITLE = 48


@dataclass(frozen=True, slots=True)
class _Unit:
    """A structure that could be a gap or hold some: its first line and the one after its last, and what to call it."""

    first: int
    end: int
    noun: str
    start: int

    @property
    def holds(self) -> bool:
        """Tells whether it is spoken of only as a whole."""
        return self.noun in {"list", "table"}

    @property
    def hidden(self) -> bool:
        """Tells whether it only looks like entries."""
        return self.noun in _NEVER


@dataclass(frozen=True, slots=True)
class _Book:
    """What is needed to speak of a unit: the text, the walk's remarks by line, and the headings in the order of lines."""

    source: Blocks
    said: dict[int, list[Remark]]
    sections: Sequence[Section]

    def number(self, line: int) -> int:
        return self.source.lines.number(self.source.lines.starts[line])

    def last(self, unit: _Unit) -> int:
        """Returns the number of the unit's last line that is not blank."""
        span = self.source.lines_span(unit.first, max(unit.end, unit.first + 1))
        return self.source.lines.number(max(span.end - 1, span.start))

    def spoken(self, unit: _Unit, line: int, *, taken: bool) -> Remark | None:
        """Returns the walk's remark about the unit: a list's own, an entry's own."""
        return self.said_of(line, taken=taken, holds=unit.holds, heading=unit.noun == "heading")

    def said_of(self, line: int, *, taken: bool, holds: bool = False, heading: bool = False) -> Remark | None:
        """Returns a remark of one kind about a line, each once: lines that end with CR alone share their number."""
        remarks = self.said.get(line, [])
        for index, remark in enumerate(remarks):
            kind = (remark.taken, remark.what in {"list", "table"}, remark.what.startswith("heading"))
            if kind == (taken, holds, heading):
                return remarks.pop(index)
        return None

    def section(self, line: int) -> Section | None:
        index = bisect_right(self.sections, line, key=lambda section: section.first) - 1
        return self.sections[index] if index >= 0 else None

    def what(self, unit: _Unit) -> str:
        """Returns what the unit is called, with the heading it stands under."""
        section = self.section(unit.first)
        if section is not None and unit.noun == "heading":
            section = section.parent
        if section is None or section.heading is None:
            return unit.noun
        return f"{unit.noun} under {_shown(section.heading.text.of(self.source.text))}"


_UNSAID = {"row of the table": "a total, or a row without a title"}


def account(source: Blocks, gaps: Sequence[Gap], remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Returns one remark for every line that could be a gap, in the order of lines."""
    root = outline(source)
    book = _Book(source, {}, [section for section in root.walk() if section.heading is not None])
    for remark in remarks:
        book.said.setdefault(remark.line, []).append(remark)
    by_line = {source.lines.index(gap.span.start): gap for gap in reversed(gaps)}
    starts = [gap.span.start for gap in gaps]
    found: dict[int, Remark] = {}
    skipped: list[Remark] = []
    for unit in _units(source, root):
        if unit.first in found:
            continue
        line = book.number(unit.first)
        while skipped and line > skipped[-1].end:
            skipped.pop()
        gap = None if unit.holds else by_line.get(unit.first)
        said = book.spoken(unit, line, taken=gap is not None)
        owner = _owner(gaps, starts, unit)
        if said is not None and gap is not None:
            made: Remark | None = _taken(book, gap, said)
        elif owner is not None:
            made = _part(book, owner, unit, line)
        elif said is not None:
            made = _refused(book, unit, line, said)
            skipped += [made] if made.end else []
        else:
            made = _unsaid(book, unit, line, skipped[-1] if skipped else None)
        if made is not None:
            found[unit.first] = made
    found |= _paragraphs(book, {first: gap for first, gap in by_line.items() if first not in found or not found[first].taken})
    return tuple(found[first] for first in sorted(found))


def _paragraphs(book: _Book, gaps: Mapping[int, Gap]) -> dict[int, Remark]:
    """Returns the remarks about the gaps that are left: a paragraph with a title of its own is no structure that `_units` knows."""
    said = {first: book.said_of(book.number(first), taken=True) for first in gaps}
    return {first: _taken(book, gaps[first], remark) for first, remark in said.items() if remark is not None}


# What could be a gap.


def _units(source: Blocks, root: Section) -> Iterator[_Unit]:
    """Yields the structures in the order of lines, a container before what it holds."""
    for section in root.walk():
        if section.heading is not None:
            yield _Unit(section.first, section.end, "heading", section.heading.text.start)
        yield from _in_blocks(source, section.blocks)


def _in_blocks(source: Blocks, blocks: Iterable[Block]) -> Iterator[_Unit]:
    starts = source.lines.starts
    for block in blocks:
        match block:
            case Listing():
                yield _Unit(block.first, block.end, "list", starts[block.first])
                for item in block.items:
                    boxed = source.text[item.marker.end : item.marker.end + 8].lstrip().startswith(("[ ]", "[x]", "[X]"))
                    yield _Unit(item.first, item.end, "checkbox" if boxed else "entry of the list", item.marker.start)
                    yield from _in_blocks(source, item.blocks)
            case Table():
                yield _Unit(block.first, block.end, "table", starts[block.first])
                for row in block.rows:
                    yield _Unit(row.line, row.line + 1, "row of the table", row.span.start)
            case Opaque() if block.kind in _OPAQUE and _hidden(source, block):
                yield _Unit(block.first, block.end, _OPAQUE[block.kind], starts[block.first])
            case _:
                pass


def _hidden(source: Blocks, block: Opaque) -> int:
    """Returns how many lines look like entries but stand in code, in a quote or in HTML."""
    return sum(_ENTRY_LIKE.match(source.lines.content(line)) is not None for line in range(block.first, block.end))


def _owner(gaps: Sequence[Gap], starts: Sequence[int], unit: _Unit) -> Gap | None:
    """Returns the gap inside whose span the unit stands, other than as the gap itself; the spans of gaps do not overlap."""
    index = bisect_right(starts, unit.start) - 1
    return gaps[index] if index >= 0 and gaps[index].span.start < unit.start < gaps[index].span.end else None


# What is said of it.


def _taken(book: _Book, gap: Gap, remark: Remark) -> Remark:
    facts = [f"gap {gap.id}" if gap.id else "gap", f"{_state(gap.state)} {_state_from(book, gap)}"]
    if gap.priority is not None:
        facts.append(f"{gap.priority} {_priority_from(book, gap)}")
    if gap.effort is not None:
        facts.append(f"effort {gap.effort}")
    if gap.tasks:
        facts.append(f"{sum(task.done for task in gap.tasks)} of {len(gap.tasks)} tasks done")
    reason = "" if remark.why.startswith(_PLAIN_REASONS) else f"; {remark.why}"
    first = book.source.lines.index(gap.span.start)
    what = book.what(_Unit(first, first + 1, _KINDS[gap.kind], gap.span.start))
    return replace(remark, what=what, why=", ".join(facts) + reason)


def _part(book: _Book, gap: Gap, unit: _Unit, line: int) -> Remark | None:
    """Says what a line inside a gap is to it."""
    if unit.holds:
        return None
    named = f"gap {gap.id}" if gap.id else f"the gap on line {gap.line}"
    task = next((task for task in gap.tasks if task.line == line), None)
    own = next((held for held in gap.fields if held.line == line), None)
    if task is not None:
        why = f"task of {named}, {'done' if task.done else 'open'}"
    elif own is not None:
        why = f"field {own.label} of {named}"
    elif unit.hidden:
        return Remark(line, False, unit.noun, f"part of {named}; {_never(unit)}", end=book.last(unit), of=gap.line)
    else:
        why = f"part of {named}"
    return Remark(line, False, unit.noun, why, of=gap.line)


def _refused(book: _Book, unit: _Unit, line: int, remark: Remark) -> Remark:
    """Says why a structure is no gap; one that does not only group others speaks for all its lines."""
    role, colon, rest = remark.why.partition(":")
    skipped = bool(colon) and role in _ROLES
    why = f"{_ROLES[role]}; {rest.strip()}" if skipped else remark.why
    whole = unit.holds or skipped or (remark.what.endswith(" entry") and "groups" not in remark.why)
    return Remark(line, False, book.what(unit), why, end=book.last(unit) if whole else 0)


def _unsaid(book: _Book, unit: _Unit, line: int, skipped: Remark | None) -> Remark | None:
    """Says why the walk did not look at a unit: it stands in something that was skipped whole, or in code."""
    if unit.holds:
        return None
    if skipped is not None:
        noun = skipped.what.partition(" under ")[0]
        return Remark(line, False, unit.noun, f"part of the {noun} on line {skipped.line}", of=skipped.line)
    if unit.hidden:
        return Remark(line, False, book.what(unit), _never(unit), end=book.last(unit))
    return Remark(line, False, book.what(unit), _UNSAID.get(unit.noun, "not an entry of its own"))


def _never(unit: _Unit) -> str:
    return f"what stands in {_NEVER[unit.noun]} is no entry"


# Where a state and a priority were read.


def _state(state: State) -> str:
    return state.value.replace("_", " ")


def _state_from(book: _Book, gap: Gap) -> str:
    text = book.source.text
    if gap.state_span is not None and not gap.span.contains(gap.state_span):
        return f"from line {book.source.lines.number(gap.state_span.start)}, which repeats it"
    match gap.state_source:
        case StateSource.CHECKBOX:
            return "from its checkbox"
        case StateSource.FIELD | StateSource.CELL:
            return _field_from(gap, gap.state_span) or "from its columns of yes and no"
        case StateSource.SUFFIX | StateSource.EMOJI | StateSource.TEXT:
            return f"from {_quoted(text, gap.state_span)}"
        case StateSource.STRIKE:
            return "because it is struck through"
        case StateSource.SECTION:
            return _above(book, gap, "said") or "from what the document says of itself"
        case StateSource.DEFAULT:
            return "because nothing says otherwise"


def _priority_from(book: _Book, gap: Gap) -> str:
    if gap.priority_span is None:
        mark = next((sign for sign in LEVEL_MARKS if sign in _head_line(book, gap)), None)
        return f"from its mark {mark}" if mark is not None else _above(book, gap, "urgency") or "from what stands above it"
    if not gap.span.contains(gap.priority_span):
        return f"from line {book.source.lines.number(gap.priority_span.start)}"
    return _field_from(gap, gap.priority_span) or f"from {_quoted(book.source.text, gap.priority_span)}"


def _field_from(gap: Gap, span: Span | None) -> str | None:
    held = next((held for held in gap.fields if span is not None and held.value_span == span), None)
    if held is None:
        return None
    return f"from {'column' if gap.kind is Kind.TABLE else 'field'} {held.label}"


def _head_line(book: _Book, gap: Gap) -> str:
    return book.source.lines.content(book.source.lines.index(gap.span.start))


def _above(book: _Book, gap: Gap, said: str) -> str | None:
    """Returns what gives the gap its state or urgency: a label or the line above its list, else the innermost heading that does."""
    line = book.source.lines.index(gap.span.start)
    here = section = book.section(line)
    if section is not None and gap.kind is Kind.HEADING:
        here = section = section.parent
    label = gap.section[-1] if gap.section else ""
    if here is not None and label and label != here.title and _says(label, said):
        return f"from {_shown(label)} above it"
    lead = _lead(here, line) if here is not None and gap.kind is not Kind.HEADING else None
    if lead is not None and _says(raw := lead.lines[-1].of(book.source.text), said):
        return f"from the line {_shown(raw)} above it"
    while section is not None and section.heading is not None:
        value = getattr(section, said)
        if value is not None and value is not State.OPEN:
            named = _shown(section.heading.text.of(book.source.text))
            return "from the heading above it" if section is here else f"from the heading {named}"
        section = section.parent
    return None


def _lead(section: Section, line: int) -> Paragraph | None:
    """Returns the paragraph right above the list of a section that holds a line."""
    for before, block in pairwise(section.blocks):
        if isinstance(block, Listing) and block.first <= line < block.end:
            return before if isinstance(before, Paragraph) else None
    return None


def _says(raw: str, said: str) -> bool:
    text = plain(repaired(raw))
    found = words(text)
    if said == "urgency":
        return priority_in(text, near=9) is not None
    return any(STATES.at(found, index) for index in range(min(len(found), 2))) or section_role(text) == "archive"


def _quoted(text: str, span: Span | None) -> str:
    return _shown(span.of(text)) if span is not None else "its text"


def _shown(raw: str) -> str:
    words = " ".join(repaired(raw).replace("**", "").replace("`", "").split())
    return f"'{words if len(words) <= _TITLE else words[: _TITLE - 1].rstrip() + '…'}'"
