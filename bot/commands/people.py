"""Verbs for who works on a gap. Its document says nothing of that."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.commands.values import ON_GAPS, Assign, Handled, Situation, Spec, Unassign
from bot.core.errors import Problem
from bot.core.replies import Who

if TYPE_CHECKING:
    from bot.core.command import Command

MAX_ASSIGNEES = 10
"""GitHub assigns no more people to an issue: https://docs.github.com/en/rest/issues/assignees#add-assignees-to-an-issue"""

_LOGIN = re.compile(r"@?([A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}(?:_[A-Za-z0-9]+)?)")
"""Letters, digits and single hyphens; accounts of an enterprise end with `_` and its short code."""


def _logins(command: Command, situation: Situation) -> tuple[str, ...] | Problem:
    words = command.argument.replace(",", " ").split()
    if not words:
        return (situation.commenter,)
    found = [_LOGIN.fullmatch(word) for word in words[: MAX_ASSIGNEES + 1]]
    logins = tuple(dict.fromkeys(match[1] for match in found if match))
    if None in found:
        return command.problem("not-a-login", "these are not all names of accounts", hint="say `/gap assign @alice @bob`")
    if len(logins) > MAX_ASSIGNEES:
        return command.problem("too-many-people", f"GitHub assigns at most {MAX_ASSIGNEES} people")
    return logins


def _assign(command: Command, situation: Situation) -> Handled:
    logins = _logins(command, situation)
    return logins if isinstance(logins, Problem) else (Assign(logins),)


def _unassign(command: Command, situation: Situation) -> Handled:
    logins = _logins(command, situation)
    return logins if isinstance(logins, Problem) else (Unassign(logins),)


SPECS = (
    Spec(
        verb="assign",
        usage="assign [@user…]",
        who=Who.WRITERS,
        description="These people are assigned to the issue; without a name, you are.",
        examples=("/gap assign", "/gap assign @alice @bob"),
        places=ON_GAPS,
        handle=_assign,
    ),
    Spec(
        verb="unassign",
        usage="unassign [@user…]",
        who=Who.WRITERS,
        description="These people are taken off the issue; without a name, you are.",
        examples=("/gap unassign", "/gap unassign @bob"),
        places=ON_GAPS,
        handle=_unassign,
    ),
)
