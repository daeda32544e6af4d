"""A field line that is not there yet: `**Status:** ✅ Done` in the place and form in which the siblings' fields stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.edit.check import STATED
from bot.core.gaps.model import Kind
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet
    from bot.core.gaps.model import Field, Gap

_BULLET = re.compile(r"[ \t]*(?:[-+*]|\d{1,9}[.)])[ \t]+")
_STARTS = re.compile(r"[ \t]*(?:[-+*][ \t]|\d{1,9}[.)][ \t]|\||#|>|```|~~~|---|\*\*\w)")
_UNDERLINE = re.compile(r"[ \t]{0,3}(?:=+|-+)[ \t]*$")


@dataclass(frozen=True, slots=True)
class Form:
    """How a field line is written: what stands before the label, between label and value, and behind the value."""

    indent: str
    before: str
    between: str
    after: str

    @property
    def bullet(self) -> bool:
        """Tells whether the line is an entry of a list."""
        return _BULLET.match(self.before) is not None


def field_line(sheet: Sheet, gap: Gap, role: str, label: str, value: str) -> Iterator[Edit]:
    """Yields the edits that could put a field into a gap that has none of that role, the best first. None for a table row."""
    if gap.kind is Kind.TABLE:
        return
    model = next(
        (
            (other, field, form)
            for other in sheet.siblings(gap)
            for field in sheet.fields(other, role)
            if (form := form_of(sheet, field)) is not None
        ),
        None,
    )
    own = [(field, form) for field in sheet.fields(gap) if (form := form_of(sheet, field)) is not None]
    label = model[1].label_span.of(sheet.text) if model else label
    if own:
        form = _dressed(model[2], own[0][1]) if model else own[0][1]
        line = f"{form.indent}{form.before}{label}{form.between}{value}{form.after}"
        yield from _among(sheet, gap, [field for field, _ in own], line, form, model)
        return
    others = (form_of(sheet, field) for other in sheet.siblings(gap) for field in sheet.fields(other))
    form = model[2] if model else next((form for form in others if form is not None), None)
    yield from (_below_heading if gap.kind is Kind.HEADING else _below_entry)(sheet, gap, form, label, value)


def form_of(sheet: Sheet, field: Field) -> Form | None:
    """Returns how the line of a field is written; None where it shares its line with others or its value stands below it."""
    line = sheet.line_of(field.label_span.start)
    if not (line.contains(field.label_span) and line.contains(field.value_span)) or not len(field.label_span):
        return None
    text = sheet.text
    before = text[line.start : field.label_span.start].lstrip("\ufeff")
    after = text[field.value_span.end : line.end]
    if any(char.isalnum() for char in _BULLET.sub("", before, count=1)) or after.strip(" \t\\"):
        return None
    indent = before[: len(before) - len(before.lstrip(" \t"))]
    between = text[field.label_span.end : field.value_span.start]
    return Form(indent, before.lstrip(" \t"), between if between[-1:].isspace() else f"{between} ", after)


def _dressed(model: Form, own: Form) -> Form:
    """Returns the model's form at the gap's own indentation, as a list entry only where its own fields are."""
    marker = _BULLET.match(own.before)
    bare = _BULLET.sub("", model.before, count=1)
    return Form(own.indent, (marker[0] if marker else "") + bare, model.between, model.after)


def _among(
    sheet: Sheet, gap: Gap, own: list[Field], line: str, form: Form, model: tuple[Gap, Field, Form] | None
) -> Iterator[Edit]:
    """Yields the places among the gap's own fields: where the model has it, behind the other stated fields, before the first one."""
    rows = [sheet.lines.index(field.label_span.start) for field in own]
    anchors: list[Field] = []
    first = False
    if model is not None:
        before = [field.label.lower() for field in sheet.fields(model[0]) if field.label_span.start < model[1].label_span.start]
        first = not before
        anchors += [field for field in own if before and field.label.lower() == before[-1]]
        anchors += [own[min(len(before), len(own)) - 1]] if before and not anchors else []
    else:
        anchors += [field for field in own if sheet.role(gap, field) in STATED][-1:]
    for anchor in [] if first else anchors:
        row = sheet.lines.index(anchor.value_span.start)
        after = sheet.blank(row + 1) or row + 1 in rows or _STARTS.match(sheet.lines.content(row + 1)) is not None
        if not after:
            continue
        alone = not form.bullet and sheet.blank(row - 1) and sheet.blank(row + 1)
        yield sheet.below(row, ["", line] if alone else [line])
    yield _before(sheet, rows, line, form)


def _before(sheet: Sheet, rows: list[int], line: str, form: Form) -> Edit:
    """Returns the place before the first field, a paragraph of its own where that one is."""
    row = min(rows)
    start = sheet.lines.starts[row]
    eol = sheet.eol(start)
    alone = not form.bullet and sheet.blank(row - 1) and sheet.blank(row + 1)
    return Edit(Span(start, start), line + eol + (eol if alone else ""))


def _below_heading(sheet: Sheet, gap: Gap, form: Form | None, label: str, value: str) -> Iterator[Edit]:
    """Yields the place of a first field below a heading: a paragraph of its own."""
    row = sheet.lines.index(gap.title_span.end)
    hashes = sheet.line_of(gap.span.start).of(sheet.text).lstrip("\ufeff \t").startswith("#")
    if not hashes and _UNDERLINE.match(sheet.lines.content(row + 1)):
        row += 1
    form = Form("", "**", ":** ", "") if form is None or form.bullet else form
    line = f"{form.before}{label}{form.between}{value}{form.after}"
    spaced = sheet.blank(row + 1) and row + 1 < len(sheet.lines) - 1
    if spaced and not sheet.blank(row + 2) and not sheet.lines.content(row + 2).startswith("#"):
        yield sheet.below(row + 1, [line, ""])
    elif sheet.blank(row + 1):
        yield sheet.below(row, ["", line])
    else:
        yield sheet.below(row, [line, ""])


def _below_entry(sheet: Sheet, gap: Gap, form: Form | None, label: str, value: str) -> Iterator[Edit]:
    """Yields the place of a first field below an entry: before the first nested entry, else below its own lines."""
    first = sheet.lines.index(gap.span.start)
    last = sheet.lines.index(max(gap.span.end - 1, gap.span.start))
    marker = _BULLET.match(sheet.lines.content(first).lstrip("\ufeff"))
    if marker is None:
        yield from _below_paragraph(sheet, first, last, f"**{label}:** {value}")
        return
    width = len(marker[0].expandtabs(4))
    nested = form if form is not None and form.bullet else Form("", "- **", ":** ", "")
    rest = f"{label}{nested.between}{value}{nested.after}"
    for row in range(first + 1, last + 1):
        content = sheet.lines.content(row)
        if _BULLET.match(content):
            indent = content[: len(content) - len(content.lstrip(" \t"))]
            sign = content.strip()[0]
            before = _BULLET.sub(f"{sign if sign in '-+*' else '-'} ", nested.before, count=1)
            start = sheet.lines.starts[row]
            yield Edit(Span(start, start), f"{indent}{before}{rest}{sheet.eol(start)}")
            return
        if not content.strip():
            break
        first = row
    fits = width <= len(nested.indent.expandtabs(4)) < width + 4
    yield sheet.below(first, [f"{nested.indent if fits else ' ' * width}{nested.before}{rest}"])


def _below_paragraph(sheet: Sheet, first: int, last: int, line: str) -> Iterator[Edit]:
    """Yields the place below a paragraph that is a gap by its bold start: its last line, then a line of its own."""
    while first < last and not sheet.blank(first + 1):
        first += 1
    yield sheet.below(first, [line])
