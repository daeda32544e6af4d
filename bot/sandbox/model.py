"""The things that a GitHub holds, as plain records: accounts, issues and what hangs on them, Apps and their tokens.

They have no rules of their own: `bot.sandbox.code`, `.labels`, `.tracker`, `.talk`, `.pulls` and `.github` say who may change what.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.sandbox.github import Repository


class Role(IntEnum):
    """What a person may do in a repository; each role may do what those below it may.

    https://docs.github.com/organizations/managing-user-access-to-your-organizations-repositories/managing-repository-roles
    """

    NONE = 0
    READ = 1
    TRIAGE = 2
    WRITE = 3
    MAINTAIN = 4
    ADMIN = 5

    @property
    def permission(self) -> str:
        """The coarse word of the permission API, which tells triage from read and maintain from write only in `role_name`."""
        return {Role.TRIAGE: "read", Role.MAINTAIN: "write"}.get(self, self.name.lower())


@dataclass(frozen=True, slots=True)
class User:
    """An account; `kind` is GitHub's `type`: User, Bot or Organization."""

    id: int
    login: str
    kind: str = "User"

    @property
    def email(self) -> str:
        """The address that GitHub gives to commits made on its pages."""
        return f"{self.id}+{self.login}@users.noreply.github.com"


@dataclass(slots=True)
class Label:
    """A label of a repository; its name is unique whatever the case of its letters."""

    id: int
    name: str
    color: str
    description: str | None
    default: bool = False


@dataclass(frozen=True, slots=True)
class Reaction:
    """A reaction of one account."""

    id: int
    user: User
    content: str
    created_at: float


@dataclass(slots=True)
class Comment:
    """A comment on an issue or pull request."""

    id: int
    issue: int
    user: User
    body: str
    created_at: float
    updated_at: float
    app: App | None = None
    reactions: list[Reaction] = field(default_factory=list)


@dataclass(slots=True)
class Pull:
    """What a pull request has beside being an issue; `head_sha` stays where the branch was when it closed.

    `fork` is the repository of the branch where that is another one.
    """

    head: str
    base: str
    head_sha: str
    base_sha: str
    draft: bool = False
    merged_at: float | None = None
    merged_by: User | None = None
    merge_commit: str | None = None
    fork: Repository | None = None


@dataclass(slots=True)
class Milestone:
    """What issues are to be done by."""

    id: int
    number: int
    title: str
    creator: User
    created_at: float
    open: bool = True


@dataclass(slots=True)
class Issue:
    """An issue; a pull request is one too, with `pull` set."""

    id: int
    number: int
    title: str
    body: str | None
    user: User
    created_at: float
    updated_at: float
    app: App | None = None
    open: bool = True
    state_reason: str | None = None
    closed_at: float | None = None
    closed_by: User | None = None
    locked: bool = False
    labels: list[Label] = field(default_factory=list)
    assignees: list[User] = field(default_factory=list)
    milestone: Milestone | None = None
    comments: dict[int, Comment] = field(default_factory=dict)
    reactions: list[Reaction] = field(default_factory=list)
    sub_issues: list[int] = field(default_factory=list)
    parent: int | None = None
    blocked_by: list[int] = field(default_factory=list)
    pull: Pull | None = None


@dataclass(slots=True)
class CheckRun:
    """A check run of an App on a commit."""

    id: int
    name: str
    head_sha: str
    app: App
    started_at: float
    status: str = "queued"
    conclusion: str | None = None
    completed_at: float | None = None
    external_id: str = ""
    details_url: str | None = None
    output: dict[str, Any] = field(default_factory=dict)
    annotations: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Protection:
    """A branch that takes changes only through pull requests, by a ruleset or by the older branch protection."""

    branch: str
    ruleset: bool = True
    bypass: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class App:
    """A registered GitHub App; `user` is the account it writes as (`slug[bot]`)."""

    id: int
    slug: str
    name: str
    owner: User
    user: User
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    created_at: float
    public_key: str | None = None


@dataclass(slots=True)
class Installation:
    """An App in an account; `repositories` None stands for all that the account owns, now and later."""

    id: int
    app: App
    account: User
    permissions: dict[str, str]
    created_at: float
    repositories: set[int] | None = None
    suspended_at: float | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """What an `Authorization` header stands for: a person, or an installation with possibly fewer rights than it has."""

    value: str
    user: User
    expires_at: float | None = None
    installation: Installation | None = None
    permissions: Mapping[str, str] = field(default_factory=dict)
    repositories: frozenset[int] | None = None
