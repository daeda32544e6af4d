"""Priority and effort in writing: the tag, the field or the cell that says one is rewritten; else one comes as the siblings have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.core.edit.fieldline import field_line
from bot.core.edit.sheet import cased
from bot.core.edit.title import unfit
from bot.core.edit.values import Proposal, SetEffort, SetPriority
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import Field, Gap, Kind
from bot.core.gaps.repair import view
from bot.core.gaps.vocabulary import EMOJI, priority_in
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet

_LEVEL = re.compile(r"[a-z]\d{1,2}")
_CUT = re.compile(r"\s[(—–]|[;(]|,\s|\s-\s|\s\|")
_URGENCY = ("priority", "severity")
_EFFORT = ("effort",)


def proposals(sheet: Sheet, change: SetPriority | SetEffort) -> Iterator[Proposal | Problem]:
    """Yields the ways to write a priority or an effort, or why it cannot be written."""
    gap = change.gap
    word, old, span = _asked(change)
    if (word.lower() if word else None) == old:
        yield Proposal(())
        return
    if word and (reason := unfit(word)) is not None:
        yield Problem("value-unfit", reason, gap.line, span, severity=Severity.ERROR)
        return
    if old is not None and span is None:
        message = f'the priority "{old}" of this gap is that of its section'
        yield Problem(
            "priority-is-section", message, gap.line, gap.title_span, "move the entry to another section", Severity.ERROR
        )
        return
    if span is None:
        yield from _added(sheet, gap, word or "", _roles(change))
    elif word:
        yield from _replaced(sheet, gap, word, span, _roles(change))
    else:
        yield from without(sheet, gap, span)


def _asked(change: SetPriority | SetEffort) -> tuple[str | None, str | None, Span | None]:
    gap = change.gap
    word, old, span = (
        (change.priority, gap.priority, gap.priority_span)
        if isinstance(change, SetPriority)
        else (change.effort, gap.effort, gap.effort_span)
    )
    return " ".join(word.split()) if word else None, old, span


def _roles(change: SetPriority | SetEffort) -> tuple[str, ...]:
    return _URGENCY if isinstance(change, SetPriority) else _EFFORT


def _value(gap: Gap, role: tuple[str, ...]) -> tuple[str | None, Span | None]:
    return (gap.priority, gap.priority_span) if role is _URGENCY else (gap.effort, gap.effort_span)


# Rewriting what is there.


def _replaced(sheet: Sheet, gap: Gap, word: str, span: Span, roles: tuple[str, ...]) -> Iterator[Proposal]:
    """Yields the new word for the old one, as siblings write it, else in the case of the old one; remarks behind it stay."""
    for core in dict.fromkeys([_core(sheet, span, roles), span]):
        written = _as_written(sheet, gap, word, core, span, roles)
        for text in dict.fromkeys([*([written] if written else []), _cased(word, core.of(sheet.text), roles), word]):
            edit = Edit(core, text)
            yield Proposal((edit,))


def _core(sheet: Sheet, span: Span, roles: tuple[str, ...]) -> Span:
    """Returns the words of the value themselves, with the emoji before and the bracket that says the same behind them."""
    seen = view(sheet.text, span)
    if roles is _EFFORT:
        cut = _CUT.search(seen.text)
        return seen.span(0, cut.start() if cut else len(seen.text))
    found = priority_in(seen.text, near=4)
    if found is None:
        return span
    start, end = found.start, found.end
    before = re.search(r"[^\w\s*_`]+ ?$", seen.text[:start])
    if before and EMOJI.match(before[0]):
        start = before.start()
    behind = re.match(r" ?\(([^()]{1,20})\)| - ([^\s]{1,10})$", seen.text[end:])
    if behind and priority_in(behind[1] or behind[2], near=1):
        end += behind.end()
    return seen.span(start, end)


def _as_written(sheet: Sheet, gap: Gap, word: str, core: Span, span: Span, roles: tuple[str, ...]) -> str | None:
    """Returns how a sibling writes this priority in such a place, None where none does."""
    tag = all(field.value_span != span for field in gap.fields)
    for other in sheet.siblings(gap):
        value, theirs = _value(other, roles)
        if value != word.lower() or theirs is None or tag != all(field.value_span != theirs for field in other.fields):
            continue
        said = _core(sheet, theirs, roles).of(sheet.text)
        if bool(EMOJI.match(said)) == bool(EMOJI.match(core.of(sheet.text))) or EMOJI.match(said):
            return said
    return None


def without(sheet: Sheet, gap: Gap, span: Span) -> Iterator[Proposal]:
    """Yields what the span says taken away: the tag without a trace, the emptied cell, the field's whole line, the field with a dash."""
    field = next((field for field in gap.fields if field.value_span == span), None)
    if field is None:
        whole = sheet.outer(span)
        start, end = whole.start, whole.end
        text = sheet.text
        if end <= gap.title_span.start:
            while text[end : end + 1] and text[end] in " :—–-":
                end += 1
        else:
            while text[start - 1] in " \t—–-":
                start -= 1
        yield Proposal((Edit(Span(start, end), ""),))
        return
    if gap.kind is Kind.TABLE:
        yield Proposal((Edit(span, "—"),))
        return
    line = sheet.line_of(span.start)
    if _alone(sheet, gap, field):
        yield Proposal((Edit(sheet.lines.span(sheet.lines.index(line.start)), ""),))
    yield Proposal((Edit(span, "—"),))


