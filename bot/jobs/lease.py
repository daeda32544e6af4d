"""Executors' leases: who runs jobs says so every few seconds, and the jobs of whoever fell silent are taken over.

The engine itself never recovers the jobs of another executor (measured: they block their repository for ever). With SQLite
there is one process, and the file's lock proves every other executor dead: its jobs are taken at the start. With PostgreSQL
leases run by the database's clock. Who finds its own lease lost (it was stopped, or cut off) stops its running syncs at
once: they already run elsewhere, and the engine takes no more results from here.

Between the loss and its discovery the lease is a fence. A transaction of a job holds the lease's row, which a takeover must
delete first; a call that changes something at GitHub asks our own clock, and does not go out when the lease may soon run out.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import time
from typing import TYPE_CHECKING

import structlog

from bot.core.errors import LeaseLost
from bot.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sqlalchemy import Connection

    from bot.store.store import Store

LEASE = 15.0
"""Seconds after its last word for which an executor is believed to live. It speaks four times as often."""

SAFE_PART = 0.75
"""Of the lease: later after our last word no call that changes something goes out, so that it is over before others take over."""

log = structlog.get_logger(__name__)

# Time goes on while the machine sleeps, or its image is frozen and moved: CLOCK_MONOTONIC would not notice.
_clock = functools.partial(time.clock_gettime, time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic


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
        self._said = _clock()
        self._doubted = False
        self._epoch = 0
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Speak for the first time, take over the jobs of the dead, and keep watching where there can be others."""
        self._said = _clock()
        await self._store.write(deliveries.beat, self._executor, self._seconds, first=True)
        await self.take_over()
        if not self._store.database.embedded:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="lease")

    async def stop_watching(self) -> None:
        """Watch over the others no more; the lease itself still runs for a while."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def stop(self) -> None:
        """Give the lease back: whatever is still under way here, others take up now."""
        await self.stop_watching()
        await self._store.write(deliveries.leave, self._executor)

    async def take_over(self) -> None:
        """Put the jobs of all dead executors back into the queue; what they have not committed by now, they never will."""
        living = {self._executor}
        if not self._store.database.embedded:
            await self._store.write(deliveries.bury)
            living |= await self._store.read(deliveries.living)
        dead = sorted(await self._with_jobs() - living)
        if dead:
            log.warning("lease.taken_over", executors=dead)
            await self._recover(dead)

    async def beat(self) -> None:
        """Say that we live; find out whether the others still believe it."""
        said = _clock()
        held = not self._doubted and await self._store.write(deliveries.beat, self._executor, self._seconds, first=False)
        if not held:
            log.error("lease.lost", executor=self._executor)
            self._epoch += 1
            self._doubted = False
            self._lost()
            await self._store.write(deliveries.beat, self._executor, self._seconds, first=True)
            # What was stopped here and taken by nobody else would otherwise be ours, and under way, for ever.
            await self._recover([self._executor])
        self._said = said

    def fence(self) -> Callable[[Connection], None] | None:
        """What each transaction of a job that begins now calls first; it raises LeaseLost once the job may be another executor's."""
        if self._store.database.embedded:
            return None
        epoch = self._epoch

        def held(connection: Connection) -> None:
            # The row first: who finds it there again after a loss finds the new epoch too.
            if not deliveries.hold(connection, self._executor) or self._epoch != epoch:
                raise LeaseLost("the lease of this process has run out")

        return held

    def check(self) -> None:
        """Raises LeaseLost where others may soon take over, going by our own clock; the jobs under way are then given up."""
        if not self._store.database.embedded and _clock() - self._said > self._seconds * SAFE_PART:
            self._doubted = True
            raise LeaseLost("this process has not been heard of for too long")

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._seconds / 4)
            try:
                await self.beat()
                await self.take_over()
            except Exception:
                log.exception("lease.beat_failed")
                if _clock() - self._said > self._seconds:
                    self._lost()
