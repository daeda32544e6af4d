"""What can happen, as values: the deliveries of GitHub that we act on, without their JSON (`bot.github.translate` makes them).

A payload is a hint that a repository changed, never the truth about it: the sync reads the repository itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.names import IssueNumber

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.core.issue import Issue
    from bot.core.names import CommentId, CommitSha, DocumentPath, InstallationId, RepositoryId, RepositoryName

_CHECK = re.compile(r"([1-9]\d{0,17})(?:\.\d{1,19})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event happened, and who caused it."""

    repository: RepositoryId
    name: RepositoryName
    default_branch: str
    installation: InstallationId
    sender: str


@dataclass(frozen=True, slots=True)
class Pushed:
    """Commits reached a branch. `paths` are all files that they touched, None where the payload cannot tell."""

    origin: Origin
    branch: str
    before: CommitSha
    after: CommitSha
    forced: bool
    paths: frozenset[DocumentPath] | None


@dataclass(frozen=True, slots=True)
class BranchDeleted:
    """A branch went away."""

    origin: Origin
    branch: str


@dataclass(frozen=True, slots=True)
class IssueChanged:
    """Something about an issue changed: `action` is GitHub's word for it (`closed`, `edited`, `labeled`, …).

    `issue` is how the payload shows it, perhaps outdated, perhaps incomplete: enough to see that we did it ourselves. `before` is what
    its body said before an edit of the body, None for all else.
    """

    origin: Origin
    number: IssueNumber
    action: str
    issue: Issue | None = None
    before: str | None = None


@dataclass(frozen=True, slots=True)
class CommentWritten:
    """A comment was written, or edited by the sender: `body` is what it says now, `author` who wrote it first.

    `before` is what it said before, "" where it is new. `pull` says that the number is a pull request's, `bot` that no person
    wrote it; `robot` is the account of the bot that did, where nobody else had a hand in it. `stamp` tells this edit of the comment
    from its others.
    """

    origin: Origin
    number: IssueNumber
    comment: CommentId
    author: str
    body: str
    before: str
    pull: bool
    bot: bool
    stamp: str
    robot: int | None = None


@dataclass(frozen=True, slots=True)
class CheckWanted:
    """A pull request was opened or has another head, or somebody asks for its check `again`: the id of the check run that was made."""

    origin: Origin
    number: IssueNumber
    again: int | None = None

    @property
    def name(self) -> str:
        """What a check run is called among ours: the same wish makes no second one, and a fork's tells its pull request."""
        return f"{self.number}" if self.again is None else f"{self.number}.{self.again}"


def pull_of_check(name: str) -> IssueNumber | None:
    """Returns the pull request that a check run of ours is for."""
    found = _CHECK.fullmatch(name)
    return IssueNumber(int(found[1])) if found else None


@dataclass(frozen=True, slots=True)
class LabelChanged:
    """A label of the repository was renamed or deleted: `before` is what it was called, `label` its id."""

    origin: Origin
    label: int
    before: str


@dataclass(frozen=True, slots=True)
class RepositoryChanged:
    """The repository itself was renamed, transferred, archived, …: `action` is GitHub's word."""

    origin: Origin
    action: str


Event = Pushed | BranchDeleted | IssueChanged | CommentWritten | LabelChanged | CheckWanted | RepositoryChanged


@dataclass(frozen=True, slots=True)
class Advance:
    """A branch moved on to `head`, and these are all the files that differ since then."""

    head: CommitSha
    paths: frozenset[DocumentPath]


def advanced(head: CommitSha | None, pushes: Iterable[Pushed]) -> Advance | None:
    """Returns where a branch stands after these pushes, None where they do not tell: then its ref must be read.

    From a known head the pushes must form one unbroken, unforced chain, whatever order they came in (fault #19); all of them then
    name every file that changed.
    """
    if head is None:
        return None
    by_before = {push.before: push for push in pushes}
    paths: set[DocumentPath] = set()
    while by_before:
        push = by_before.pop(head, None)
        if push is None or push.forced or push.paths is None:
            return None
        head = push.after
        paths |= push.paths
    return Advance(head, frozenset(paths))
