"""From the issues into the documents: what people changed on an issue becomes an edit of the document, field by field.

Only what the issue alone changed since both sides last agreed is carried over (I3). What both changed, differently, is a conflict:
the document stays as it is, and so does the issue (`bot.core.settle`), until a person decides. An edit that the editor refuses is
reported, and neither side is touched.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.edit import (
    AddGap,
    CannotEdit,
    Edited,
    MoveGap,
    SetDepends,
    SetEffort,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    TakeTasks,
    edit,
    task_blocks,
)
from bot.core.edit.splice import undone
from bot.core.gaps.model import Document, State
from bot.core.gaps.parse import parse
from bot.core.issue import Region, region_of
from bot.core.merge import Conflict, Side, merge3
from bot.core.pair import Wanting
from bot.core.refusal import Refusal
from bot.core.sides import said_by
from bot.core.tasks import marks_in, says
from bot.core.text import apply
from bot.core.triage import by_family, word_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.core.config import Config
    from bot.core.edit import Change, Trace
    from bot.core.errors import Problem
    from bot.core.gaps.model import Gap, Task
    from bot.core.identity import Entry
    from bot.core.issue import Issue
    from bot.core.names import GapKey
    from bot.core.pair import Asked, Base, Pair


@dataclass(frozen=True, slots=True)
class Wish:
    """What the issue of one gap asks its document to say; None where it asks nothing.

    An empty priority or effort is to be taken away; `ticks` are by the task's place; `asked` is what only its entry can show.
    """

    ordinal: int
    pair: Pair
    title: str | None = None
    state: State | None = None
    priority: str | None = None
    effort: str | None = None
    ticks: tuple[tuple[int, bool], ...] = ()
    asked: tuple[Asked, ...] = ()

    @property
    def empty(self) -> bool:
        """Tells whether nothing is asked."""
        parts = (self.title, self.state, self.priority, self.effort)
        return all(part is None for part in parts) and not self.ticks and not self.asked

    def changes(self, gap: Gap) -> Iterator[Change]:
        """Yields the wish as edits of the gap."""
        if self.title is not None:
            yield SetTitle(gap, self.title)
        if self.priority is not None:
            yield SetPriority(gap, self.priority or None)
        if self.effort is not None:
            yield SetEffort(gap, self.effort or None)
        for place, done in self.ticks:
            yield SetTask(gap, gap.tasks[place], done)
        if self.state is not None:
            yield SetState(gap, self.state, self.pair.traces if not self.state.closed else ())

    def parts(self, document: Document) -> Iterator[_Part]:
        """Yields the wish as edits of its document, those that are made all or not at all under one name."""
        gap = document.gaps[self.ordinal]
        for change in self.changes(gap):
            yield _Part(self, change)
        for asked in self.asked:
            for change in _changes_for(asked, gap, document):
                yield _Part(self, change, asked)


@dataclass(frozen=True, slots=True)
class _Part:
    """One edit for a wish; those for one thing that was `asked` belong together."""

    wish: Wish
    change: Change
    asked: Asked | None = None


def _changes_for(asked: Asked, gap: Gap, document: Document) -> Iterator[Change]:
    """Yields what makes an entry as it was asked to be."""
    match asked.what:
        case Wanting.MOVE:
            yield MoveGap(gap, asked.words)
        case Wanting.DEPEND:
            yield SetDepends(gap, tuple(dict.fromkeys((*gap.depends_on, *asked.words))))
        case Wanting.FREE:
            yield SetDepends(gap, tuple(name for name in gap.depends_on if name not in asked.words))
        case Wanting.SPLIT:
            blocks = [block for block in task_blocks(document.text, gap) if not all(task.done for task in block.tasks)]
            yield TakeTasks(gap, tuple(task for block in blocks for task in block.tasks))
            own = gap.priority if gap.priority_span is not None else None
            for block in blocks:
                yield AddGap(gap.section, block.tasks[0].text, own, detail=block.detail)


@dataclass(frozen=True, slots=True)
class Granted:
    """A document after the edits that were possible; `wishes` are those of which a part was granted, in the order of their gaps.

    `places` say of each of its gaps as the how-manieth it stands now, None where it was taken out.
    """

    document: Document
    wishes: tuple[Wish, ...]
    refusals: tuple[tuple[Wish, Refusal], ...]
    traces: Mapping[GapKey, tuple[Trace, ...]]
    places: tuple[int | None, ...]


def wish_of(entry: Entry, pair: Pair, issue: Issue, config: Config, *, decision: Side = Side.NEITHER) -> Wish | None:
    """Returns what the issue alone changed, and what a person decided for the issue; None where that is nothing."""
    base, gap = pair.base, entry.gap
    said = said_by(issue, base, defer_closes=config.on_defer == "close")
    settled = gap.state.closed and said.state.closed  # closed is closed, whatever the reason

    def asked(before: str | None, document: str | None, issue: str | None) -> bool:
        return _asked(_fold(before), _fold(document), _fold(issue), decision)

    wish = Wish(
        entry.ordinal,
        pair,
        title=said.title if _asked(base.title, gap.title, said.title, decision) else None,
        state=said.state if _asked(base.state, gap.state, said.state, decision) and not settled else None,
        priority=(said.priority or "") if asked(base.priority, gap.priority, said.priority) else None,
        effort=(said.effort or "") if asked(base.effort, gap.effort, said.effort) else None,
        ticks=tuple(_ticks(gap, base, issue)),
        asked=tuple(asked for asked in pair.asked if not asked.met(gap)),
    )
    return None if wish.empty else wish


def granted(document: Document, wishes: Sequence[Wish], config: Config) -> Granted:
    """Returns the document with the wishes granted, but for the changes that the editor refuses."""
    parts = [part for wish in wishes for part in _as_before(document, wish).parts(document)]
    refusals: list[tuple[Wish, Refusal]] = []
    edited, traces = document, {}
    places: tuple[int | None, ...] = tuple(range(len(document.gaps)))
    while parts:
        result = edit(document, [part.change for part in parts], done_style=config.done_style)
        if isinstance(result, Edited):
            edited, traces, places = _read(document, result), _state_traces(parts, result), result.places
            break
        refused = next(part for part in parts if part.change is result.change)
        refusals.append((refused.wish, Refusal(refused.change, result.problem, _section_with(refused.change, document))))
        parts = [part for part in parts if part is not refused and (refused.asked is None or not _together(part, refused))]
    return Granted(edited, tuple(dict.fromkeys(part.wish for part in parts)), tuple(refusals), traces, places)


def _together(one: _Part, other: _Part) -> bool:
    return one.wish is other.wish and one.asked is other.asked


def _section_with(change: Change, document: Document) -> str | None:
    """Returns the section whose entries have a priority that cannot be given to an entry where it stands."""
    if not isinstance(change, SetPriority) or not change.priority:
        return None
    alike = [gap.section for gap in document.gaps if gap.section and _fold(gap.priority) == _fold(change.priority)]
    return alike[-1][-1] if alike else None


def _as_before(document: Document, wish: Wish) -> Wish:
    """Returns the wish of an issue that was opened again, for the state that stood before we closed the gap: perhaps deferred."""
    if wish.state is not State.OPEN or not wish.pair.traces:
        return wish
    back = undone(wish.pair.traces, document.text, document.gaps[wish.ordinal].span)
    reading = parse(document.path, apply(back, document.text).encode()) if back else None
    if not isinstance(reading, Document) or len(reading.gaps) != len(document.gaps):
        return wish
    before = reading.gaps[wish.ordinal].state
    return wish if before.closed else replace(wish, state=before)


@dataclass(frozen=True, slots=True)
class Adopted:
    """A document with a new entry for an issue that a person opened, and the entry's place among its gaps."""

    document: Document
    ordinal: int


