"""The model after a change, without any text: `patch`. And whether a text that was read again says exactly that: `difference`.

This is the law the editor is held to (I8): read(edit(F, P)) == patch(read(F), P), and everything that P does not name is as it was.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

from bot.core.edit.splice import placed
from bot.core.edit.values import (
    AddGap,
    Change,
    DoneStyle,
    MoveGap,
    RemoveGap,
    SetDepends,
    SetEffort,
    SetField,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    TakeTasks,
    takes_out,
)
from bot.core.gaps.model import Document, Gap, Kind
from bot.core.gaps.vocabulary import COLUMNS, LABELS, words
from bot.core.text import Edit, Span, apply

if TYPE_CHECKING:
    from collections.abc import Sequence

STATED = frozenset({"status", "priority", "severity", "effort", "complexity"})
"""Fields that say again what a gap's state, priority and effort say."""


def patch(document: Document, changes: Sequence[Change], style: DoneStyle | None = None) -> tuple[Gap, ...]:
    """Returns the gaps of the document once all changes are made; spans, lines and details are those of before."""
    style = style or DoneStyle()
    gaps: list[Gap | None] = list(document.gaps)
    index = {id(gap): i for i, gap in enumerate(document.gaps)}
    late: list[Gap] = []
    for change in changes:
        if isinstance(change, AddGap):
            late.append(added(change, place_of(document, change.section, change.priority)[1]))
            continue
        i = index[id(change.gap)] if id(change.gap) in index else document.gaps.index(change.gap)
        gap = gaps[i]
        if gap is None:
            continue
        gaps[i] = None if takes_out(change, style) else patched(gap, change)
        if (target := target_of(change, style)) is not None:
            late.append(moved(gap, change, place_of(document, target, None)[1]))
    result: list[Gap] = [gap for gap in gaps if gap is not None]
    for gap in late:
        at = max((i + 1 for i, other in enumerate(result) if other.section == gap.section), default=len(result))
        result.insert(at, gap)
    return tuple(result)


def patched(gap: Gap, change: Change) -> Gap:
    """Returns the gap once a change of its own is made."""
    match change:
        case SetState(state=state):
            return replace(gap, state=state)
        case SetTitle(title=title):
            return replace(gap, title=" ".join(title.split()))
        case SetPriority(priority=priority):
            return replace(gap, priority=_lower(priority))
        case SetEffort(effort=effort):
            return replace(gap, effort=_lower(effort))
        case SetTask(task=task, done=done):
            i = change.gap.tasks.index(task)
            return replace(gap, tasks=(*gap.tasks[:i], replace(gap.tasks[i], done=done), *gap.tasks[i + 1 :]))
        case SetField(field=field, value=value):
            i = change.gap.fields.index(field)
            return replace(gap, fields=(*gap.fields[:i], replace(gap.fields[i], value=value), *gap.fields[i + 1 :]))
        case SetDepends(names=names):
            return replace(gap, depends_on=names)
        case TakeTasks(tasks=tasks):
            return replace(gap, tasks=tuple(task for task in gap.tasks if task not in tasks))
        case AddGap() | RemoveGap() | MoveGap():
            return gap


def added(change: AddGap, section: tuple[str, ...]) -> Gap:
    """Returns the gap that an addition asks for; where it stands is not known yet."""
    nowhere = Span(0, 0)
    title = " ".join(change.title.split())
    return Gap(
        Kind.LIST,
        title,
        change.state,
        0,
        nowhere,
        nowhere,
        priority=_lower(change.priority),
        effort=_lower(change.effort),
        section=section,
    )


def target_of(change: Change, style: DoneStyle) -> tuple[str, ...] | None:
    """Returns the section that a change moves its gap to, None where it moves it nowhere."""
    if isinstance(change, MoveGap):
        return change.section
    return (style.section,) if isinstance(change, SetState) and takes_out(change, style) and style.name == "move" else None


def moved(gap: Gap, change: Change, section: tuple[str, ...]) -> Gap:
    """Returns the gap in another section; a priority or effort that only its old section gave stays behind."""
    own = gap.priority_span is not None
    state = change.state if isinstance(change, SetState) else gap.state
    return replace(gap, state=state, section=section, priority=gap.priority if own else None, span=Span(0, 0))