def _alone(sheet: Sheet, gap: Gap, field: Field) -> bool:
    line = sheet.line_of(field.value_span.start)
    return sum(line.contains(other.value_span) for other in gap.fields) == 1 and line.contains(field.label_span)


# Adding what is not there.


def _added(sheet: Sheet, gap: Gap, word: str, roles: tuple[str, ...]) -> Iterator[Proposal]:
    """Yields the place that siblings use: an empty cell, a tag, a field line; else a field where siblings have fields, else a tag."""
    for role in roles:
        for field in sheet.fields(gap, role):
            edit = Edit(field.value_span, _cased(word, _like(sheet, gap, roles), roles))
            yield Proposal((edit,))
    if gap.kind is Kind.TABLE:
        return
    tags = _tagged(sheet, gap, word, roles)
    label = "Priority" if roles is _URGENCY else "Effort"
    value = _cased(word, _like(sheet, gap, roles), roles)
    role = next((role for role in roles for other in sheet.siblings(gap) if any(sheet.fields(other, role))), roles[0])
    lines = [Proposal((edit,)) for edit in field_line(sheet, gap, role, label, value)]
    fielded = any(any(sheet.fields(other)) for other in [gap, *sheet.siblings(gap)])
    plain = [] if roles is _EFFORT or gap.kind is Kind.HEADING else [_tag(sheet, gap, f"[{word.upper()}] ")]
    yield from [*tags, *lines, *plain] if fielded or gap.kind is Kind.HEADING else [*tags, *plain, *lines]


def _cased(word: str, like: str, roles: tuple[str, ...]) -> str:
    """Returns a priority in the case of another, a level such as P1 in capitals where there is none; an effort as it was given."""
    if roles is _EFFORT:
        return word
    return cased(word.upper() if not like and _LEVEL.fullmatch(word.lower()) else word.lower(), like)


def _like(sheet: Sheet, gap: Gap, roles: tuple[str, ...]) -> str:
    """Returns a sibling's value, whose case the new one takes over."""
    for other in sheet.siblings(gap):
        value, span = _value(other, roles)
        if value and span is not None:
            return _core(sheet, span, roles).of(sheet.text)
    return ""


def _tag(sheet: Sheet, gap: Gap, text: str) -> Proposal:
    at = sheet.head(gap)
    return Proposal((Edit(Span(at, at), text),))


def _tagged(sheet: Sheet, gap: Gap, word: str, roles: tuple[str, ...]) -> list[Proposal]:
    """Returns the tag as the first sibling with one has it: before the title or behind it."""
    text = sheet.text
    for other in sheet.siblings(gap):
        value, span = _value(other, roles)
        if (
            value is None
            or span is None
            or any(field.value_span == span for field in other.fields)
            or not other.span.contains(span)
        ):
            continue
        whole = sheet.outer(span)
        written = _as_written(sheet, gap, word, span, span, roles) or _cased(word, span.of(text), roles)
        opened, closed = text[whole.start : span.start], text[span.end : whole.end]
        if whole.end <= other.title_span.start:
            apart = re.match(r"[ :—–-]*", text[whole.end : other.title_span.start])
            found = [_tag(sheet, gap, f"{opened}{written}{closed}{apart[0] if apart else ' '}")]
            title = sheet.around(gap.title_span).start
            return [*found, Proposal((Edit(Span(title, title), f"{opened}{written}{closed} "),))]
        at = sheet.closed(gap.title_span.end)
        apart = re.search(r"[ :—–-]*$", text[other.title_span.end : whole.start])
        return [Proposal((Edit(Span(at, at), f"{apart[0] if apart and apart[0] else ' '}{opened}{written}{closed}"),))]
    return []
