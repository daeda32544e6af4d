"""The editor: changes in, a new text out, in the document's own convention; read again and checked before anyone may write it.

Each rule proposes ways to write one change, the document's own first. The editor takes the first that reads back as the patched
model, with all else as it was. Changes of different gaps are made together and read once; where that fails, half by half.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby, islice
from typing import TYPE_CHECKING

from bot.core.edit import depends, entries, priority, state, tasks, title
from bot.core.edit.cell import fitted
from bot.core.edit.check import added, difference, moved, patched, place_of, target_of
from bot.core.edit.sheet import Sheet
from bot.core.edit.splice import Patchwork, placed, traces
from bot.core.edit.values import (
    AddGap,
    CannotEdit,
    Change,
    DoneStyle,
    Edited,
    MoveGap,
    Proposal,
    RemoveGap,
    SetDepends,
    SetEffort,
    SetField,
    SetPriority,
    SetState,
    SetTask,
    SetTitle,
    TakeTasks,
    Trace,
    takes_out,
)
from bot.core.errors import Problem, Severity
from bot.core.gaps.model import Document, Gap
from bot.core.gaps.parse import parse
from bot.core.text import Edit

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST = 40
"""Ways that are tried for one change; a rule that needs more has no convention to follow."""
_ORDER = (SetTitle, SetPriority, SetEffort, SetField, SetDepends, SetTask, TakeTasks, SetState)


def edit(document: Document, changes: Sequence[Change], *, done_style: str = "auto") -> Edited | CannotEdit:
    """Returns the text with all changes made, or, when one of them cannot be written, nothing but that one and the reason.

    The text returned reads as `patch(document, changes)`; outside `edits` no character differs (I8). ValueError for a `done_style`
    that does not exist.
    """
    work = _Work(document, changes, DoneStyle.of(done_style))
    refused = work.run()
    if refused is not None:
        return refused
    final = work.pieces.edits()
    return Edited(work.document.text, final, tuple(span for _, span in placed(final)), tuple(work.traces), tuple(work.now))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """A change with the way to write it."""

    number: int
    change: Change
    proposal: Proposal


class _Work:
    """The document as edited so far. `now` says where each gap of the first document stands; None for one that was taken out."""

    def __init__(self, document: Document, changes: Sequence[Change], style: DoneStyle) -> None:
        self.document = document
        self.style = style
        self.changes = list(changes)
        self.pieces = Patchwork(document.text)
        self.traces: list[tuple[Trace, ...]] = [() for _ in changes]
        self.first = document.gaps
        self.now: list[int | None] = list(range(len(document.gaps)))

    def run(self) -> CannotEdit | None:
        """Makes all changes, those of different gaps together; returns the first that cannot be made."""
        refusals = (self.halved(numbers) for numbers in self.rounds())
        return next((refused for refused in refusals if refused is not None), None)

    def halved(self, numbers: Sequence[int]) -> CannotEdit | None:
        """Makes changes all at once; where that does not read back, each half for itself, and in the end each alone."""
        if len(numbers) == 1:
            return self.alone(numbers[0])
        if self.together(numbers):
            return None
        middle = len(numbers) // 2
        return self.halved(numbers[:middle]) or self.halved(numbers[middle:])

    def rounds(self) -> Iterator[list[int]]:
        """Yields the changes that can be made at once: one a gap, the state last; whole entries each for itself, at the end."""
        whole = [i for i, change in enumerate(self.changes) if isinstance(change, AddGap) or takes_out(change, self.style)]
        ranked = sorted(
            (self.place(change), _ORDER.index(type(change)), i) for i, change in enumerate(self.changes) if i not in whole
        )
        queues = [[i for _, _, i in group] for _, group in groupby(ranked, key=lambda entry: entry[0])]
        for depth in range(max(map(len, queues), default=0)):
            yield [queue[depth] for queue in queues if len(queue) > depth]
        for i in whole:
            yield [i]

    def place(self, change: Change) -> int:
        """Returns which gap of the first document a change is for."""
        assert not isinstance(change, AddGap)  # noqa: S101 - callers sort additions out
        same = next((i for i, gap in enumerate(self.first) if gap is change.gap), None)
        return self.first.index(change.gap) if same is None else same

    def together(self, numbers: Sequence[int]) -> bool:
        """Makes the first way of each change, all at once; False, and nothing made, when that does not read back."""
        sheet = Sheet(self.document)
        chosen: list[_Chosen] = []
        for number in numbers:
            change = self.rebased(self.changes[number])
            first = next(self.ways(sheet, change), None) if change is not None else None
            if change is None or not isinstance(first, Proposal):
                return False
            chosen.append(_Chosen(number, change, first))
        return self.attempt(chosen) is None

    def alone(self, number: int) -> CannotEdit | None:
        """Makes one change in the first way that reads back."""
        asked = self.changes[number]
        change = self.rebased(asked)
        if change is None:
            return CannotEdit(_problem("gap-gone", "the gap is taken out by another change", asked), asked)
        sheet = Sheet(self.document)
        reason: str | None = None
        tried: set[tuple[Edit, ...]] = set()
        for way in islice(self.ways(sheet, change), _MOST):
            if isinstance(way, Problem):
                return CannotEdit(way, asked)
            if way.edits in tried:
                continue
            tried.add(way.edits)
            failed = self.attempt([_Chosen(number, change, way)])
            if failed is None:
                return None
            reason = failed
        if reason is None:
            return CannotEdit(_problem("no-place", "the document has no place where it could be written", asked), asked)
        return CannotEdit(_problem("would-read-otherwise", f"no way of writing it reads back right: {reason}", asked), asked)

    def rebased(self, change: Change) -> Change | None:
        """Returns the change with the gap, the task and the field as they stand now; None when the gap is gone."""
        if isinstance(change, AddGap):
            return change
        old = change.gap
        at = self.now[self.place(change)]
        if at is None:
            return None
        gap = self.document.gaps[at]
        match change:
            case SetTask(task=task):
                return replace(change, gap=gap, task=gap.tasks[old.tasks.index(task)])
            case SetField(field=field):
                nth = [f for f in old.fields if f.label == field.label].index(field)
                return replace(change, gap=gap, field=[f for f in gap.fields if f.label == field.label][nth])
            case TakeTasks(tasks=taken):
                return replace(change, gap=gap, tasks=tuple(gap.tasks[old.tasks.index(task)] for task in taken))
            case _:
                return replace(change, gap=gap)

    def ways(self, sheet: Sheet, change: Change) -> Iterator[Proposal | Problem]:
        """Yields what the rule for a change proposes, made to fit where it stands in a row of a table."""
        for way in self.rules(sheet, change):
            if isinstance(way, Problem) or way.exact or isinstance(change, AddGap) or takes_out(change, self.style):
                yield way
            else:
                yield replace(way, edits=fitted(sheet, change.gap, way.edits))

    def rules(self, sheet: Sheet, change: Change) -> Iterator[Proposal | Problem]:
        """Yields what the rule for a change proposes."""
        match change:
            case AddGap():
                yield from entries.additions(sheet, change)
            case RemoveGap():
                yield from entries.removals(sheet, change)
            case MoveGap(section=section):
                yield from entries.moves(sheet, change, section)
            case SetState() if takes_out(change, self.style) and self.style.name == "move":
                marks = state.proposals(sheet, change, DoneStyle())
                yield from entries.moves(sheet, change, (self.style.section,), marks)
            case SetState() if takes_out(change, self.style):
                yield from entries.removals(sheet, change)
            case SetState():
                yield from state.proposals(sheet, change, self.style)
            case _:
                yield from self.part_rules(sheet, change)

    def part_rules(self, sheet: Sheet, change: Change) -> Iterator[Proposal | Problem]:
        """Yields what the rule for a change of one part proposes."""
        match change:
            case SetTitle():
                yield from title.proposals(sheet, change)
            case SetPriority() | SetEffort():
                yield from priority.proposals(sheet, change)
            case SetDepends():
                yield from depends.proposals(sheet, change)
            case SetTask(task=task, done=done):
                yield from state.ticks(sheet, task, done=done)
            case TakeTasks():
                yield from tasks.takings(sheet, change)
            case SetField(field=field, value=value):
                yield Proposal((Edit(field.value_span, value),))
            case _:
                raise AssertionError(f"no rule for {change}")

    def attempt(self, chosen: Sequence[_Chosen]) -> str | None:
        """Makes edits and reads the text again; returns what is read otherwise than asked for, None when they now stand."""
        edits = [made for one in chosen for made in one.proposal.edits]
        pieces = Patchwork(self.document.text)
        try:
            pieces.splice(edits)
        except ValueError:
            return "two edits overlap"
        text = pieces.text()
        after = parse(self.document.path, text.encode()) if text != self.document.text else self.document
        if not isinstance(after, Document):
            return after.problem.message
        expected, origin, touched = self.expected(chosen)
        restored = all(one.proposal.exact for one in chosen)
        failed = difference(expected, self.document, after, touched=touched, edits=edits, restored=restored)
        if failed is not None:
            return failed
        self.take(chosen, edits, after, origin)
        return None

    def expected(self, chosen: Sequence[_Chosen]) -> tuple[list[Gap], list[int | None], frozenset[int]]:
        """Returns the gaps as they should be read, for each where it stood before (None: new), and which of them were changed."""
        row: list[tuple[Gap, int | None, bool]] = [(gap, i, False) for i, gap in enumerate(self.document.gaps)]
        for one in chosen:
            change, at = one.change, one.proposal.at
            if isinstance(change, AddGap):
                _, section = place_of(self.document, change.section, change.priority)
                row.insert(len(row) if at is None else at, (added(change, section), None, True))
                continue
            index = next(i for i, (_, old, _) in enumerate(row) if old is not None and self.document.gaps[old] is change.gap)
            gap, old, _ = row[index]
            if not takes_out(change, self.style):
                row[index] = (patched(gap, change), old, True)
                continue
            del row[index]
            target = target_of(change, self.style)
            if target is not None and at is not None:
                _, section = place_of(self.document, target, None)
                row.insert(at, (moved(gap, change, section), old, True))
        return [gap for gap, _, _ in row], [old for _, old, _ in row], frozenset(i for i, (_, _, new) in enumerate(row) if new)

    def take(self, chosen: Sequence[_Chosen], edits: Sequence[Edit], after: Document, origin: Sequence[int | None]) -> None:
        """Keeps what was made: the text, the traces, and where each gap stands now."""
        came = {old: i for i, old in enumerate(origin) if old is not None}
        for one in chosen:
            old = (
                None
                if isinstance(one.change, AddGap)
                else next(i for i, g in enumerate(self.document.gaps) if g is one.change.gap)
            )
            at = came.get(old) if old is not None else None
            start = after.gaps[at].span.start if at is not None else 0
            self.traces[one.number] += traces(edits, one.proposal.edits, old=self.document.text, new=after.text, origin=start)
        self.pieces.splice(edits)
        self.now = [came.get(at) if at is not None else None for at in self.now]
        self.document = after


def _problem(code: str, message: str, change: Change) -> Problem:
    if isinstance(change, AddGap):
        return Problem(code, message, 0, severity=Severity.ERROR)
    return Problem(code, message, change.gap.line, change.gap.title_span, severity=Severity.ERROR)
