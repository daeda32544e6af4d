"""Faults to inject into the calls of the bot: an answer that is wrong, late or cut off, before or after the effect."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from starlette.responses import Response

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send


@dataclass(slots=True)
class Fault:
    """Meets the calls whose method and path match, `times` of them after the first `skip`.

    With `after` the emulator performs the call and only the answer is replaced: the bot cannot know whether it took effect.
    With `cut` the connection closes in the middle of the answer.
    """

    method: str
    path: str
    status: int = 502
    body: Any = field(default_factory=lambda: {"message": "injected"})
    headers: dict[str, str] = field(default_factory=dict)
    after: bool = False
    cut: bool = False
    delay: float = 0.0
    times: int = 1
    skip: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Tells whether this call is hit, and counts it."""
        if self.times <= 0 or self.method not in {"*", method} or not re.search(self.path, path):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.times -= 1
        return True

    @classmethod
    def primary_limit(cls, path: str, *, reset_in: int) -> Self:
        """The hourly limit: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api."""
        headers = {
            "x-ratelimit-limit": "5000",
            "x-ratelimit-remaining": "0",
            "x-ratelimit-reset": str(int(time.time()) + reset_in),
        }
        return cls("*", path, status=403, headers=headers, body={"message": "API rate limit exceeded for installation ID 100."})

    @classmethod
    def secondary_limit(cls, path: str, *, retry_after: int) -> Self:
        """The limit on bursts of writes, which says how long to wait."""
        message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return cls("*", path, status=403, headers={"retry-after": str(retry_after)}, body={"message": message})


class CutOff(Response):
    """Announces a body and sends none: the server closes the socket, and the client sees a broken answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends a head without its body."""
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"10")]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
