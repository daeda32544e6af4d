"""What people changed on an issue and its document cannot take: the issue gets back what the document says, and a comment says why.

A priority that is only its section's is the usual case: the entry would have to move, which is proposed and not done.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.core.edit import SetEffort, SetPriority, SetState, SetTask, SetTitle
from bot.core.gaps.model import State
from bot.core.issue import NoRegion, Region, StateReason, region_of, retouched, shortened
from bot.core.sides import said_by
from bot.core.tasks import marks_in, says, ticked
from bot.core.triage import by_family, labels_of_base, with_family

if TYPE_CHECKING:
    from bot.core.edit import Change
    from bot.core.errors import Problem
    from bot.core.issue import Issue
    from bot.core.pair import Base


@dataclass(frozen=True, slots=True)
class Refusal:
    """A change of a person that the editor could not make, why, and in which section entries stand that are so already."""

    change: Change
    problem: Problem
    section: str | None = None

    @property
    def field(self) -> str:
        """The field of the gap, as people call it."""
        match self.change:
            case SetTitle():
                return "title"
            case SetState():
                return "state"
            case SetPriority():
                return "priority"
            case SetEffort():
                return "effort"
            case SetTask(_, task):
                return f"task {task.text}"
            case _:
                return "entry"

    @property
    def returns(self) -> bool:
        """Tells whether the issue shows what was refused, so that it can be given back; all else is a command's, and answered there."""
        return isinstance(self.change, SetTitle | SetState | SetPriority | SetEffort | SetTask)

    @property
    def asked(self) -> str:
        """What it was to become, in words."""
        match self.change:
            case SetTitle(_, title):
                return title
            case SetState(_, state):
                return state.value.replace("_", " ")
            case SetPriority(_, word) | SetEffort(_, word):
                return word or "none"
            case SetTask(_, _, done):
                return "done" if done else "not done"
            case _:
                return ""

    @property
    def mark(self) -> str:
        """Names the refusal, so that one that was said is not said again when the sync is made again: 12 hex digits."""
        return hashlib.sha256(f"{self.field}\0{self.asked}\0{self.problem.code}".encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Returned:
    """An issue that says again what its document does; None where it says so already."""

    title: str | None = None
    body: str | None = None
    open: bool | None = None
    reason: StateReason | None = None
    labels: tuple[str, ...] | None = None

    @property
    def empty(self) -> bool:
        """Tells whether nothing is to be given back."""
        return self.title is None and self.body is None and self.open is None and self.labels is None


def returned(issue: Issue, refusals: tuple[Refusal, ...], base: Base, *, defer_closes: bool) -> Returned:
    """Returns the issue with each refused field as the document, and so `base`, has it; what people wrote elsewhere stays."""
    agreed = by_family(label.name for label in labels_of_base(base))
    said = said_by(issue, base, defer_closes=defer_closes)
    title, body, is_open, labels = issue.title, issue.body, issue.open, issue.labels
    for refusal in refusals:
        match refusal.change:
            case SetTitle():
                title = shortened(base.title)
            case SetPriority() | SetEffort():
                labels = with_family(labels, refusal.field, agreed.get(refusal.field, ()))
            case SetState() if said.state.closed != base.state.closed or said.state != base.state:
                is_open = not (base.state.closed or (defer_closes and base.state is State.DEFERRED))
                labels = with_family(labels, "status", agreed.get("status", ()))
            case SetTask(_, task, done):
                body = _unticked(body, says(task.text), done=done)
            case _:
                pass
    return Returned(
        title=title if title != issue.title else None,
        body=body if body != issue.body else None,
        open=is_open if is_open != issue.open else None,
        reason=None if is_open == issue.open else _reason(base.state, is_open=is_open),
        labels=labels if labels != issue.labels else None,
    )


def _reason(state: State, *, is_open: bool) -> StateReason:
    if is_open:
        return StateReason.REOPENED
    return StateReason.COMPLETED if state is State.DONE else StateReason.NOT_PLANNED


def _unticked(body: str, words: str, *, done: bool) -> str:
    region = region_of(body)
    if not isinstance(region, Region):
        return body
    back = {mark.key: not done for mark in marks_in(region.content) if mark.key[0] == words and mark.done == done}
    result = retouched(body, replace(region, content=ticked(region.content, back)))
    return body if isinstance(result, NoRegion) else result
