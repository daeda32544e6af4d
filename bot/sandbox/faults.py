"""What tests do to the calls of a bot: faults to inject before or after the effect, and a record of every call."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(slots=True)
class Call:
    """One REST call as it came in, and the status it got; "dropped" calls have status 0."""

    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    token: str
    status: int = 0

    @property
    def writes(self) -> bool:
        """Tells whether the call may change something; minting a token does not count."""
        return self.method != "GET" and not self.path.endswith("/access_tokens")

    def __str__(self) -> str:
        """The call on one line."""
        return f"{self.method} {self.path} -> {self.status or 'dropped'}"


@dataclass(slots=True)
class Fault:
    """Answers the next `times` calls that match, after letting `skip` of them pass.

    With `after` the effect happens and only the answer is lost or replaced; without it the call never reaches the model.
    `drop` cuts the connection instead of answering. `stale` answers a GET as it was answered the last time, as a replica that
    lags behind does; one that was never asked before is answered truly. `method` may be "*"; `path` is searched as a regular
    expression.
    """

    method: str
    path: str
    times: int = 1
    skip: int = 0
    after: bool = False
    drop: bool = False
    stale: bool = False
    status: int = 500
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = field(default_factory=lambda: {"message": "Server Error"})
    delay: float = 0.0

    def takes(self, method: str, path: str) -> bool:
        """Tells whether this call is struck, and counts it."""
        if self.times <= 0 or self.method not in {"*", method} or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True


def primary_limit(reset: float, *, path: str = ".", times: int = 1) -> Fault:
    """The hourly limit: 403 with `x-ratelimit-remaining: 0` and the time of its end."""
    headers = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(reset))}
    return Fault("*", path, times, status=403, headers=headers, body={"message": "API rate limit exceeded for installation."})


def secondary_limit(retry_after: int | None = 60, *, path: str = ".", times: int = 1, status: int = 403) -> Fault:
    """The limit on bursts: 403 or 429, with or without `retry-after`."""
    message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Fault("*", path, times, status=status, headers=headers, body={"message": message})
