"""A row of a table in writing: bars are escaped, an empty cell gets its blanks, and a column that was aligned stays so."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from bot.core.gaps.model import Kind
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.core.edit.sheet import Sheet
    from bot.core.gaps.model import Gap

_BAR = re.compile(r"(?<!\\)\|")


def fitted(sheet: Sheet, gap: Gap, edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """Returns the edits as they can stand in the rows they are made in; those of other lines as they are."""
    return tuple(made for edit in edits for made in (_in_row(sheet, edit) if _is_row(gap, edit) else (edit,)))


def _is_row(gap: Gap, edit: Edit) -> bool:
    """Tells whether an edit is made in a row: the gap's own, or one elsewhere that says the gap's state again."""
    return gap.kind is Kind.TABLE or not gap.span.contains(edit.span)


def _in_row(sheet: Sheet, edit: Edit) -> tuple[Edit, ...]:
    line = sheet.line_of(edit.span.start)
    if not line.contains(edit.span) or edit.text.endswith(("\n", "\r")):
        return (edit,)
    text = _BAR.sub(r"\\|", edit.text)
    bar = _BAR.search(sheet.text, edit.span.end, line.end)
    right = bar.start() if bar else line.end
    end = len(sheet.text[:right].rstrip(" \t")) if right > edit.span.end else right
    before = sheet.text[line.start : edit.span.start].rstrip(" \t")
    if before.endswith("|") and end <= edit.span.start and text:
        room = Span(line.start + len(before), right)
        return (Edit(room, f" {text} ".ljust(len(room) - _width(text) + len(text))),)
    fresh = Edit(edit.span, text)
    wider = _width(text) - _width(edit.span.of(sheet.text))
    blanks = right - end
    if not wider or not bar or not _aligned(sheet, line):
        return (fresh,)
    if wider < 0:
        return (fresh, Edit(Span(right, right), " " * -wider))
    taken = min(wider, blanks - 1)
    return (fresh, Edit(Span(right - taken, right), "")) if taken > 0 else (fresh,)


def _aligned(sheet: Sheet, row: Span) -> bool:
    """Tells whether the bars of a row stand right below those of the row above, or right above those of the one below."""
    line = sheet.lines.index(row.start)
    here = _bars(sheet.lines.content(line))
    others = (other for other in (line - 1, line + 1) if 0 <= other < len(sheet.lines))
    return any(_bars(sheet.lines.content(other)) == here for other in others)


def _bars(row: str) -> list[int]:
    """Returns the columns in which the bars of a row stand."""
    return [_width(row[: bar.start()]) for bar in _BAR.finditer(row)]


def _width(text: str) -> int:
    """Returns how many columns a text takes in an editor: emoji and Chinese take two, what joins the character before takes none."""
    return sum(
        0 if unicodedata.combining(char) or char in "\u200d\ufe0f" else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )
