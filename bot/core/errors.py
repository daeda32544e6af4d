"""The exceptions of Gapkeeper, one tree with one root, and what stands instead of an exception: the Problem.

    GapkeeperError
    ├── SettingsError            the environment is wrong: every fault at once
    ├── Stale                    a side changed while we worked: read and plan again
    ├── Unsettled                whether an issue was created is not known yet: look again later
    ├── SchemaMismatch           the database belongs to another version of the program
    ├── DatabaseUnusable         the database cannot be opened: in use by another process, no such folder, not reachable
    ├── LeaseLost                this process was taken for dead: it may write nothing more of what it was doing
    └── GitHubError              what a call to GitHub came back with (bot.github.gateway raises the leaves)
        ├── RateLimited          wait until `retry_at`; holds no worker meanwhile
        ├── Unavailable          a passing fault; the effect of a write is unknown
        ├── Refused              GitHub understood and said no
        │   ├── NotFound
        │   ├── Gone             deleted, or issues are disabled
        │   └── Moved            it stands elsewhere now: renamed, or transferred
        └── Unauthorized         the token or the App's credentials are not accepted

A person's mistake in a document, a config or a command is no exception: it is a `Problem` value.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.core.text import Span


class Severity(StrEnum):
    """How much a problem matters: an error stops what it concerns, a warning is only shown."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with something a person wrote: where (1-based line, 0 for the whole file), what, and how to mend it."""

    code: str
    message: str
    line: int
    span: Span | None = None
    hint: str | None = None
    severity: Severity = Severity.WARNING


class GapkeeperError(Exception):
    """The root of all errors that Gapkeeper raises."""


class SettingsError(GapkeeperError):
    """The environment is wrong; `faults` holds a line for each fault, without any secret."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        """Keep all faults, so that they are shown together."""
        super().__init__("; ".join(faults))
        self.faults = faults


class Stale(GapkeeperError):
    """What was read has changed meanwhile: read and plan again."""


class Unsettled(GapkeeperError):
    """An issue was perhaps created, and GitHub's lists do not show it yet: look again after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: float) -> None:
        """Keep the seconds to wait."""
        super().__init__(message)
        self.retry_after = retry_after


class SchemaMismatch(GapkeeperError):
    """The database was written by a newer version of the program."""


class DatabaseUnusable(GapkeeperError):
    """The database cannot be opened at all; the message names it and says why, without a password."""


class LeaseLost(GapkeeperError):
    """Our process gave no sign of life for too long: its jobs are, or will be, another one's, and it must not write for them."""


class GitHubError(GapkeeperError):
    """A call to GitHub did not give what it was made for; `status` is the HTTP status, None where no answer came."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        """Keep GitHub's own message and status."""
        super().__init__(message)
        self.message = message
        self.status = status


class RateLimited(GitHubError):
    """GitHub asks us to wait `retry_after` seconds before the next call of this installation; not `said` is our guess."""

    def __init__(self, message: str, *, status: int | None = None, retry_after: float, said: bool = True) -> None:
        """Keep the seconds to wait, already clamped to a sensible range."""
        super().__init__(message, status=status)
        self.retry_after = retry_after
        self.said = said


class Unavailable(GitHubError):
    """A passing fault (5xx, timeout, cut connection, unreadable answer); whether a write took effect is unknown."""


class Refused(GitHubError):
    """GitHub understood the call and refused it; repeating it will not help. `codes` are its words for why (`already_exists`)."""

    def __init__(self, message: str, *, status: int | None = None, codes: tuple[str, ...] = ()) -> None:
        """Keep the codes of the answer's `errors`, empty where it has none."""
        super().__init__(message, status=status)
        self.codes = codes


class NotFound(Refused):
    """The thing does not exist, or the installation may not see it."""


class Gone(Refused):
    """The thing was deleted, or issues are disabled in the repository."""


class Moved(Refused):
    """The thing stands elsewhere now; `location` is where GitHub points to, never followed: find it again by its id."""

    def __init__(self, message: str, *, status: int | None = None, location: str | None = None) -> None:
        """Keep the address as GitHub sent it."""
        super().__init__(message, status=status)
        self.location = location


class Unauthorized(GitHubError):
    """The credentials are not accepted, also after a fresh token."""
