"""A gap's state in writing: every mark that says another one is rewritten in the document's own convention, else one is added.

box      the character in `[ ]`         field, cell   the words of state at its start, remarks behind them stay
suffix   `(COMPLETED)`, `— done`        emoji         ❌ -> ✅              strike   `~~title~~`
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from bot.core.edit.fieldline import field_line
from bot.core.edit.sheet import EMOJI_OF, MARKUP, Said, joined, mark_of
from bot.core.edit.splice import undone
from bot.core.edit.values import DoneStyle, Proposal, SetState
from bot.core.gaps.model import Gap, Kind, Mark, State, StateSource, Task
from bot.core.gaps.vocabulary import STATE_OF_BOX
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet

_PAIRS = {"(": ")", "[": "]", "【": "】"}
_WRITTEN = {StateSource.FIELD, StateSource.CELL, StateSource.SUFFIX, StateSource.EMOJI, StateSource.STRIKE}
_LONGEST_FORM = 24


def proposals(sheet: Sheet, change: SetState, style: DoneStyle) -> Iterator[Proposal]:
    """Yields the ways to write a state, the document's own first."""
    gap, state = change.gap, change.state
    if gap.state is state:
        yield Proposal(())
        return
    if change.before and (back := undone(change.before, sheet.text, gap.span)):
        yield Proposal(back)
    contrary = [mark for mark in gap.marks if mark.state is not state]
    asked = {"field": StateSource.FIELD, "strike": StateSource.STRIKE}.get(style.name) if state is State.DONE else None
    if asked is not None and mark_of(gap, asked) is None:
        rewritten = joined(edit for mark in contrary for edit in _rewritten(sheet, gap, mark, state, drop=False))
        for extra in _added(sheet, gap, state, asked):
            yield Proposal((*rewritten, *extra))
    if gap.marks and all(_says(sheet, gap, mark, state) for mark in contrary):
        for drop in (state is State.OPEN, state is not State.OPEN):
            yield Proposal(joined(edit for mark in contrary for edit in _rewritten(sheet, gap, mark, state, drop=drop)))
    rewritten = joined(edit for mark in contrary for edit in _rewritten(sheet, gap, mark, state, drop=state is State.OPEN))
    for source in _conventions(sheet, gap, state):
        if mark_of(gap, source) is None:
            for extra in _added(sheet, gap, state, source):
                yield Proposal((*rewritten, *extra))


def _conventions(sheet: Sheet, gap: Gap, state: State) -> list[StateSource]:
    """Returns the kinds of mark to try for a gap that has none which can say it: those its siblings use, then the plainest."""
    siblings = sheet.siblings(gap)
    uses: Counter[StateSource] = Counter()
    for other in siblings:
        if other.state_source in _WRITTEN:
            uses[other.state_source] += 1 if other.state is not state else 1000
    if gap.kind is Kind.TABLE:
        plain = [StateSource.CELL, StateSource.EMOJI, StateSource.SUFFIX, StateSource.STRIKE]
    elif mark_of(gap, StateSource.CHECKBOX):
        plain = [StateSource.SUFFIX, StateSource.FIELD]
    else:
        plain = [StateSource.FIELD, StateSource.SUFFIX, StateSource.EMOJI]
    return list(dict.fromkeys([source for source, _ in uses.most_common()] + plain))


# Rewriting a mark that says another state.


def _says(sheet: Sheet, gap: Gap, mark: Mark, state: State) -> bool:
    """Tells whether a mark of this kind can say the state in this document."""
    match mark.source:
        case StateSource.CHECKBOX:
            others = any(m.source is not StateSource.CHECKBOX and m.state is not State.OPEN for m in gap.marks)
            return sheet.box(state) is not None or others
        case StateSource.STRIKE:
            return state is State.OPEN or any(m.source is not StateSource.STRIKE for m in gap.marks)
        case _:
            return True


def _rewritten(sheet: Sheet, gap: Gap, mark: Mark, state: State, *, drop: bool) -> Iterator[Edit]:
    """Yields the splices that make a mark agree; `drop` takes a suffix or an emoji away where no sibling says the state with one."""
    text = sheet.text
    match mark.source:
        case StateSource.CHECKBOX:
            yield from _ticked(sheet, mark.span, sheet.box(state) or ("x" if state.closed else " "))
        case StateSource.STRIKE:
            yield Edit(Span(mark.span.start, mark.span.start + 2), "")
            yield Edit(Span(mark.span.end - 2, mark.span.end), "")
        case StateSource.EMOJI:
            said = sheet.said(state, StateSource.EMOJI, gap)
            if said is None and drop:
                yield _without_emoji(text, mark.span)
            else:
                yield Edit(mark.span, said.emoji if said and said.emoji else EMOJI_OF[state])
        case StateSource.SUFFIX:
            said = sheet.said(state, StateSource.SUFFIX, gap)
            if said is None and drop:
                yield _without_suffix(sheet, gap, mark.span)
            else:
                yield from _reworded(sheet, mark, said, state)
        case StateSource.CELL if mark.span == gap.span:
            yield from _answered(sheet, gap, state)
        case StateSource.CELL:
            edits = list(_reworded(sheet, mark, sheet.said(state, StateSource.CELL, gap), state))
            yield padded(sheet, gap, mark.span, edits)
        case _:
            yield from _reworded(sheet, mark, sheet.said(state, mark.source, gap), state)