def adopt(document: Document, issue: Issue) -> Adopted | Problem:
    """Returns the document with the issue as a new entry, in the section and dialect where the last gap of its priority stands."""
    labels = by_family(issue.labels)
    priority = word_of(labels["priority"][0]) if len(labels.get("priority", ())) == 1 else None
    effort = word_of(labels["effort"][0]) if len(labels.get("effort", ())) == 1 else None
    alike = [gap.section for gap in document.gaps if priority and _fold(gap.priority) == _fold(priority)]
    section = alike[-1] if alike else None
    result = edit(document, [AddGap(section, issue.title, priority, effort)])
    if isinstance(result, CannotEdit):
        return result.problem
    edited = _read(document, result)
    before = [(gap.title, gap.section) for gap in document.gaps]
    for ordinal in range(len(edited.gaps)):
        others = [(gap.title, gap.section) for i, gap in enumerate(edited.gaps) if i != ordinal]
        if others == before:
            return Adopted(edited, ordinal)
    raise AssertionError("the editor added an entry that cannot be found")


def _read(document: Document, edited: Edited) -> Document:
    """Returns the edited document; the editor has read it before us, so that it can be."""
    reading = parse(document.path, edited.text.encode())
    if not isinstance(reading, Document):
        raise AssertionError(f"the editor returned a text that cannot be read: {reading.problem.message}")  # noqa: TRY004
    return reading


def _state_traces(parts: Sequence[_Part], edited: Edited) -> dict[GapKey, tuple[Trace, ...]]:
    """Returns what was done to close each gap, to be taken back when it reopens."""
    return {
        part.wish.pair.key: traces
        for part, traces in zip(parts, edited.traces, strict=True)
        if isinstance(part.change, SetState) and part.change.state.closed
    }


def _asked(base: object, document: object, issue: object, decision: Side) -> bool:
    """Tells whether the issue alone changed a value, or a person decided for the issue's."""
    merged = merge3(base, document=document, issue=issue)
    if isinstance(merged, Conflict):
        return decision is Side.ISSUE
    return merged.changed is Side.ISSUE


def _fold(word: str | None) -> str:
    return (word or "").casefold()


def _ticks(gap: Gap, base: Base, issue: Issue) -> Iterator[tuple[int, bool]]:
    """Yield the tasks that the issue alone ticked or unticked, by their place among the gap's tasks."""
    region = region_of(issue.body)
    if not isinstance(region, Region) or region.digest != base.region or len(region.ticks) != len(base.ticks):
        return
    places = _places(gap.tasks)
    for mark, old in zip(marks_in(region.content), base.ticks, strict=True):
        place = places.get(mark.key)
        if mark.done != old and place is not None and gap.tasks[place].done == old:
            yield place, mark.done


def _places(tasks: Sequence[Task]) -> Mapping[tuple[str, int], int]:
    """Returns where each task stands, by what it says, as `bot.core.tasks` names it."""
    seen: dict[str, int] = {}
    places: dict[tuple[str, int], int] = {}
    for place, task in enumerate(tasks):
        words = says(task.text)
        places[words, seen.get(words, 0)] = place
        seen[words] = seen.get(words, 0) + 1
    return places
