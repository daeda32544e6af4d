"""What is wrong with a gap document, as far as the document alone can tell: the rules behind `gapkeeper lint`.

The reader's own problems come first; the rules here look at what it read. They do not cry wolf: a word is called unknown only where
it clearly says a state or a priority, and a file that cannot be read to its end has that one problem. Each code is stable, stands in
`RULES` and is described with an example in docs/lint.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core import blocks
from bot.core.blocks import Listing, Opaque, Table
from bot.core.errors import Problem, Severity
from bot.core.gaps.entry import Shape, read_head
from bot.core.gaps.fields import visible
from bot.core.gaps.model import Document, Kind, State
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import COLUMNS, LABELS, PRIORITIES, STATES, priority_in, state_of, words
from bot.core.identity import folded
from bot.core.links import links
from bot.core.text import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from bot.core.blocks import Block, Blocks, Item, Row
    from bot.core.gaps.model import Field, Gap, Reading
    from bot.core.gaps.vocabulary import Lexicon
    from bot.core.names import DocumentPath

ERROR, WARNING = Severity.ERROR, Severity.WARNING

RULES = {
    # The file cannot be read to its end; nothing is concluded from it.
    "binary": ERROR,
    "merge-conflict": ERROR,
    "not-utf-8": ERROR,
    "reader-failed": ERROR,
    "too-deep": ERROR,
    "too-large": ERROR,
    "too-many-cells": ERROR,
    "too-many-entries": ERROR,
    "too-slow": ERROR,
    "unclosed-comment": ERROR,
    # The file is read; an entry in it is not tracked, or not as its author thinks.
    "duplicate-id": ERROR,
    "no-title": ERROR,
    "dead-link": WARNING,
    "double-encoded": WARNING,
    "html-entries": WARNING,
    "misnested-fence": WARNING,
    "quoted-task": WARNING,
    "ticked-tasks": WARNING,
    "unclosed-fence": WARNING,
    "unknown-priority": WARNING,
    "unknown-status": WARNING,
}
"""Every code, with how much it matters; `too-slow` and `reader-failed` are the server's, which reads within a budget."""

_CLOSING = re.compile(r"[ \t>]*(?P<run>`{3,}|~{3,})[ \t]*$")
_OPENING = re.compile(r"(?:[ \t>]|[-*+] |\d{1,9}[.)] )*(?P<run>`{3,}|~{3,})")
_TAG = re.compile(r"\[(?P<word>[^\W\d_][\w -]{1,19})\]")
_LETTERS = re.compile(r"[^\W\d_]+(?:[ -][^\W\d_]+)?")
_OWN_ID = re.compile(r"\w+[-_]\w")
NEAR = 75
"""How alike, of 100, a word must be to one that is known to be called a slip of it."""


def lint(reading: Reading, *, at: DocumentPath | None = None, existing: Container[str] | None = None) -> tuple[Problem, ...]:
    """Returns what is wrong, in the order of lines.

    `at` is the document's path from the root of its repository, `existing` the paths that exist there; without it no link is
    looked at.
    """
    if not isinstance(reading, Document):
        return (reading.problem,)
    source = blocks.read(reading.text)
    found = [
        *reading.problems,
        *_duplicate_ids(reading),
        *_untitled(source, reading),
        *_ticked(source, reading),
        *_words(source, reading),
        *_fences(source, {problem.line for problem in reading.problems}),
        *_encoding(source),
    ]
    if existing is not None:
        found += _dead_links(source, at or reading.path, existing)
    return tuple(sorted(found, key=lambda problem: (problem.line, problem.span.start if problem.span else 0, problem.code)))


def linked_paths(document: Document, at: DocumentPath) -> frozenset[str]:
    """Returns the paths from the repository's root that the document links to: what the caller must look for."""
    return frozenset(link.path for link in links(blocks.read(document.text), at))


def _problem(code: str, message: str, source: Blocks, span: Span, hint: str | None = None) -> Problem:
    return Problem(code, message, source.lines.number(span.start), span, hint, RULES[code])


# Ids and titles.


def _duplicate_ids(document: Document) -> Iterator[Problem]:
    """An id that stands twice in one section keeps its gaps from being synced; twice in the document it is a slip all the same."""
    first: dict[object, Gap] = {}
    for gap in document.gaps:
        if gap.id is None:
            continue
        own = folded(gap.id)
        same, elsewhere = first.get((gap.section, own)), first.get(own)
        twin = same or (elsewhere if _OWN_ID.match(gap.id) else None)
        if twin is not None:
            severity = ERROR if same is not None else WARNING
            message = f"the id {gap.id} already stands on line {twin.line}"
            span = gap.id_span if gap.id_span is not None and gap.span.contains(gap.id_span) else gap.title_span
            yield Problem("duplicate-id", message, gap.line, span, "give each gap an id of its own", severity)
        first.setdefault((gap.section, own), gap)
        first.setdefault(own, gap)


