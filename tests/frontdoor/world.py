"""A GitHub as the scenarios need it: the same few acts of people in a repository of the sandbox and of the emulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Files = Mapping[str, str | bytes | None]
"""What a commit changes: paths with their new content, None where a file is removed."""

MAIN = "main"
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

    def push(self, files: Files, *, branch: str) -> None:
        """Commit on top of a branch and push it; a branch that does not exist yet begins at the default branch."""

    def read(self, path: str) -> bytes:
        """Returns a file at the head of the default branch."""

    def issues(self) -> tuple[IssueView, ...]:
        """Returns all issues, the oldest first."""

    def open_issue(self, title: str, body: str, labels: Sequence[str]) -> int:
        """Open an issue as a person, and return its number."""

    def edit_issue(self, number: int, **changes: object) -> None:
        """Change an issue as a person: `title`, `body`, `state`, `state_reason`, `labels`."""

    def labels(self) -> Mapping[str, tuple[str, str]]:
        """Returns the repository's labels by name, each with colour and description."""

    def calls(self) -> Sequence[CallView]:
        """Returns the bot's calls about this repository so far, in their order."""

    def sent(self) -> int:
        """Returns how many deliveries about this repository were made so far, redeliveries and lost ones among them."""

    def redeliver(self, number: int) -> None:
        """Send the n-th delivery again, under the same GUID."""

    def lose_deliveries(self, *, lose: bool) -> None:
        """Let deliveries to come reach nobody, or let them arrive again."""

    def break_call(self, fault: Break) -> None:
        """Let a call to come go wrong."""
