"""Opens the issue of a new gap with what the rules of the config add, in the one request that makes it.

Whom GitHub cannot assign and a milestone that is not open never keep an issue from being opened: they are left out and reported, once
in a sync (#34).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.core.errors import Problem, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.core.actions import OpenIssue
    from bot.core.config import Additions
    from bot.core.issue import Issue
    from bot.core.names import RepositoryName
    from bot.github.gateway import Gateway

_INVALID = 422


@dataclass(frozen=True, slots=True)
class Rest:
    """What the request that opened an issue could not hold: people who are asked for once more, and a milestone that is not open."""

    people: tuple[str, ...] = ()
    milestone: int | str | None = None


@dataclass(slots=True)
class Opener:
    """Opens issues in one repository in the course of one plan; it learns what cannot be had, and does not ask again."""

    gateway: Gateway
    name: RepositoryName
    _titles: Mapping[int, str] | None = None
    _left: set[str] = field(default_factory=set)
    _gone: set[int | str] = field(default_factory=set)

    async def open(self, action: OpenIssue, body: str) -> tuple[Issue, Rest]:
        """Returns the new issue and what it lacks; raises Refused where GitHub does not take it even so."""
        add = replace(action.add, assignees=tuple(login for login in action.add.assignees if login not in self._left))
        milestone = await self._milestone(add.milestone)
        missing = add.milestone if milestone is None else None
        try:
            return await self._create(action, body, add, milestone), Rest(milestone=missing)
        except Refused as refused:
            if refused.status != _INVALID or not (add.assignees or milestone):
                raise
        # Nothing was made. GitHub takes no issue with one wrong login or milestone in it, and may not say which it was.
        if milestone is not None and milestone not in await self._open_milestones():
            missing, milestone = add.milestone, None
        return await self._create(action, body, replace(add, assignees=()), milestone), Rest(add.assignees, missing)

    async def complete(self, issue: Issue, rest: Rest) -> tuple[Problem, ...]:
        """Assign the people who can be, and tell of all that was left out and not told before."""
        assigned = frozenset[str]()
        if rest.people:
            try:
                assigned = await self.gateway.assign(self.name, issue.number, rest.people)
            except Refused:
                assigned = frozenset()
        return tuple(self._problems(issue, rest, assigned))

    def _problems(self, issue: Issue, rest: Rest, assigned: frozenset[str]) -> Iterator[Problem]:
        for login in rest.people:
            if login not in assigned and login not in self._left:
                self._left.add(login)
                yield _left_out(issue, f"`{login}` cannot be assigned in this repository")
        if rest.milestone is not None and rest.milestone not in self._gone:
            self._gone.add(rest.milestone)
            yield _left_out(issue, f"there is no open milestone `{rest.milestone}`")

    async def _create(self, action: OpenIssue, body: str, add: Additions, milestone: int | None) -> Issue:
        labels = [*(label.name for label in action.labels), *add.labels]
        return await self.gateway.create_issue(
            self.name, title=action.title, body=body, labels=labels, assignees=add.assignees, milestone=milestone
        )

    async def _milestone(self, wanted: int | str | None) -> int | None:
        """Returns the number of a milestone; one that is named by its number is taken at its word until GitHub refuses it."""
        if wanted is None or wanted in self._gone:
            return None
        if isinstance(wanted, int):
            return wanted
        found = [number for number, title in (await self._open_milestones()).items() if title.casefold() == wanted.casefold()]
        return min(found, default=None)

    async def _open_milestones(self) -> Mapping[int, str]:
        if self._titles is None:
            try:
                self._titles = await self.gateway.milestones(self.name)
            except Refused:  # milestones are no reason to keep a gap from its issue
                self._titles = {}
        return self._titles


def _left_out(issue: Issue, why: str) -> Problem:
    return Problem("rule-left-out", f"issue {issue.number} was opened without what a rule adds: {why}", 0)
