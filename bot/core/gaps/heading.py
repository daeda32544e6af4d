"""The heading dialect: a heading with its section is one gap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.core.gaps.candidate import Candidate, Place, tasks_below
from bot.core.gaps.model import Kind
from bot.core.text import Span

if TYPE_CHECKING:
    from bot.core.blocks import Block, Blocks
    from bot.core.gaps.outline import Section

FIELD_EVIDENCE = frozenset({"status", "priority", "severity", "effort", "resolution", "id", "complexity"})


def candidate(source: Blocks, section: Section, place: Place, why: str) -> Candidate | None:
    """Returns the section as one gap, everything below its heading as its detail; None when the heading has no words of its own."""
    if section.heading is None or section.head is None or not section.head.title:
        return None
    span = source.lines_span(section.first, section.end)
    below: list[Block] = [block for part in section.walk() for block in part.blocks]
    fields = section.fields
    evidence = {role for role in section.roles if role in FIELD_EVIDENCE}
    evidence |= {"id"} if section.head.id else set()
    evidence |= {"priority tag"} if section.head.priority else set()
    return Candidate(
        kind=Kind.HEADING,
        first=section.first,
        end=section.end,
        span=span,
        head=section.head,
        place=place,
        fields=fields,
        tasks=tasks_below(source, below),
        detail_span=Span(min(source.lines.span(section.heading.end - 1).end, span.end), span.end),
        why=why,
        evidence=frozenset(evidence),
    )