def _ticked(sheet: Sheet, span: Span, char: str) -> Iterator[Edit]:
    """Yields the new character of a box; `[]` has none and gets one, but is open as it is."""
    if span.of(sheet.text) != char and not (char == " " and not len(span)):
        yield Edit(span, char)


def ticks(sheet: Sheet, task: Task, *, done: bool) -> Iterator[Proposal]:
    """Yields the one way to tick or untick a task."""
    old = STATE_OF_BOX.get(task.mark_span.of(sheet.text).lower(), State.OPEN)
    if old.closed is done:
        yield Proposal(())
    else:
        yield Proposal(tuple(_ticked(sheet, task.mark_span, sheet.box(State.DONE, tasks=True) or "x" if done else " ")))


def _reworded(sheet: Sheet, mark: Mark, said: Said | None, state: State) -> Iterator[Edit]:
    """Yields the words and the emoji of a state in place of another's; remarks behind them stay."""
    text = sheet.text
    core = sheet.core(mark.span)
    old = core.said(text)
    new = said or sheet.default(state, like=old.phrase, emoji=bool(old.emoji))
    if core.phrase is None and core.emoji is None:
        yield Edit(mark.span, new.text)
        return
    if core.phrase is None and core.emoji is not None:
        yield Edit(core.emoji, new.emoji or new.text)
        return
    if core.phrase is None:
        return
    if core.emoji is None:
        yield Edit(core.phrase, new.text)
        return
    if new.emoji:
        yield Edit(core.emoji, new.emoji)
    else:
        yield _without_emoji(text, core.emoji)
    yield Edit(core.phrase, new.phrase) if new.phrase else _without_emoji(text, core.phrase)


def _without_emoji(text: str, span: Span) -> Edit:
    """Takes a mark away with the blank behind it, or before it where it comes last."""
    if text[span.end : span.end + 1] == " ":
        return Edit(Span(span.start, span.end + 1), "")
    if text[span.start - 1 : span.start] == " ":
        return Edit(Span(span.start - 1, span.end), "")
    return Edit(span, "")


def outer(sheet: Sheet, span: Span) -> Span:
    """Returns a suffix or a tag with its brackets and emphasis."""
    text = sheet.text
    span = sheet.around(span)
    if text[span.start - 1 : span.start] in _PAIRS and text[span.end : span.end + 1] == _PAIRS[text[span.start - 1]]:
        span = Span(span.start - 1, span.end + 1)
    return sheet.around(span)


def _without_suffix(sheet: Sheet, gap: Gap, inner: Span) -> Edit:
    """Takes a suffix or a tag away with its brackets, and with the dash and the blanks that set it off."""
    text = sheet.text
    span = outer(sheet, inner)
    start, end = span.start, span.end
    if end <= gap.title_span.start:
        while text[end : end + 1] and text[end] in " :—–-":
            end += 1
        return Edit(Span(start, end), "")
    while start > 0 and text[start - 1] in " \t—–-:：":
        start -= 1
    return Edit(Span(start, end), "")


# Tables.


def padded(sheet: Sheet, gap: Gap, cell: Span, edits: list[Edit]) -> Edit:
    """Returns one edit of a cell that keeps the column as wide as it was, where it was filled up with blanks to a width."""
    text = sheet.text
    row = gap.span if gap.span.contains(cell) else sheet.line_of(cell.start)
    left = cell.start
    while left > row.start and text[left - 1] in " \t":
        left -= 1
    right = cell.end
    while right < row.end and text[right] in " \t":
        right += 1
    inner = cell.of(text)
    for edit in sorted(edits, key=lambda e: e.span, reverse=True):
        inner = inner[: edit.span.start - cell.start] + edit.text + inner[edit.span.end - cell.start :]
    inner = inner.replace("\\|", "|").replace("|", "\\|")
    if not len(cell):
        room = text[left:right]
        return Edit(Span(left, right), f" {inner} ".ljust(len(room) - (_width(inner) - len(inner))))
    slack = right - cell.end
    if slack <= 1 and _width(inner) <= _width(cell.of(text)) and not _aligned(sheet, row):
        return Edit(cell, inner)
    if not _aligned(sheet, row):
        return Edit(cell, inner)
    blanks = max(min(slack, 1), slack + _width(cell.of(text)) - _width(inner))
    return Edit(Span(cell.start, right), inner + " " * blanks)


