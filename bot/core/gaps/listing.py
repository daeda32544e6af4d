"""The list dialect: an entry of a list is one gap, what is nested below it its detail. A checkbox entry is read the same way."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.blocks import Opaque, Paragraph
from bot.core.gaps.candidate import Candidate, Place, tasks_below
from bot.core.gaps.entry import Shape, read_head
from bot.core.gaps.fields import fields_of, line_fields
from bot.core.gaps.heading import FIELD_EVIDENCE
from bot.core.gaps.model import Kind
from bot.core.text import Span

if TYPE_CHECKING:
    from bot.core.blocks import Blocks, Item
    from bot.core.gaps.entry import Head

BOX = re.compile(r"\[.?\](?=\s)")


def head_of(source: Blocks, item: Item) -> Head | None:
    """Returns the head of an entry, None for one that starts with no text."""
    lead = item.lead
    said = lead.text if lead is not None else None
    if lead is None or said is None or not len(said):
        return None
    below = next((line for line in lead.lines[1:] if line_fields(source, line)), None)
    if below is not None:
        said = Span(said.start, source.lines.span(source.lines.index(below.start) - 1).end)
    return read_head(source.text, said, Shape.ENTRY)


def candidate(source: Blocks, item: Item, head: Head, place: Place, why: str) -> Candidate:
    """Returns the entry as one gap."""
    lead = item.lead
    first_line = lead.lines[0] if lead is not None else head.title_span
    span = source.lines_span(item.first, _end(item))
    span = Span(item.marker.start, span.end)
    fields = fields_of(source, item.blocks, skip_lead=1)
    speaks = {
        "id": bool(head.id),
        "priority tag": bool(head.priority),
        "box": head.box is not None,
        "state": head.state is not None or head.struck,
        "fields": len(fields) > 1,
    }
    after = source.lines.span(item.first).end
    return Candidate(
        kind=Kind.CHECKBOX if head.box is not None else Kind.LIST,
        first=item.first,
        end=item.end,
        span=span,
        head=head,
        place=place,
        fields=fields,
        tasks=tasks_below(source, item.blocks),
        detail_span=Span(min(max(after, first_line.end), span.end), span.end),
        why=why,
        evidence=FIELD_EVIDENCE.intersection(labelled.role for labelled in fields).union(
            [name for name, said in speaks.items() if said]
        ),
    )


def boxed_lines(source: Blocks, block: Paragraph) -> list[Paragraph]:
    """Returns the parts of a paragraph each of which begins with a box, `[ ] Like this`; none when its first line has no box."""
    starts = [index for index, line in enumerate(block.lines) if BOX.match(source.text, line.start)]
    if not starts or starts[0] != 0:
        return []
    ends = [*starts[1:], len(block.lines)]
    return [
        Paragraph(block.first + start, block.first + end, block.lines[start:end]) for start, end in zip(starts, ends, strict=True)
    ]


def paragraph(source: Blocks, block: Paragraph, place: Place, why: str) -> Candidate:
    """Returns a paragraph with a bold title, or with a box, as one gap."""
    head = read_head(source.text, block.text, Shape.ENTRY)
    span = block.text
    return Candidate(
        kind=Kind.CHECKBOX if head.box is not None else Kind.LIST,
        first=block.first,
        end=block.end,
        span=span,
        head=head,
        place=place,
        fields=fields_of(source, [block], skip_lead=1),
        tasks=(),
        detail_span=Span(head.title_span.end, span.end),
        why=why,
        evidence=frozenset(({"id"} if head.id else set()) | ({"box"} if head.box is not None else set())),
    )


def _end(item: Item) -> int:
    """Returns the line after the entry's last block: markdown-it counts blank lines and what follows them to the entry."""
    if not item.blocks:
        return item.first + 1
    return item.blocks[-1].end if all(isinstance(block, (Paragraph, Opaque)) for block in item.blocks) else item.end
