"""Whole entries: a new one at the end of its section in its siblings' dialect, one taken out, one moved to another section."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.edit.check import STATED, place_of
from bot.core.edit.fieldline import form_of
from bot.core.edit.sheet import cased, mark_of
from bot.core.edit.splice import undone
from bot.core.edit.title import unfit, written_titles
from bot.core.edit.values import AddGap, MoveGap, Proposal, RemoveGap, SetState
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import Gap, Kind, State, StateSource
from bot.core.text import Edit, Span, apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.core.edit.sheet import Sheet

_NUMBER = re.compile(r"\d+(?=\D*$)")
_ORDINAL = re.compile(r"\ufeff?[ \t]*(?:#{1,6}[ \t]+)?(?:\*\*)?(\d+)(?=[.)])")
_RULE = re.compile(r"[ \t]{0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$")


def additions(sheet: Sheet, change: AddGap) -> Iterator[Proposal | Problem]:
    """Yields the ways to write a new gap below the last one of its section, the plainest first; or why there is none."""
    title = " ".join(change.title.split())
    if (reason := unfit(title)) is not None:
        yield Problem("title-unfit", reason, 0, severity=Severity.ERROR)
        return
    if change.before:
        if back := undone(change.before, sheet.text, Span(0, len(sheet.text))):
            at = sum(gap.span.start < back[0].span.start for gap in sheet.document.gaps)
            yield Proposal(back, at, exact=True)
        message = "the place where it stood has changed too much to put it back"
        yield Problem("cannot-restore", message, 0, hint="add it without its traces", severity=Severity.ERROR)
        return
    at, section = place_of(sheet.document, change.section, change.priority)
    inside = [gap for gap in sheet.document.gaps if gap.section == section]
    if not inside:
        message = "the section holds no gap after whose pattern a new one could be written"
        yield Problem("section-has-no-gap", message, 0, hint="add the first entry in the file", severity=Severity.ERROR)
        return
    last = inside[-1]
    pattern = _pattern(sheet, inside, change)
    said = sheet.said(State.OPEN, StateSource.SUFFIX, pattern)
    for written in dict.fromkeys(written_titles(title, cell=last.kind is Kind.TABLE)):
        for fields, suffix in ((False, ""), (True, ""), (False, f" ({said.text})" if said else "")):
            yield Proposal(
                (_behind(sheet, last, _entry(sheet, pattern, last, change, written, fields=fields, suffix=suffix)),), at
            )


def _pattern(sheet: Sheet, inside: list[Gap], change: AddGap) -> Gap:
    """Returns the gap to write the new one like: of the last one's kind, on one line, open, tagged if a priority is asked for."""

    def fits(gap: Gap) -> tuple[bool, ...]:
        one_line = sheet.line_of(gap.span.start).contains(gap.title_span)
        bare = all(mark.source in {StateSource.CHECKBOX, StateSource.FIELD, StateSource.CELL} for mark in gap.marks)
        tagged = gap.priority_span is not None
        return one_line, tagged is (change.priority is not None), not gap.state.closed, bare

    alike = [gap for gap in inside if gap.kind is inside[-1].kind]
    return max(reversed(alike), key=fits)


def removals(sheet: Sheet, change: RemoveGap | MoveGap | SetState) -> Iterator[Proposal]:
    """Yields the gap's lines taken out, with the blank lines and the rule that set it off from the next one; then without these."""
    whole = _lines_of(sheet, change.gap)
    end = sheet.lines.index(whole.end) if whole.end < len(sheet.text) else len(sheet.lines)
    first = sheet.lines.index(whole.start)
    loose = first > 0 and sheet.blank(first - 1) and end < len(sheet.lines) and sheet.blank(end)
    if loose:
        while sheet.blank(end) and end < len(sheet.lines) - 1:
            end += 1
        yield Proposal((Edit(Span(whole.start, sheet.lines.span(end).start), ""),))
    yield Proposal((Edit(whole, ""),))


