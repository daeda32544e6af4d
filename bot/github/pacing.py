"""The pace at which one installation calls GitHub: one write at a time, spaced; and silence while GitHub asks for it.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api asks for a second between writes, and for
no call at all until a rate limit is over: going on can get the App banned. Waiting out a limit is left to the jobs, which hold no
worker meanwhile; here every call fails at once instead.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.core.errors import RateLimited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable


@dataclass(frozen=True, slots=True)
class Time:
    """What the GitHub client knows of time and chance; tests bring their own, so that nothing waits.

    Waiting goes by the monotonic clock. The wall clock only serves to read dates that GitHub sends without saying its own time.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class Governor:
    """The pace of one installation, shared by all that call in its name within one event loop."""

    def __init__(self, *, spacing: float, time: Time) -> None:
        """Space the starts of writes by `spacing` seconds."""
        self._spacing = spacing
        self._time = time
        self._writing = asyncio.Lock()
        self._next_write = float("-inf")
        self._silent_until = float("-inf")

    def silence(self, seconds: float) -> None:
        """Let no call through for so long; a longer silence that was asked for before stays."""
        self._silent_until = max(self._silent_until, self._time.monotonic() + seconds)

    def check(self) -> None:
        """Raises RateLimited with the time that is left, while GitHub wants silence."""
        left = self._silent_until - self._time.monotonic()
        if left > 0:
            raise RateLimited("GitHub asked this installation to wait", retry_after=left)

    @asynccontextmanager
    async def turn(self, *, write: bool) -> AsyncIterator[None]:
        """Lets a call in when it may start; a write keeps all other writes out until it has ended.

        Raises RateLimited at once, also when the limit was met while this call stood in the queue of writes.
        """
        self.check()
        if not write:
            yield
            return
        async with self._writing:
            self.check()
            wait = self._next_write - self._time.monotonic()
            if wait > 0:
                await self._time.sleep(wait)
                self.check()
            self._next_write = self._time.monotonic() + self._spacing
            yield
