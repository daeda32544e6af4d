"""What can happen, as values: the deliveries of GitHub that we act on, without their JSON (`bot.github.translate` makes them).

A payload is a hint that a repository changed, never the truth about it: the sync reads the repository itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.names import CommitSha, DocumentPath, InstallationId, IssueNumber, RepositoryId, RepositoryName


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
    """Something about an issue changed: `action` is GitHub's word for it (`closed`, `edited`, `labeled`, …)."""

    origin: Origin
    number: IssueNumber
    action: str


@dataclass(frozen=True, slots=True)
class RepositoryChanged:
    """The repository itself was renamed, transferred, archived, …: `action` is GitHub's word."""

    origin: Origin
    action: str


Event = Pushed | BranchDeleted | IssueChanged | RepositoryChanged