def _untitled(source: Blocks, document: Document) -> Iterator[Problem]:
    """Entries between gaps that have no title, and so are no gaps: an empty checkbox, an empty cell, a heading of an id alone."""
    taken = {gap.line for gap in document.gaps}
    message, hint = "this entry has no title, so it is not tracked", "say what the gap is, or take the entry out"
    for span in (*_empty_items(source, source.blocks, taken), *_empty_cells(source, document), *_bare_headings(source, taken)):
        yield _problem("no-title", message, source, span, hint)


def _number(source: Blocks, line: int) -> int:
    return source.lines.number(source.lines.starts[line])


def _empty_items(source: Blocks, among: Iterable[Block], taken: Container[int], *, inside: bool = False) -> Iterator[Span]:
    for block in among:
        if not isinstance(block, Listing):
            continue
        ours = inside or any(_number(source, item.first) in taken for item in block.items)
        for item in block.items:
            if ours and _is_empty_box(source, item):
                yield Span(
                    item.marker.start, item.marker.start + len(source.text[item.marker.start :].split("\n", 1)[0].rstrip())
                )
            yield from _empty_items(source, item.blocks, taken, inside=inside or _number(source, item.first) in taken)


def _is_empty_box(source: Blocks, item: Item) -> bool:
    if item.lead is None or not len(item.lead.text):
        return False
    head = read_head(source.text, item.lead.text, Shape.ENTRY)
    return head.box is not None and not head.title


def _empty_cells(source: Blocks, document: Document) -> Iterator[Span]:
    by_line = {gap.line: gap for gap in document.gaps if gap.kind is Kind.TABLE}
    for block in source.blocks:
        if not isinstance(block, Table):
            continue
        titles = [
            index
            for row in block.rows
            if (gap := by_line.get(_number(source, row.line))) is not None
            for index, cell in enumerate(row.cells)
            if cell.contains(gap.title_span)
        ]
        column = max(set(titles), key=titles.count) if titles else None
        for row in block.rows if column is not None else ():
            if _number(source, row.line) not in by_line and _lacks(source, row, column):
                yield row.span


def _lacks(source: Blocks, row: Row, column: int | None) -> bool:
    """Tells whether a row has an empty title and yet says something: a row with one cell groups, one with a total sums up."""
    cells = [plain(cell.of(source.text)).lower() for cell in row.cells]
    said = [cell for cell in cells if cell]
    return (
        column is not None
        and column < len(cells)
        and not cells[column]
        and len(said) > 1
        and not any("total" in cell for cell in said)
    )


def _bare_headings(source: Blocks, taken: Container[int]) -> Iterator[Span]:
    for block in source.blocks:
        if isinstance(block, blocks.Heading) and _number(source, block.first) not in taken:
            head = read_head(source.text, block.text, Shape.HEADING)
            if head.id is not None and not head.title:
                yield block.text


# What contradicts itself.


def _ticked(source: Blocks, document: Document) -> Iterator[Problem]:
    for gap in document.gaps:
        if gap.tasks and gap.state in {State.OPEN, State.IN_PROGRESS} and all(task.done for task in gap.tasks):
            tasks = "its only task is" if len(gap.tasks) == 1 else f"all its {len(gap.tasks)} tasks are"
            message = f"the gap is {gap.state.value.replace('_', ' ')}, but {tasks} ticked"
            yield _problem("ticked-tasks", message, source, gap.title_span, "close the gap, or add the task that is left")


# Words of state and priority.


@dataclass(frozen=True, slots=True)
class _Word:
    code: str
    word: str
    span: Span
    near: str | None


def _words(source: Blocks, document: Document) -> Iterator[Problem]:
    """Each unknown word once, at its first place."""
    places: dict[tuple[str, str], list[_Word]] = defaultdict(list)
    for gap in document.gaps:
        for held in gap.fields:
            if (unknown := _unknown(held, gap)) is not None:
                places[unknown.code, unknown.word.lower()].append(unknown)
    for unknown in _tags(document.gaps):
        places[unknown.code, unknown.word.lower()].append(unknown)
    for found in places.values():
        first = found[0]
        kind = "status" if first.code == "unknown-status" else "priority"
        lines = [source.lines.number(other.span.start) for other in found[1:]]
        also = "" if not lines else f" (also on line {lines[0]})" if len(lines) == 1 else f" (also on {len(lines)} more lines)"
        message = f"“{first.word}” is no {kind} that Gapkeeper knows{also}"
        yield _problem(first.code, message, source, first.span, f"did you mean “{first.near}”?" if first.near else None)


