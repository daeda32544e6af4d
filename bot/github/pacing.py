"""The pace at which one installation calls GitHub: one write at a time, spaced; and silence while GitHub asks for it.

The rules are in `bot.core.pace`; the book that they go by is shared by all processes (`bot.store.pace`) and outlives them. Going on
while a limit holds can get the App banned. Waiting it out is left to the jobs, which hold no worker meanwhile; here every call
fails at once instead. Within a process writes never overlap; those of two processes only ever start spaced.
"""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from bot.core.errors import RateLimited
from bot.core.names import InstallationId
from bot.core.pace import Book, Pace

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

T = TypeVar("T")

APP = InstallationId(0)
"""Stands for the App itself, which has limits of its own."""

NAP_SECONDS = 10.0
"""A write that may start within that time waits for it in its worker; any longer wait is the job's, which is parked."""

FRESH_SECONDS = 1.0
"""How old the last look into the shared book may be for a read; a write always looks."""


@dataclass(frozen=True, slots=True)
class Time:
    """What the GitHub client knows of time and chance; tests bring their own, so that nothing waits.

    Waiting goes by the monotonic clock. The wall clock only serves to read dates that GitHub sends without saying its own time.
    """

    monotonic: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random


class Ledger(Protocol):
    """Where the books of all installations are kept, and the clock that they go by."""

    async def look(self, installation: InstallationId) -> tuple[Book, float]:
        """Returns the book, and the time now."""

    async def change(self, installation: InstallationId, change: Callable[[Book, float], tuple[Book, T]]) -> T:
        """Returns what `change` makes of the book and the time; nobody else changes the book meanwhile."""


class LocalLedger:
    """Books in memory: of one process, and gone with it. For dry runs and tests; a server shares its own through the database."""

    def __init__(self, time: Time) -> None:
        """Go by the monotonic clock."""
        self._time = time
        self._books: dict[InstallationId, Book] = {}

    async def look(self, installation: InstallationId) -> tuple[Book, float]:
        """Returns the book, and the time now."""
        return self._books.get(installation, Book()), self._time.monotonic()

    async def change(self, installation: InstallationId, change: Callable[[Book, float], tuple[Book, T]]) -> T:
        """Returns what `change` makes of the book."""
        self._books[installation], answer = change(*await self.look(installation))
        return answer


class Governor:
    """The pace of one installation, shared by all that call in its name: in this event loop by itself, elsewhere by the ledger."""

    def __init__(self, *, spacing: float, time: Time, ledger: Ledger | None = None, installation: InstallationId = APP) -> None:
        """Space the starts of writes by `spacing` seconds, and count what they create; 0 does neither."""
        self._pace = Pace(spacing)
        self._time = time
        self._ledger = ledger or LocalLedger(time)
        self._installation = installation
        self._writing = asyncio.Lock()
        self._silent_until = float("-inf")
        self._looked = float("-inf")

    def silence(self, seconds: float) -> None:
        """Let no call through for so long; a longer silence that was asked for before stays."""
        self._silent_until = max(self._silent_until, self._time.monotonic() + seconds)

    def check(self) -> None:
        """Raises RateLimited with the time that is left, while GitHub wants silence."""
        left = self._silent_until - self._time.monotonic()
        if left > 0:
            raise RateLimited("GitHub asked this installation to wait", retry_after=left)

    async def limited(self, fault: RateLimited) -> RateLimited:
        """Returns the fault with the time that all calls of the installation will now wait, here and in other processes."""
        said = fault.retry_after if fault.said else None

        def change(book: Book, now: float) -> tuple[Book, float]:
            silenced = book.silenced(now, said)
            return silenced, silenced.silent_until - now

        seconds = await self._ledger.change(self._installation, change)
        self.silence(seconds)
        return RateLimited(fault.message, status=fault.status, retry_after=seconds)

    @asynccontextmanager
    async def turn(self, *, write: bool, creates: bool = False) -> AsyncIterator[None]:
        """Lets a call in when it may start; a write keeps all other writes of this process out until it has ended.

        Raises RateLimited at once where it may not start soon, also when the limit was met while this call stood in the queue of
        writes. What `creates` something counts as such for the limits of a minute and of an hour.
        """
        self.check()
        if not write:
            await self._look()
            yield
            return
        async with self._writing:
            self.check()
            await self._look()
            if not self._pace.free:
                await self._take_turn(creates=creates)
                self.check()
            yield

    async def _look(self) -> None:
        """Learn of a silence that another process, or an earlier one, was told of. Raises RateLimited."""
        now = self._time.monotonic()
        if now - self._looked < FRESH_SECONDS:
            return
        self._looked = now
        book, time = await self._ledger.look(self._installation)
        if book.silent_until > time:
            self.silence(book.silent_until - time)
            self.check()

    async def _take_turn(self, *, creates: bool) -> None:
        """Enter the write into the book, and wait for its start."""

        def change(book: Book, now: float) -> tuple[Book, tuple[float, bool]]:
            start = book.start(now, self._pace, creates=creates)
            if book.silent_until > now or start - now > NAP_SECONDS:
                return book, (start - now, False)
            return book.written(start, self._pace, creates=creates), (start - now, True)

        wait, granted = await self._ledger.change(self._installation, change)
        if not granted:
            raise RateLimited("this installation writes no faster than GitHub wants", retry_after=wait)
        if wait > 0:
            await self._time.sleep(wait)
