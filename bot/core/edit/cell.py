"""A row of a table in writing: bars are escaped, an empty cell gets its blanks, and a column that was aligned stays so."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.core.gaps.model import Kind
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.core.edit.sheet import Sheet
    from bot.core.gaps.model import Gap

_BAR = re.compile(r"(?<!\\)\|")


def fitted(sheet: Sheet, gap: Gap, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Returns the edits as they can stand in the rows they are made in; those of other lines as they are."""
    made: list[Edit] = []
    cells: dict[int, list[Edit]] = {}
    for edit in edits:
        line = sheet.line_of(edit.span.start)
        inside = gap.kind is Kind.TABLE or not gap.span.contains(edit.span)
        if not inside or not line.contains(edit.span) or edit.text.endswith(("\n", "\r")):
            made.append(edit)
            continue
        bar = _BAR.search(sheet.text, edit.span.end, line.end)
        cells.setdefault(bar.start() if bar else line.end, []).append(Edit(edit.span, _BAR.sub(r"\\|", edit.text)))
    for right, inner in cells.items():
        made += _in_cell(sheet, right, inner)
    return tuple(made)


def _in_cell(sheet: Sheet, right: int, edits: Sequence[Edit]) -> list[Edit]:
    """Returns the edits of one cell with what keeps its bar, at `right`, in its column."""
    line = sheet.line_of(edits[0].span.start)
    width = _measure(sheet, line)
    left = next((bar.end() for bar in reversed(list(_BAR.finditer(sheet.text, line.start, edits[0].span.start)))), line.start)
    if not sheet.text[left:right].strip():
        text = edits[0].text
        return [Edit(Span(left, right), f" {text} ".ljust(right - left - (width or len)(text) + len(text)))]
    if width is None or right == line.end:
        return list(edits)
    wider = sum(width(edit.text) - width(edit.span.of(sheet.text)) for edit in edits)
    blanks = right - left - len(sheet.text[left:right].rstrip(" \t"))
    spare = min(wider, blanks - 1)
    if wider < 0:
        return [*edits, Edit(Span(right, right), " " * -wider)]
    return [*edits, Edit(Span(right - spare, right), "")] if spare > 0 else list(edits)


def _measure(sheet: Sheet, row: Span) -> Callable[[str], int] | None:
    """Returns how the table counts columns, in characters or as they are shown, None where this row's bars stand in no line with others."""
    line = sheet.lines.index(row.start)
    rows = [sheet.lines.content(line)]
    for step in (-1, 1):
        other = line + step
        while 0 <= other < len(sheet.lines) and "|" in sheet.lines.content(other):
            rows.append(sheet.lines.content(other))
            other += step
    counts = {width: sum(_bars(other, width) == _bars(rows[0], width) for other in rows) for width in (_shown, len)}
    best = max(counts, key=lambda width: counts[width])
    return best if counts[best] > 1 else None


def _bars(row: str, width: Callable[[str], int]) -> list[int]:
    """Returns the columns in which the bars of a row stand."""
    return [width(row[: bar.start()]) for bar in _BAR.finditer(row)]


def _shown(text: str) -> int:
    """Returns how many columns a text takes in an editor: emoji and Chinese take two, what joins the character before takes none."""
    return sum(
        0 if unicodedata.combining(char) or char in "\u200d\ufe0f" else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
