"""The verb that takes back the last change: the fields that it changed get their old values, as a change like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.values import ON_GAPS, Ask, Deed, Handled, SetLabel, SetState, SetTicks, SetTitle, Situation, Spec, TakeBack
from bot.core.errors import Problem
from bot.core.gaps.model import State
from bot.core.issue import StateReason, shortened
from bot.core.pair import Asked, Wanting
from bot.core.replies import CANNOT_UNDO, Who, moved_on
from bot.core.sides import said_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.core.command import Command
    from bot.core.issue import Issue
    from bot.core.journal import Noted, Step, Value
    from bot.core.pair import Pair

_STATES = {
    State.OPEN: (SetState(open=True, reason=StateReason.REOPENED), SetLabel("status", None)),
    State.IN_PROGRESS: (SetState(open=True, reason=StateReason.REOPENED), SetLabel("status", "in progress")),
    State.DEFERRED: (SetState(open=True, reason=StateReason.REOPENED), SetLabel("status", "deferred")),
    State.DONE: (SetState(open=False, reason=StateReason.COMPLETED),),
    State.WONTFIX: (SetState(open=False, reason=StateReason.NOT_PLANNED),),
}


def _undo(command: Command, situation: Situation) -> Handled:
    if command.argument:
        return command.problem("argument", "`undo` takes nothing after it", hint="it takes back the last change, whatever it was")
    noted, issue, pair = situation.last, situation.issue, situation.pair
    if noted is None or issue is None or pair is None:
        return command.problem("nothing-to-undo", "Gapkeeper remembers nothing that it changed of this gap")
    steps = noted.change.steps
    moved = [moved_on(step, now) for step, now in _now(noted, issue, pair, situation) if not _same(now, step.before, step.after)]
    if moved:
        return command.problem("moved-on", f"the last change cannot be taken back any more: {', '.join(moved)}")
    elsewhere = any(step.field == "path" for step in steps)
    deeds = [deed for step in steps for deed in _back(step) if not (elsewhere and step.field == "section")]
    if deeds:
        return (*deeds, TakeBack(noted))
    message, hint = next(CANNOT_UNDO[step.field] for step in steps if step.field in CANNOT_UNDO)
    return Problem("cannot-undo", f"the last change was {message}", command.line, command.verb_span, hint)


def _back(step: Step) -> Iterator[Deed]:
    """Yield what gives one field its old value; nothing where only a person can."""
    match step.field, step.before, step.after:
        case "title", str(title), _:
            yield SetTitle(shortened(title))
        case "state", str(state), _:
            yield from _STATES[State(state)]
        case "priority" | "effort", str() | None as word, _:
            yield SetLabel(step.field, word)
        case "ticks", str(before), str(after) if len(before) == len(after):
            yield SetTicks(tuple(mark == "1" for mark in before))
        case "section", tuple(section), _:
            yield Ask(Asked(Wanting.MOVE, section))
        case "depends", tuple(gone), tuple(came):
            yield from [Ask(Asked(Wanting.FREE, came))] if came else []
            yield from [Ask(Asked(Wanting.DEPEND, gone))] if gone else []
        case _:
            pass


def _now(noted: Noted, issue: Issue, pair: Pair, situation: Situation) -> Iterator[tuple[Step, Value]]:
    """Yield the steps that could be taken back, each with what both sides, or else the issue, say now."""
    said = said_by(issue, pair.base, defer_closes=situation.defer_closes)
    now: dict[str, Value] = {
        "title": said.title,
        "state": said.state.value,
        "priority": said.priority,
        "effort": said.effort,
        "section": pair.section,
    }
    for step in noted.change.steps:
        if step.field in now:
            yield step, now[step.field]
        elif step.field == "ticks" and any(_back(step)):
            yield step, "".join("01"[done] for done in said.ticks)


def _same(now: Value, *values: Value) -> bool:
    """Tells whether a value is one of these; case does not count in words."""
    return _fold(now) in {_fold(value) for value in values}


def _fold(value: Value) -> Value:
    return value.casefold() if isinstance(value, str) else value


SPECS = (
    Spec(
        verb="undo",
        usage="undo",
        who=Who.WRITERS,
        description="The last change that Gapkeeper carried from one side to the other is taken back on both, and a comment says what "
        "it was. Said again, it is put back.",
        examples=("/gap undo",),
        places=ON_GAPS,
        handle=_undo,
    ),
)
