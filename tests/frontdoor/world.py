"""A GitHub as the scenarios need it: the same few acts of people in a repository of the sandbox and of the emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Files = Mapping[str, str | bytes | None]
"""What a commit changes: paths with their new content, None where a file is removed."""

MAIN = "main"
ADMIN, WRITER, TRIAGER = "alice", "bob", "carol"
"""The people of a repository: the last may close and label issues, and write no code."""
WRITES = frozenset({"POST", "PATCH", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class Access:
    """How a bot reaches a world and proves itself to it."""

    api_url: str
    app_id: int
    private_key: str
    secret: str
    bot: str


@dataclass(frozen=True, slots=True)
class IssueView:
    """An issue as people see it; `reason` is why it is closed."""

    number: int
    title: str
    body: str
    open: bool
    reason: str | None
    labels: frozenset[str]
    author: str
    assignees: frozenset[str]


@dataclass(frozen=True, slots=True)
class CommentView:
    """A comment as people see it."""

    id: int
    body: str
    author: str


@dataclass(frozen=True, slots=True)
class CommitView:
    """A commit; `author` is the login behind it."""

    message: str
    author: str


@dataclass(frozen=True, slots=True)
class PullView:
    """A pull request: `head` is the commit that it shows now, `branch` and `base` the branches."""

    number: int
    title: str
    body: str
    open: bool
    branch: str
    base: str
    head: str


@dataclass(frozen=True, slots=True)
class CheckView:
    """A check run: what it comes to, and how many annotations it has."""

    name: str
    conclusion: str | None
    annotations: int


@dataclass(frozen=True, slots=True)
class CallView:
    """A call of the bot, without those that only prove who it is."""

    method: str
    path: str
    status: int

    @property
    def writes(self) -> bool:
        """Tells whether the call may have changed something."""
        return self.method in WRITES


@dataclass(frozen=True, slots=True)
class Break:
    """A call to come that goes wrong: `status` instead of the answer, with `after` although GitHub did what was asked."""

    method: str
    path: str
    status: int = 502
    after: bool = False
    delay: float = 0.0
    skip: int = 0
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)
    message: str = "injected"

    def path_in(self, name: str, number: int) -> str:
        """Returns a pattern for `path` that meets only calls about one repository."""
        return rf"^(?=/repos/{name}/|/repositories/{number}).*(?:{self.path})"


class World(Protocol):
    """A GitHub on which the App is installed."""

    @property
    def access(self) -> Access:
        """How a bot reaches this world."""

    def connect(self, hook: str | None) -> None:
        """Say where deliveries go from now on."""

    def new_repository(self) -> Repository:
        """Returns a repository of its own for a scenario, with a README on its default branch; no call is broken in it yet."""

    def quiet(self) -> bool:
        """Tells whether nothing is on its way to or from the bot."""


class Repository(Protocol):
    """One repository, and the people around it."""

    def push(self, files: Files, *, branch: str, modes: Mapping[str, str] | None = None) -> None:
        """Commit on top of a branch and push it; a branch that does not exist yet begins at the default branch."""

    def read(self, path: str, *, branch: str = MAIN) -> bytes:
        """Returns a file at the head of a branch."""

    def mode(self, path: str) -> str:
        """Returns the mode of a file on the default branch, as `100644`."""

    def newest(self, *, branch: str = MAIN) -> CommitView:
        """Returns the commit at the head of a branch."""

    def head(self, branch: str) -> str | None:
        """Returns the SHA that a branch points to, None without that branch."""

    def issues(self) -> tuple[IssueView, ...]:
        """Returns all issues, the oldest first; pull requests are none."""

    def open_issue(self, title: str, body: str, labels: Sequence[str], *, by: str = ADMIN) -> int:
        """Open an issue as a person, and return its number."""

    def edit_issue(self, number: int, *, by: str = ADMIN, **changes: object) -> None:
        """Change an issue as a person: `title`, `body`, `state`, `state_reason`, `labels`."""

    def delete_issue(self, number: int) -> None:
        """Delete an issue for good."""

    def transfer_issue(self, number: int) -> None:
        """Move an issue to a repository where the bot is not."""

    def comments(self, number: int) -> tuple[CommentView, ...]:
        """Returns the comments of an issue, the oldest first."""

    def comment(self, number: int, body: str, *, by: str = ADMIN) -> int:
        """Write a comment as a person, or as the App itself, and return its id."""

    def edit_comment(self, comment: int, body: str, *, by: str = ADMIN) -> None:
        """Change a comment as a person."""

    def pulls(self) -> tuple[PullView, ...]:
        """Returns all pull requests, the oldest first."""

    def open_pull(self, branch: str) -> int:
        """Open a pull request from a branch as a person, and return its number."""

    def checks(self, branch: str) -> tuple[CheckView, ...]:
        """Returns the check runs on a branch's head, the oldest first."""

    def merge(self, pull: int) -> None:
        """Merge a pull request as a person who may."""

    def protect(self) -> None:
        """Let the default branch take changes only through pull requests, but for an administrator's."""

    def labels(self) -> Mapping[str, tuple[str, str]]:
        """Returns the repository's labels by name, each with colour and description."""

    def rename_label(self, old: str, new: str) -> None:
        """Give a label another name; every issue that carries it follows."""

    def delete_label(self, name: str) -> None:
        """Delete a label; it is on no issue any more."""

    def calls(self) -> Sequence[CallView]:
        """Returns the bot's calls about this repository so far, in their order."""

    def sent(self) -> int:
        """Returns how many deliveries about this repository were made so far, redeliveries and lost ones among them."""

    def redeliver(self, number: int) -> None:
        """Send the n-th delivery again, under the same GUID."""

    def replay(self, number: int) -> None:
        """Send what the n-th delivery said again, under a new GUID: the bot cannot know it by its name."""

    def lose_deliveries(self, *, lose: bool) -> None:
        """Let deliveries to come reach nobody, or let them arrive again."""

    def break_call(self, fault: Break) -> None:
        """Let a call to come go wrong."""
