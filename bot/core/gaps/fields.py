"""Field lines of an entry: `**Status:** ❌ MISSING`, `- **Impact**: High`, `Priority: P1 | Effort: M`, each with its spans."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from bot.core.blocks import Listing, Paragraph, Table
from bot.core.gaps.model import Field
from bot.core.gaps.plain import plain
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import LABELS, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bot.core.blocks import Block, Blocks, Row
    from bot.core.text import Span

_BOLD = re.compile(
    r"(?:\*\*|__)(?:(?<=^..)|(?<=[\s|·,;]..))(?P<label>[^*:：|\n]{1,48}?)(?P<in>[:：.])?(?:\*\*|__)(?P<out>\s?[:：]|\s?[—–]\s)?"
)
_PLAIN = re.compile(r"(?:^|(?<=[|·;]))\s*(?P<label>[^\W\d_][^:：|.,;*`\n]{0,38}?)\s?[:：](?=\s|$)")
_LEAD = re.compile(r"(?:[-*+>]\s+)?(?:[^\w\s*_`(\[#|<-]{1,6}\s*)?")
_MARKUP = "*_ \t"
_PAIR = 2


class Labelled(NamedTuple):
    """A field and what it is for; `role` is a key of the LABELS tables, or `other`."""

    field: Field
    role: str


def fields_of(source: Blocks, blocks: Iterable[Block], *, skip_lead: int = 0) -> list[Labelled]:
    """Returns the fields of an entry's body: its paragraphs line by line, and the entries of its lists, one level deep.

    `skip_lead` lines of the first paragraph are the entry's own head.
    """
    found: list[Labelled] = []
    for block in blocks:
        if isinstance(block, Paragraph):
            found += _of_lines(source, block.lines[skip_lead:]) if len(block.lines) > skip_lead else ()
        elif isinstance(block, Listing):
            for item in block.items:
                if item.lead is not None:
                    found += _of_lines(source, item.lead.lines[:1])
        elif isinstance(block, Table) and is_form(source, block):
            found += _of_rows(source, block)
        skip_lead = 0
    return found


def is_form(source: Blocks, table: Table) -> bool:
    """Tells whether a table of two columns is the fields of one entry: most of its rows begin with a label."""
    labels = [_label(source, row) for row in table.rows if len(row.cells) == _PAIR]
    known = sum(LABELS.whole(words(label)) is not None for label in labels)
    return len(table.head.cells) == _PAIR and len(labels) == len(table.rows) > 1 and known * 2 >= len(labels)


def _of_rows(source: Blocks, table: Table) -> Iterator[Labelled]:
    for row in table.rows:
        label, value = _label(source, row), view(source.text, row.cells[1]).text
        line = source.lines.number(row.span.start)
        yield Labelled(Field(label, value, line, row.cells[0], row.cells[1]), LABELS.whole(words(label)) or "other")


def _label(source: Blocks, row: Row) -> str:
    return plain(view(source.text, row.cells[0]).text).strip(" :：")


def _of_lines(source: Blocks, spans: Sequence[Span]) -> Iterator[Labelled]:
    for index, span in enumerate(spans):
        found = line_fields(source, span)
        if len(found) == 1 and not found[0].field.value and index + 1 < len(spans) and not line_fields(source, spans[index + 1]):
            yield _with_value(source, found[0], spans[index + 1])
        else:
            yield from found


def _with_value(source: Blocks, found: Labelled, span: Span) -> Labelled:
    field = found.field
    return Labelled(Field(field.label, view(source.text, span).text, field.line, field.label_span, span), found.role)


def line_fields(source: Blocks, span: Span) -> list[Labelled]:
    """Returns the fields of one line; none for a line that does not start with a label."""
    raw = span.of(source.text)
    if ":" not in raw and "：" not in raw and "**" not in raw:
        return []
    seen = view(source.text, span)
    text = seen.text
    lead = _LEAD.match(text)
    first = lead.end() if lead else 0
    labels = _labels(text, first)
    found: list[Labelled] = []
    for index, (start, end, stop) in enumerate(labels):
        limit = labels[index + 1][0] if index + 1 < len(labels) else len(text)
        value_start, value_end = _trim(text, stop, limit, last=index + 1 == len(labels))
        label = " ".join(text[start:end].strip(_MARKUP).split())
        role = LABELS.whole(words(label.split("(")[0])) or "other"
        line = source.lines.number(span.start)
        value = text[value_start:value_end]
        found.append(Labelled(Field(label, value, line, seen.span(start, end), seen.span(value_start, value_end)), role))
    return found


def _labels(text: str, first: int) -> list[tuple[int, int, int]]:
    """Returns (label start, label end, value start) of each label, when the line starts with one."""
    bold = [
        (match.start("label"), match.end("label"), match.end())
        for match in (_BOLD.finditer(text, first) if "**" in text or "__" in text else ())
        if match["in"] or match["out"]
    ]
    if bold:
        opening = text.find("*", first) if "*" in text else text.find("_", first)
        return bold if bold[0][0] - 2 <= max(opening, first) and not text[first : bold[0][0] - 2].strip() else []
    nearest = _PLAIN.match(text, first)
    if nearest is None or not _is_known(nearest):
        return []
    several = "|" in text or "·" in text or ";" in text
    labels = _PLAIN.finditer(text, first) if several else (nearest,)
    return [(match.start("label"), match.end("label"), match.end()) for match in labels if _is_known(match)]


def _is_known(found: re.Match[str]) -> bool:
    return LABELS.whole(words(found["label"].split("(")[0])) is not None


def _trim(text: str, start: int, end: int, *, last: bool) -> tuple[int, int]:
    """Returns the bounds of a value without blanks, hard-break marks and the bar before the next label."""
    while start < end and text[start] in " \t":
        start += 1
    tail = " \t\\\n" if last else " \t\\|·,;•—–"
    while end > start and text[end - 1] in tail:
        end -= 1
    if not last and text[start:end].endswith(("**", "__")) and text[start:end].count("**") % 2:
        end -= 2
    return start, end


def visible(value: str) -> str:
    """Returns a field's value as a reader sees it."""
    return plain(value).strip()