def _aligned(sheet: Sheet, row: Span) -> bool:
    """Tells whether the bars of a row stand right below those of the row above or right above those of the one below."""
    line = sheet.lines.index(row.start)
    here = _bars(sheet.lines.content(line))
    return any(
        _bars(sheet.lines.content(other)) == here and sheet.lines.content(other).strip(" |:-")
        for other in (line - 1, line + 1)
        if 0 <= other < len(sheet.lines)
    )


def _bars(row: str) -> list[int]:
    found, at = [], 0
    for char, before in zip(row, " " + row, strict=False):
        if char == "|" and before != "\\":
            found.append(at)
        at += _width(char)
    return found


def _width(text: str) -> int:
    """Returns how many columns a text takes in an editor: emoji and Chinese take two, what joins the character before takes none."""
    return sum(
        0 if unicodedata.combining(char) or char in "\u200d\ufe0f" else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _answered(sheet: Sheet, gap: Gap, state: State) -> Iterator[Edit]:
    """Yields the cells of a row of yes and no, in the words that their columns use; nothing says that a part of them is done."""
    if state not in {State.DONE, State.OPEN}:
        return
    rows = [other for other in sheet.siblings(gap) if other.state is state and other.section == gap.section]
    for field in gap.fields:
        words = Counter(f.value for other in rows for f in other.fields if f.label == field.label)
        used = Counter(f.value for other in sheet.siblings(gap) for f in other.fields if f.label == field.label)
        if words and len(used) <= 3 and field.value != words.most_common(1)[0][0]:
            yield padded(sheet, gap, field.value_span, [Edit(field.value_span, words.most_common(1)[0][0])])


# Adding a mark.


def _added(sheet: Sheet, gap: Gap, state: State, source: StateSource) -> Iterator[tuple[Edit, ...]]:
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
        yield (padded(sheet, gap, field.value_span, [Edit(field.value_span, said.text)]),)


def _suffix(sheet: Sheet, gap: Gap, state: State) -> Iterator[tuple[Edit, ...]]:
    """Yields the siblings' suffix behind this title, else a word in brackets: right behind the title, or where its line ends."""
    before, behind = " (", ")"
    said = sheet.said(state, StateSource.SUFFIX, gap)
    for other in sheet.siblings(gap):
        mark = mark_of(other, StateSource.SUFFIX)
        if mark is None or mark.span.start < other.title_span.end or (said and mark.state is not state):
            continue
        core = sheet.core(mark.span).phrase or mark.span
        whole = outer(sheet, mark.span)
        lead = sheet.text[other.title_span.end : core.start].lstrip(MARKUP)
        tail = sheet.text[core.end : whole.end] if whole.end - core.end <= 3 else ""
        if len(lead) <= _LONGEST_FORM and "\n" not in lead and not any(char.isalnum() for char in lead):
            before, behind = lead, tail
            said = said or sheet.default(state, like=sheet.core(mark.span).said(sheet.text).phrase, emoji=False)
            break
    said = said or sheet.default(state, emoji=False)
    title_end = _closed(sheet, gap.title_span.end)
    line_end = sheet.line_of(gap.title_span.end).end if gap.kind is not Kind.TABLE else title_end
    while sheet.text[line_end - 1] in " \t\\":
        line_end -= 1
    runs_on = sheet.text[title_end : title_end + 1] == " " and sheet.text[title_end + 1 : title_end + 2].isalnum()
    for at in dict.fromkeys([line_end, title_end] if runs_on else [title_end, line_end]):
        yield (Edit(Span(at, at), f"{before}{said.text}{behind}"),)


def _closed(sheet: Sheet, at: int) -> int:
    """Returns the place behind the emphasis that ends here."""
    while sheet.text[at : at + 1] and sheet.text[at] in MARKUP:
        at += 1
    return at


def _emoji(sheet: Sheet, gap: Gap, state: State) -> Iterator[tuple[Edit, ...]]:
    """Yields an emoji where the siblings have theirs: first on the line, right before the title, or behind it."""
    said = sheet.said(state, StateSource.EMOJI, gap)
    sign = said.emoji if said and said.emoji else EMOJI_OF[state]
    title = sheet.around(gap.title_span)
    places = {"first": sheet.head(gap), "before": title.start, "behind": _closed(sheet, gap.title_span.end)}
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
