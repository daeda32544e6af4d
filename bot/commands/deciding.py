"""Verbs that ask what is so, and those that decide what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.commands.values import ON_GAPS, ON_OURS, Approve, Handled, Resolve, ShowPlan, ShowStatus, Situation, Spec, Sync
from bot.core.merge import Side
from bot.core.replies import Who
from bot.core.triage import CONFLICT

if TYPE_CHECKING:
    from bot.core.command import Command

_SIDES = {"file": Side.DOCUMENT, "issue": Side.ISSUE}


def _status(command: Command, _: Situation) -> Handled:
    return command.problem("argument", "`status` takes nothing after it") if command.argument else (ShowStatus(),)


def _sync(command: Command, _: Situation) -> Handled:
    return command.problem("argument", "`sync` takes nothing after it") if command.argument else (Sync(),)


def _plan(command: Command, _: Situation) -> Handled:
    return command.problem("argument", "`plan` takes nothing after it") if command.argument else (ShowPlan(),)


def _resolve(command: Command, situation: Situation) -> Handled:
    side = _SIDES.get(command.argument.lower())
    if side is None:
        return command.problem("argument", "which side is to be kept?", hint="say `/gap resolve file` or `/gap resolve issue`")
    issue = situation.issue
    if issue is not None and CONFLICT.name not in {label.lower() for label in issue.labels}:
        return ()  # settled already; a conflict that nobody has seen yet is not decided by this
    return (Resolve(side),)


def _approve(command: Command, situation: Situation) -> Handled:
    asked = command.argument.lower()
    if situation.offered is None:
        return ()  # nothing waits any more
    if asked and asked != situation.offered:
        hint = f"say `/gap approve {situation.offered}` if you have read it"
        return command.problem("another-plan", "this is not the plan that waits now", hint=hint)
    return (Approve(situation.offered),)


SPECS = (
    Spec(
        verb="status",
        usage="status",
        who=Who.EVERYONE,
        description="A comment says what Gapkeeper knows of the gap: where it stands, what was agreed, what is open between the sides.",
        examples=("/gap status",),
        places=ON_GAPS,
        handle=_status,
    ),
    Spec(
        verb="resolve",
        usage="resolve file|issue",
        who=Who.WRITERS,
        description="A conflict is settled: `file` makes the issue follow the document, `issue` the document the issue.",
        examples=("/gap resolve file", "/gap resolve issue"),
        places=ON_GAPS,
        handle=_resolve,
    ),
    Spec(
        verb="sync",
        usage="sync",
        who=Who.WRITERS,
        description="All documents and issues of the repository are compared again, whatever was or was not delivered.",
        examples=("/gap sync",),
        places=ON_OURS,
        handle=_sync,
    ),
    Spec(
        verb="plan",
        usage="plan",
        who=Who.WRITERS,
        description="A comment says what `sync` would do now.",
        examples=("/gap plan",),
        places=ON_OURS,
        handle=_plan,
    ),
    Spec(
        verb="approve",
        usage="approve [plan]",
        who=Who.WRITERS,
        description="The plan that waits is carried out; with its number, only that one.",
        examples=("/gap approve", "/gap approve 3f2a9c01d4e5"),
        places=ON_OURS,
        handle=_approve,
    ),
)
