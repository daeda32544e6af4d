"""A gap's state in writing: every mark that says another one is rewritten in the document's own convention, else one is added.

box      the character in `[ ]`         field, cell   the words of state at its start, remarks behind them stay
suffix   `(COMPLETED)`, `— done`        emoji         ❌ -> ✅              strike   `~~title~~`
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bot.core.edit.marks import added, conventions_of, struck
from bot.core.edit.sheet import EMOJI_OF, Said, mark_of
from bot.core.edit.splice import undone
from bot.core.edit.values import DoneStyle, Proposal, SetState
from bot.core.gaps.model import Gap, Mark, State, StateSource, Task
from bot.core.gaps.vocabulary import STATE_OF_BOX
from bot.core.text import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.edit.sheet import Sheet


def proposals(sheet: Sheet, change: SetState, style: DoneStyle) -> Iterator[Proposal]:
    """Yields the ways to write a state, the document's own first."""
    gap, state = change.gap, change.state
    if gap.state is state:
        yield Proposal(())
        return
    if change.before and (back := undone(change.before, sheet.text, gap.span)):
        yield Proposal(back, exact=True)
    contrary = [mark for mark in gap.marks if mark.state is not state]
    drop = state is State.OPEN
    asked = {"field": StateSource.FIELD, "strike": StateSource.STRIKE}.get(style.name) if state is State.DONE else None
    if asked is not None and mark_of(gap, asked) is None:
        yield from _with(_agreeing(sheet, gap, contrary, state, drop=False), added(sheet, gap, state, asked))
    if gap.marks and all(_says(sheet, gap, mark, state) for mark in contrary):
        yield Proposal(_agreeing(sheet, gap, contrary, state, drop=drop))
        yield Proposal(_agreeing(sheet, gap, contrary, state, drop=not drop))
    conventions = conventions_of(sheet, gap, state)
    for source in conventions:
        if mark_of(gap, source) is None:
            yield from _added(sheet, gap, contrary, state, source)
    cleared = _agreeing(sheet, gap, contrary, state, drop=True, habit=False)
    for source in conventions:
        yield from _with(cleared, added(sheet, gap, state, source))


def _added(sheet: Sheet, gap: Gap, contrary: list[Mark], state: State, source: StateSource) -> Iterator[Proposal]:
    """Yields a mark of another kind with those that stand there made to agree: struck out too where the siblings are; the box left open."""
    rewritten = _agreeing(sheet, gap, contrary, state, drop=state is State.OPEN)
    written = [mark for mark in contrary if mark.source is not StateSource.CHECKBOX]
    for extra in added(sheet, gap, state, source):
        if source is not StateSource.STRIKE and struck(sheet, gap, state):
            yield from (Proposal((*rewritten, *strike, *extra)) for strike in added(sheet, gap, state, StateSource.STRIKE))
        yield Proposal((*rewritten, *extra))
        if len(written) < len(contrary):
            yield Proposal((*_agreeing(sheet, gap, written, state, drop=False), *extra))


def _with(edits: tuple[Edit, ...], additions: Iterator[tuple[Edit, ...]]) -> Iterator[Proposal]:
    yield from (Proposal((*edits, *extra)) for extra in additions)


def _agreeing(sheet: Sheet, gap: Gap, marks: list[Mark], state: State, *, drop: bool, habit: bool = True) -> tuple[Edit, ...]:
    edits = (edit for mark in marks for edit in _rewritten(sheet, gap, mark, state, drop=drop, habit=habit))
    return tuple(dict.fromkeys(edits))


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


def _rewritten(sheet: Sheet, gap: Gap, mark: Mark, state: State, *, drop: bool, habit: bool = True) -> Iterator[Edit]:
    """Yields the splices that make a mark agree.

    `drop` takes a suffix or an emoji away where no sibling says the state with one, or where the siblings' `habit` is not to count.
    """
    text = sheet.text
    habit = habit or mark.source not in {StateSource.EMOJI, StateSource.SUFFIX}
    match mark.source:
        case StateSource.CHECKBOX:
            plain = (sheet.box(State.DONE) or "x") if state.closed else " "
            yield from _ticked(sheet, mark.span, sheet.box(state) or plain)
        case StateSource.STRIKE:
            yield Edit(Span(mark.span.start, mark.span.start + 2), "")
            yield Edit(Span(mark.span.end - 2, mark.span.end), "")
        case StateSource.EMOJI:
            said = sheet.said(state, StateSource.EMOJI, gap) if habit else None
            if said is None and drop:
                yield _without_emoji(text, mark.span)
            else:
                yield Edit(mark.span, said.emoji if said and said.emoji else EMOJI_OF[state])
        case StateSource.SUFFIX:
            said = sheet.said(state, StateSource.SUFFIX, gap) if habit else None
            if said is None and drop:
                yield _without_suffix(sheet, gap, mark.span)
            else:
                yield from _reworded(sheet, mark, said, state)
        case StateSource.CELL if mark.span == gap.span:
            yield from _answered(sheet, gap, state)
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


def _without_suffix(sheet: Sheet, gap: Gap, inner: Span) -> Edit:
    """Takes a suffix or a tag away with its brackets, and with the dash that set it off, unless a text follows that it also sets off."""
    text = sheet.text
    span = sheet.outer(inner)
    start, end = span.start, span.end
    if end <= gap.title_span.start:
        while text[end : end + 1] and text[end] in " :—–-":
            end += 1
        return Edit(Span(start, end), "")
    if text[end : end + 1] == " " and text[end + 1 : end + 2].strip():
        return Edit(Span(start, end + 1), "")
    while start > 0 and text[start - 1] in " \t—–-:：":
        start -= 1
    return Edit(Span(start, end), "")


def _answered(sheet: Sheet, gap: Gap, state: State) -> Iterator[Edit]:
    """Yields the cells of a row of yes and no, in the words that their columns use; nothing says that a part of them is done."""
    if state not in {State.DONE, State.OPEN}:
        return
    rows = [other for other in sheet.siblings(gap) if other.state is state and other.section == gap.section]
    for field in gap.fields:
        words = Counter(f.value for other in rows for f in other.fields if f.label == field.label)
        used = Counter(f.value for other in sheet.siblings(gap) for f in other.fields if f.label == field.label)
        if words and len(used) <= 3 and field.value != words.most_common(1)[0][0]:
            yield Edit(field.value_span, words.most_common(1)[0][0])