def place_of(document: Document, section: tuple[str, ...] | None, priority: str | None) -> tuple[int, tuple[str, ...]]:
    """Returns where a new gap of a section comes among the gaps, and the section's whole path."""
    paths = [gap.section for gap in document.gaps]
    if section is None:
        wanted = _lower(priority)
        fits = [gap for gap in document.gaps if gap.priority == wanted and gap.priority_span is None and wanted is not None]
        open_ones = [gap for gap in fits or document.gaps if not gap.state.closed] or fits or list(document.gaps)
        section = open_ones[-1].section if open_ones else ()
    named = tuple(map(_key, section))
    keys = {path: tuple(map(_key, path)) for path in paths}
    path = next((path for path, key in keys.items() if key == named), None)
    if path is None:
        path = next((path for path, key in keys.items() if named and key[-len(named) :] == named), section)
    at = max((i + 1 for i, other in enumerate(paths) if other == path), default=len(paths))
    return at, path


def difference(
    expected: Sequence[Gap],
    before: Document,
    after: Document,
    *,
    touched: frozenset[int],
    edits: Sequence[Edit],
    restored: bool = False,
) -> str | None:
    """Returns what the text that was read again says otherwise than expected, None when it says just that.

    `expected` are the gaps of `before` as patched, in their order; the places in `touched` are those that a change was for.
    A text of old that was `restored` may bring its problems back.
    """
    if len(expected) != len(after.gaps):
        return f"{len(after.gaps)} gaps are read instead of {len(expected)}"
    if not restored and _problems(after) - _problems(before):
        return "the document has problems that it did not have before"
    for i, (gap, found) in enumerate(zip(expected, after.gaps, strict=True)):
        if (said := _unlike(gap, found, touched=i in touched)) is not None:
            return said
        if len(gap.span) and not _same_text(gap, found, before.text, after.text, edits):
            return f'"{gap.title}" holds other lines than before'
    return None


def _problems(document: Document) -> Counter[str]:
    return Counter(problem.code for problem in document.problems)


def _unlike(gap: Gap, found: Gap, *, touched: bool) -> str | None:
    new = not len(gap.span)
    for name in ("title", "state", "priority", "effort", "section", "id", "kind", "depends_on"):
        mine, theirs = getattr(gap, name), getattr(found, name)
        if mine == theirs or (new and (name == "kind" or not mine)):
            continue
        return f'the {name} of "{gap.title}" is read as {_shown(theirs)} instead of {_shown(mine)}'
    if new and not gap.tasks and not gap.fields:
        return None
    if [(task.text, task.done) for task in gap.tasks] != [(task.text, task.done) for task in found.tasks]:
        return f'the tasks of "{gap.title}" are read otherwise'
    answers = touched and any(mark.span == gap.span for mark in gap.marks)
    if not answers and _fields(gap, all_of=not touched) != _fields(found, all_of=not touched):
        return f'the fields of "{gap.title}" are read otherwise'
    return None if touched or gap.detail == found.detail else f'the detail of "{gap.title}" is read otherwise'


def _fields(gap: Gap, *, all_of: bool) -> list[tuple[str, str]]:
    return [
        (field.label, field.value) for field in gap.fields if all_of or role_of(gap.kind, field.label) not in {*STATED, "depends"}
    ]


def role_of(kind: Kind, label: str) -> str:
    """Returns what a field is for, by its label, as the reader sees it."""
    return (COLUMNS if kind is Kind.TABLE else LABELS).whole(words(label.split("(", maxsplit=1)[0])) or "other"


def _same_text(gap: Gap, found: Gap, old: str, new: str, edits: Sequence[Edit]) -> bool:
    """Tells whether the lines of a gap are those of before with the edits in them, and nothing else."""
    inner = [edit for edit in edits if gap.span.contains(edit.span)]
    stands = found.span.of(new).rstrip()
    for first, last in product((gap.span.start, gap.span.start + 1), (gap.span.end, gap.span.end - 1)):
        # A line that comes between two gaps may belong to either: what was said of each is compared elsewhere.
        mine = [edit for edit in inner if len(edit.span) or first <= edit.span.start <= last]
        shifted = [Edit(Span(edit.span.start - gap.span.start, edit.span.end - gap.span.start), edit.text) for edit in mine]
        if apply(shifted, gap.span.of(old)).rstrip() == stands:
            return True
    return False


def _key(title: str) -> str:
    """Returns the words of a heading, by which a section is named."""
    return " ".join(word.text for word in words(title))


def _lower(text: str | None) -> str | None:
    return " ".join(text.lower().split()) if text else None


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


__all__ = ["STATED", "added", "difference", "moved", "patch", "patched", "place_of", "placed", "role_of", "target_of"]
