"""Verbs for the state of a gap. A reason or a date is for those who read the comment; the document says only the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.values import ON_GAPS, Handled, SetLabel, SetState, Situation, Spec
from bot.core.gaps.model import State
from bot.core.issue import StateReason
from bot.core.replies import Who

if TYPE_CHECKING:
    from bot.core.command import Command


def _done(command: Command, situation: Situation) -> Handled:
    if command.argument:
        return command.problem("argument", "`done` takes nothing after it")
    return _closed(command, situation, State.DONE, StateReason.COMPLETED)


def _wontfix(command: Command, situation: Situation) -> Handled:
    return _closed(command, situation, State.WONTFIX, StateReason.NOT_PLANNED)


def _closed(command: Command, situation: Situation, state: State, reason: StateReason) -> Handled:
    if _closed_as(situation) in {None, state}:
        return (SetState(open=False, reason=reason),)
    # GitHub changes no reason of what is closed, and the document would keep its word: closed is closed.
    words = "as not to be fixed" if state is State.DONE else "as done"
    return command.problem("closed-otherwise", f"the gap is closed already, {words}", hint="say `/gap reopen` first")


def _closed_as(situation: Situation) -> State | None:
    """Returns in which state the gap is closed, as agreed or else as its issue says; None where it is open."""
    issue, pair = situation.issue, situation.pair
    if issue is None or issue.open:
        return None
    if pair is not None and pair.base.state.closed:
        return pair.base.state
    return State.DONE if issue.state_reason in {StateReason.COMPLETED, None} else State.WONTFIX


def _defer(_: Command, situation: Situation) -> Handled:
    if situation.pair is not None and situation.pair.base.state is State.DEFERRED:
        return ()
    return SetState(open=True, reason=StateReason.REOPENED), SetLabel("status", "deferred")


def _reopen(command: Command, situation: Situation) -> Handled:
    if command.argument:
        return command.problem("argument", "`reopen` takes nothing after it")
    issue = situation.issue
    if issue is not None and issue.open and situation.pair is not None and situation.pair.base.state is State.IN_PROGRESS:
        return ()
    return SetState(open=True, reason=StateReason.REOPENED), SetLabel("status", None)


SPECS = (
    Spec(
        verb="done",
        usage="done",
        who=Who.WRITERS,
        description="The gap is done: its issue is closed as completed, and its document says so.",
        examples=("/gap done",),
        places=ON_GAPS,
        handle=_done,
    ),
    Spec(
        verb="wontfix",
        usage="wontfix [reason]",
        who=Who.WRITERS,
        description="The gap will not be fixed: its issue is closed as not planned. The reason stays in your comment.",
        examples=("/gap wontfix", "/gap wontfix The service goes away in spring"),
        places=ON_GAPS,
        handle=_wontfix,
    ),
    Spec(
        verb="defer",
        usage="defer [until]",
        who=Who.WRITERS,
        description="The gap is put off: `status: deferred`. Until when is for readers of your comment; nothing happens then by itself.",
        examples=("/gap defer", "/gap defer until the new database is there"),
        places=ON_GAPS,
        handle=_defer,
    ),
    Spec(
        verb="reopen",
        usage="reopen",
        who=Who.WRITERS,
        description="The gap is open again, also one that was deferred; its document gets its old words back.",
        examples=("/gap reopen",),
        places=ON_GAPS,
        handle=_reopen,
    ),
)
