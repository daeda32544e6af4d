"""Executors' leases: who runs jobs says so every few seconds, and the jobs of whoever fell silent are taken over.

The engine itself never recovers the jobs of another executor (measured: they block their repository for ever). With SQLite
there is one process, and the file's lock proves every other executor dead: its jobs are taken at the start. With PostgreSQL
leases run by the database's clock. Who finds its own lease lost (it was stopped, or cut off) stops its running syncs at
once: they already run elsewhere, and the engine takes no more results from here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING

import structlog

from bot.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.store.store import Store

LEASE = 15.0
"""Seconds after its last word for which an executor is believed to live. It speaks four times as often."""

log = structlog.get_logger(__name__)


class Lease:
    """The lease of `executor`, and its watch over the others.

    `executors_with_jobs` names who has jobs under way; `recover` puts the jobs of the dead back into the queue; `lost` is
    called when others have declared this executor dead.
    """

    def __init__(
        self,
        store: Store,
        executor: str,
        *,
        executors_with_jobs: Callable[[], Awaitable[frozenset[str]]],
        recover: Callable[[list[str]], Awaitable[None]],
        lost: Callable[[], None],
        seconds: float = LEASE,
    ) -> None:
        """Keep what is needed; nothing runs before `start`."""
        self._store = store
        self._executor = executor
        self._with_jobs = executors_with_jobs
        self._recover = recover
        self._lost = lost
        self._seconds = seconds
        self._said = time.monotonic()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Speak for the first time, take over the jobs of the dead, and keep watching where there can be others."""
        await self._store.write(deliveries.beat, self._executor, self._seconds, first=True)
        self._said = time.monotonic()
        await self.take_over()
        if not self._store.database.embedded:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="lease")

    async def stop(self) -> None:
        """Give the lease back."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._store.write(deliveries.leave, self._executor)

    async def take_over(self) -> None:
        """Put the jobs of all dead executors back into the queue."""
        living = {self._executor}
        if not self._store.database.embedded:
            living |= await self._store.read(deliveries.living)
        dead = sorted(await self._with_jobs() - living)
        if dead:
            log.warning("lease.taken_over", executors=dead)
            await self._recover(dead)

    async def beat(self) -> None:
        """Say that we live; find out whether the others still believe it."""
        held = await self._store.write(deliveries.beat, self._executor, self._seconds, first=False)
        if not held:
            log.error("lease.lost", executor=self._executor)
            self._lost()
            await self._store.write(deliveries.beat, self._executor, self._seconds, first=True)
            # What was stopped here and taken by nobody else would otherwise be ours, and under way, for ever.
            await self._recover([self._executor])
        self._said = time.monotonic()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / 4)
            try:
                await self.beat()
                await self.take_over()
                await self._store.write(deliveries.bury)
            except Exception:
                log.exception("lease.beat_failed")
                if time.monotonic() - self._said > self._seconds:
                    self._lost()