def moves(
    sheet: Sheet, change: MoveGap | SetState, section: tuple[str, ...], marked: Iterable[Proposal] = ()
) -> Iterator[Proposal | Problem]:
    """Yields the gap's lines in another section: as they are where the section says the state, else with their marks agreeing."""
    gap = change.gap
    at, path = place_of(sheet.document, section, None)
    inside = [other for other in sheet.document.gaps if other.section == path]
    if not inside:
        message = f'the section "{section[-1]}" holds no gap behind which this one could be put'
        yield Problem("section-has-no-gap", message, gap.line, hint="put the first entry there by hand", severity=Severity.ERROR)
        return
    whole = _lines_of(sheet, gap)
    spread = [proposal.edits for proposal in marked]
    for cut in removals(sheet, change):
        for edits in [*spread, ()]:
            if any(not whole.contains(edit.span) for edit in edits):
                continue
            text = apply(_shifted(edits, whole.start), whole.of(sheet.text))
            apart = sheet.eol(whole.start) if gap.kind is Kind.HEADING is not inside[-1].kind else ""
            below = _behind(sheet, inside[-1], apart + text.rstrip("\r\n"))
            yield Proposal((*cut.edits, below), at - (gap.span.start < below.span.start))


def _lines_of(sheet: Sheet, gap: Gap) -> Span:
    """Returns the gap's lines whole, from the start of the first one."""
    start = sheet.line_of(gap.span.start).start
    end = sheet.lines.span(sheet.lines.index(max(gap.span.end - 1, gap.span.start))).end
    if sheet.text.startswith("\ufeff", start):
        start += 1
    return Span(start, end)


def _behind(sheet: Sheet, last: Gap, text: str) -> Edit:
    """Returns the edit that puts an entry below another, as far from it as that one is from the one before."""
    whole = _lines_of(sheet, last)
    row = sheet.lines.index(max(whole.end - 1, whole.start))
    ruled = last.kind is Kind.HEADING and _RULE.match(sheet.lines.content(row)) is not None
    first = sheet.lines.index(whole.start)
    loose = last.kind is Kind.HEADING or (sheet.blank(first - 1) and first > 1 and _is_entry_above(sheet, last, first - 1))
    rows = re.split(r"\r\n|\n|\r", text)
    if ruled and not _RULE.match(rows[-1]):
        rows += ["", sheet.lines.content(row)]
    return sheet.below(row, ["", *rows] if loose and last.kind is not Kind.TABLE else rows)


def _is_entry_above(sheet: Sheet, last: Gap, line: int) -> bool:
    """Tells whether the blank line above the last entry parts it from another entry, not from a heading."""
    start = sheet.lines.starts[line]
    return any(gap.section == last.section and gap.span.end <= start + 1 and gap is not last for gap in sheet.document.gaps)


def _entry(sheet: Sheet, pattern: Gap, last: Gap, change: AddGap, title: str, *, fields: bool, suffix: str) -> str:
    """Returns the text of a new entry: the pattern's head with another title, number and tag; its stated fields; the detail."""
    if pattern.kind is Kind.TABLE:
        return _row(sheet, pattern, change, title)
    line = sheet.line_of(pattern.span.start)
    start = line.start + sheet.text.startswith("\ufeff", line.start)
    around = sheet.around(pattern.title_span)
    head = sheet.text[start : sheet.title(pattern).start]
    head = _cleared(sheet, pattern, last, head, start, change)
    closers = sheet.text[pattern.title_span.end : around.end]
    rows = [f"{head}{title}{closers}{suffix}"]
    rows += _stated(sheet, pattern, change) if fields else []
    indent = (
        ""
        if pattern.kind is Kind.HEADING
        else " " * (sheet.head(pattern) - start if mark_of(pattern, StateSource.CHECKBOX) is None else 2)
    )
    if change.detail.strip():
        detail = re.split(r"\r\n|\n|\r", change.detail.strip("\r\n"))
        rows += ["", *((indent + row).rstrip() for row in detail)]
    return "\n".join(rows)