def _unknown(held: Field, gap: Gap) -> _Word | None:
    """Returns the value of a field or cell for state or priority when it is a word or two that mean neither."""
    role = (COLUMNS if gap.kind is Kind.TABLE else LABELS).whole(words(held.label.split("(")[0]))
    value = visible(view(held.value, Span(0, len(held.value))).text).strip(" .!")
    if role not in {"status", "priority", "severity"} or not _LETTERS.fullmatch(value):
        return None
    if role == "status":
        if state_of(value) is None and priority_in(value) is None:
            return _Word("unknown-status", value, held.value_span, _nearest(value, STATES))
        return None
    if priority_in(value, near=4) is None and state_of(value) is None:
        return _Word("unknown-priority", value, held.value_span, _nearest(value, PRIORITIES))
    return None


def _tags(gaps: Sequence[Gap]) -> Iterator[_Word]:
    """A tag before a title, where most siblings have a priority in such a tag, and the word is nearly one."""
    siblings: dict[object, list[Gap]] = defaultdict(list)
    for gap in gaps:
        siblings[gap.kind, gap.section].append(gap)
    for group in siblings.values():
        tagged = sum(
            gap.priority_span is not None
            and gap.priority_span.end <= gap.title_span.start
            and gap.span.contains(gap.priority_span)
            for gap in group
        )
        for gap in group:
            found = _TAG.match(gap.title)
            if found and tagged * 2 >= len(group) - 1 and tagged and (near := _nearest(found["word"], PRIORITIES)):
                yield _Word("unknown-priority", found["word"], gap.title_span, near)


def _nearest(word: str, known: Lexicon[State] | Lexicon[str]) -> str | None:
    from rapidfuzz import fuzz, process

    best = process.extractOne(word.lower(), list(known.phrases()), scorer=fuzz.ratio, score_cutoff=NEAR)
    return best[0] if best else None


# The text itself.


def _fences(source: Blocks, known: Container[int]) -> Iterator[Problem]:
    """Fences that nothing closes; those that would have hidden gaps are known from the reader already."""
    for first, end in _code(source.blocks):
        opening = _OPENING.match(source.lines.content(first))
        closing = _CLOSING.match(source.lines.content(end - 1)) if end - 1 > first else None
        closed = opening and closing and closing["run"].startswith(opening["run"])
        span = Span(source.lines.starts[first], source.lines.starts[first] + len(source.lines.content(first)))
        if opening and not closed and source.lines.number(span.start) not in known:
            yield _problem("unclosed-fence", "this code fence is never closed", source, span, f"close it with {opening['run']}")


def _code(among: Iterable[Block]) -> Iterator[tuple[int, int]]:
    for block in among:
        if isinstance(block, Opaque) and block.kind == "fence":
            yield block.first, block.end
        elif isinstance(block, Listing):
            for item in block.items:
                yield from _code(item.blocks)


def _encoding(source: Blocks) -> Iterator[Problem]:
    """Text that was encoded twice, once for the whole file."""
    if source.text.isascii():
        return
    starts = source.lines.starts
    spans = [Span(starts[line], starts[line] + len(source.lines.content(line))) for line in range(len(source.lines))]
    damaged = [span for span in spans if view(source.text, span).text != span.of(source.text)]
    if damaged:
        start, end, meant = _damage(source.text, damaged[0])
        count = f" ({len(damaged)} lines)" if len(damaged) > 1 else ""
        message = f"this text was encoded twice: “{source.text[start:end]}” was “{meant}”{count}"
        yield _problem("double-encoded", message, source, Span(start, end), "save the file again as UTF-8, from a good copy")


def _damage(text: str, line: Span) -> tuple[int, int, str]:
    """Returns where the first damaged run of a line stands, and what it was."""
    raw = line.of(text)
    for found in re.finditer(r"[^\x00-\x7f]+", raw):
        span = Span(line.start + found.start(), line.start + found.end())
        seen = view(text, span)
        if seen.text != found[0]:
            return span.start, span.end, seen.text
    return line.start, line.end, raw


def _dead_links(source: Blocks, at: DocumentPath, existing: Container[str]) -> Iterator[Problem]:
    for link in links(source, at):
        if link.path not in existing:
            yield _problem("dead-link", f"the link leads to {link.path}, which does not exist", source, link.span)


__all__ = ["RULES", "linked_paths", "lint"]
