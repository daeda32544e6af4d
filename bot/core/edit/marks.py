"""A mark of state where a gap has none of its kind: a field line, a cell, a suffix, an emoji or a strike, as its siblings have them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.core.edit.fieldline import field_line
from bot.core.edit.sheet import EMOJI_OF, MARKUP, Said, mark_of
from bot.core.gaps.model import Gap, Kind, Mark, State, StateSource
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet

_WRITTEN = frozenset({StateSource.FIELD, StateSource.CELL, StateSource.SUFFIX, StateSource.EMOJI, StateSource.STRIKE})
_LONGEST_FORM = 24
_OPENING = frozenset("([{（【")
"""A bracket that opens belongs to the words behind it, and is no dash that a suffix could share with them."""


def conventions_of(sheet: Sheet, gap: Gap, state: State) -> list[StateSource]:
    """Returns the kinds of mark to try for a gap that has none which can say the state: those its siblings use, then the plainest."""
    uses: Counter[StateSource] = Counter()
    for other in sheet.siblings(gap):
        if other.state_source in _WRITTEN:
            uses[other.state_source] += 1000 if other.state is state else 1
    if gap.kind is Kind.TABLE:
        plain = [StateSource.CELL, StateSource.EMOJI, StateSource.SUFFIX, StateSource.STRIKE]
    elif gap.kind is not Kind.HEADING and not _fielded(sheet, gap):
        # A field in a list without any would make the reader look for fields in its siblings too.
        plain = [StateSource.SUFFIX, StateSource.FIELD, StateSource.EMOJI]
    else:
        plain = [StateSource.FIELD, StateSource.SUFFIX, StateSource.EMOJI]
    return list(dict.fromkeys([source for source, _ in uses.most_common()] + plain))


def _fielded(sheet: Sheet, gap: Gap) -> bool:
    """Tells whether fields are in use here: a box says the state better than a field would."""
    return mark_of(gap, StateSource.CHECKBOX) is None and any(other.fields for other in [gap, *sheet.siblings(gap)])


def struck(sheet: Sheet, gap: Gap, state: State) -> bool:
    """Tells whether the siblings in this state are struck out besides what else says it, and the gap is not."""
    alike = [other for other in sheet.siblings(gap) if other.state is state]
    count = sum(mark_of(other, StateSource.STRIKE) is not None for other in alike)
    return count * 2 > len(alike) and mark_of(gap, StateSource.STRIKE) is None


def added(sheet: Sheet, gap: Gap, state: State, source: StateSource) -> Iterator[tuple[Edit, ...]]:
    """Yields ways to say a state where the gap has no mark of that kind."""
    match source:
        case StateSource.FIELD:
            yield from _field(sheet, gap, state)
        case StateSource.CELL:
            yield from _cell(sheet, gap, state)
        case StateSource.SUFFIX:
            yield from _suffix(sheet, gap, state)
        case StateSource.EMOJI:
            yield from _emoji(sheet, gap, state)
        case StateSource.STRIKE if state is State.DONE:
            yield from _strike(sheet, gap)
        case _:
            return


def _field(sheet: Sheet, gap: Gap, state: State) -> Iterator[tuple[Edit, ...]]:
    said = sheet.said(state, StateSource.FIELD, gap)
    if said is None:
        others = [mark for other in sheet.siblings(gap) if (mark := mark_of(other, StateSource.FIELD)) is not None]
        like = sheet.core(others[0].span).said(sheet.text) if others else Said("", "✅")
        said = sheet.default(state, like=like.phrase, emoji=bool(like.emoji))
    for unread in sheet.fields(gap, "status"):
        if len(unread.value_span):
            yield (Edit(Span(unread.value_span.start, unread.value_span.start), f"{said.text} — "),)
        yield (Edit(unread.value_span, said.text),)
    for edit in field_line(sheet, gap, "status", "Status", said.text):
        yield (edit,)


def _cell(sheet: Sheet, gap: Gap, state: State) -> Iterator[tuple[Edit, ...]]:
    for field in sheet.fields(gap, "status"):
        said = sheet.said(state, StateSource.CELL, gap)
        if said is None:
            others = [mark for other in sheet.siblings(gap) if (mark := mark_of(other, StateSource.CELL)) is not None]
            like = sheet.core(others[0].span).said(sheet.text) if others else Said("", "")
            said = sheet.default(state, like=like.phrase, emoji=bool(like.emoji))
        if len(field.value_span):
            start = Span(field.value_span.start, field.value_span.start)
            yield (Edit(start, f"{said.text} — "),)
        yield (Edit(field.value_span, said.text),)


def _suffix(sheet: Sheet, gap: Gap, state: State) -> Iterator[tuple[Edit, ...]]:
    """Yields the siblings' suffix behind this title, else a word in brackets: right behind the title, or where its line ends."""
    before, behind = " (", ")"
    said = sheet.said(state, StateSource.SUFFIX, gap)
    for other in sheet.siblings(gap):
        mark = mark_of(other, StateSource.SUFFIX)
        if mark is None or mark.span.start < other.title_span.end or (said and mark.state is not state):
            continue
        core = sheet.core(mark.span).phrase or mark.span
        whole = sheet.outer(mark.span)
        lead = sheet.text[other.title_span.end : core.start].lstrip(MARKUP)
        tail = sheet.text[core.end : whole.end] if whole.end - core.end <= 3 else ""
        if (
            len(lead) <= _LONGEST_FORM
            and sheet.line_of(core.start).start < other.title_span.end
            and not any(char.isalnum() for char in lead)
        ):
            before, behind = lead, tail
            said = said or sheet.default(state, like=sheet.core(mark.span).said(sheet.text).phrase, emoji=False)
            break
    said = said or sheet.default(state, emoji=False)
    title_end = sheet.closed(gap.title_span.end)
    line_end = sheet.line_of(gap.title_span.end).end if gap.kind is not Kind.TABLE else title_end
    while sheet.text[line_end - 1] in " \t\\":
        line_end -= 1
    runs_on = sheet.text[title_end : title_end + 1] == " " and sheet.text[title_end + 1 : title_end + 2].isalnum()
    for at in dict.fromkeys([line_end, title_end] if runs_on else [title_end, line_end]):
        dash = before.rstrip(MARKUP)
        if dash.strip() not in {"", *_OPENING} and sheet.text.startswith(dash, at):
            yield (Edit(Span(at + len(dash), at + len(dash)), f"{before[len(dash) :]}{said.text}{behind} "),)
        yield (Edit(Span(at, at), f"{before}{said.text}{behind}"),)