def _cleared(sheet: Sheet, pattern: Gap, last: Gap, head: str, start: int, change: AddGap) -> str:
    """Returns the pattern's head with an open box and no other marks, with the next number or id, and the new priority in its tag."""
    edits = [*_unmarked(sheet, pattern)]
    tag = pattern.priority_span
    if tag is not None and start <= tag.start and tag.end <= pattern.title_span.start:
        edits.append(_retagged(sheet, tag, change))
    if pattern.id_span is not None and start <= pattern.id_span.start < pattern.title_span.start:
        edits.append(Edit(pattern.id_span, _next(sheet, pattern.id_span.of(sheet.text))))
    text = apply(_shifted(edits, start), head)
    number = _ORDINAL.match(sheet.line_of(last.span.start).of(sheet.text)) if pattern.id_span is None else None
    return re.sub(r"\d+(?=[.)])", str(int(number[1]) + 1), text, count=1) if number else text


def _unmarked(sheet: Sheet, pattern: Gap) -> Iterator[Edit]:
    """Yields what opens the pattern's box and takes its other marks off the head."""
    for mark in pattern.marks:
        if mark.span.end > pattern.title_span.start:
            continue
        if mark.source is StateSource.CHECKBOX and pattern.state.closed:
            yield Edit(mark.span, " ")
        elif mark.source is not StateSource.CHECKBOX and mark.state is not State.OPEN:
            yield Edit(Span(mark.span.start, mark.span.end + (sheet.text[mark.span.end] == " ")), "")


def _retagged(sheet: Sheet, tag: Span, change: AddGap) -> Edit:
    if change.priority:
        return Edit(tag, cased(" ".join(change.priority.lower().split()), tag.of(sheet.text)))
    whole = sheet.outer(tag)
    end = whole.end
    while sheet.text[end] in " :—–-":
        end += 1
    return Edit(Span(whole.start, end), "")


def _next(sheet: Sheet, id_text: str) -> str:
    """Returns the id that follows the highest one of its series, as wide as that."""
    stem = _NUMBER.sub("", id_text)
    numbers = [
        found[0]
        for gap in sheet.document.gaps
        if gap.id is not None and _NUMBER.sub("", gap.id) == stem and (found := _NUMBER.search(gap.id))
    ]
    if not numbers:
        return id_text
    highest = max(numbers, key=int)
    return _NUMBER.sub(str(int(highest) + 1).zfill(len(highest)), id_text)


def _stated(sheet: Sheet, pattern: Gap, change: AddGap) -> list[str]:
    """Returns the pattern's lines of state, priority and effort with the values of the new gap."""
    rows: list[str] = []
    for field in sheet.fields(pattern):
        role = sheet.role(pattern, field)
        form = form_of(sheet, field)
        if role not in STATED or form is None:
            continue
        value = {"priority": change.priority, "severity": change.priority, "effort": change.effort}.get(role)
        if role == "status":
            said = sheet.said(State.OPEN, StateSource.FIELD, pattern) or sheet.default(State.OPEN, emoji=False)
            value = said.text
        elif value is not None:
            value = cased(value, field.value)
        if value is not None:
            rows.append(f"{form.indent}{form.before}{field.label_span.of(sheet.text)}{form.between}{value}{form.after}")
    return ["", *rows] if rows and pattern.kind is Kind.HEADING else rows


def _row(sheet: Sheet, pattern: Gap, change: AddGap, title: str) -> str:
    """Returns a row with the title, the next id, the open state and the priority; the other cells stay empty."""
    edits = [Edit(pattern.title_span, title)]
    if pattern.id_span is not None:
        edits.append(Edit(pattern.id_span, _next(sheet, pattern.id_span.of(sheet.text))))
    for field in pattern.fields:
        role = sheet.role(pattern, field)
        value = {"priority": change.priority, "severity": change.priority, "effort": change.effort}.get(role)
        if role == "status":
            said = sheet.said(State.OPEN, StateSource.CELL, pattern) or sheet.default(State.OPEN, emoji=False)
            value = said.text if pattern.state.closed else field.value_span.of(sheet.text)
        elif value is not None:
            value = cased(value, field.value)
        if pattern.span.contains(field.value_span) and len(field.value_span):
            edits.append(Edit(field.value_span, (value or "—").replace("|", "\\|")))
    return apply(_shifted(edits, pattern.span.start), pattern.span.of(sheet.text))


def _shifted(edits: Iterable[Edit], start: int) -> list[Edit]:
    """Returns the edits as they count in a text that begins at an offset."""
    return [Edit(Span(edit.span.start - start, edit.span.end - start), edit.text) for edit in edits]