def _emoji(sheet: Sheet, gap: Gap, state: State) -> Iterator[tuple[Edit, ...]]:
    """Yields an emoji where the siblings have theirs: first on the line, right before the title, or behind it."""
    said = sheet.said(state, StateSource.EMOJI, gap)
    sign = said.emoji if said and said.emoji else EMOJI_OF[state]
    title = sheet.around(gap.title_span)
    places = {"first": sheet.head(gap), "before": title.start, "behind": sheet.closed(gap.title_span.end)}
    wanted = next(
        (_where(sheet, other, mark) for other in sheet.siblings(gap) if (mark := mark_of(other, StateSource.EMOJI))), "before"
    )
    for place in dict.fromkeys([wanted, "before", "behind"]):
        at = places[place]
        yield (Edit(Span(at, at), f" {sign}" if place == "behind" else f"{sign} "),)


def _where(sheet: Sheet, gap: Gap, mark: Mark) -> str:
    if mark.span.start >= gap.title_span.end:
        return "behind"
    return "first" if mark.span.start <= sheet.head(gap) else "before"


def _strike(sheet: Sheet, gap: Gap) -> Iterator[tuple[Edit, ...]]:
    """Yields the title struck out, with its emphasis inside where the siblings have it so."""
    inner, whole = gap.title_span, sheet.around(gap.title_span)
    wide = next(
        (
            not sheet.text.startswith("~~", max(0, sheet.around(other.title_span).start - 2))
            or mark.span.start < other.title_span.start - 2
            for other in sheet.siblings(gap)
            if (mark := mark_of(other, StateSource.STRIKE))
        ),
        True,
    )
    for span in dict.fromkeys([whole, inner] if wide else [inner, whole]):
        yield (Edit(Span(span.start, span.start), "~~"), Edit(Span(span.end, span.end), "~~"))
