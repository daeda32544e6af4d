"""What is done by the clock, whatever was delivered: asking for missed deliveries, looking at every repository, deleting the old.

GitHub tries each delivery once. So at the start, and every quarter of an hour, its log is asked what did not reach us. A round
looks at each repository once a day, and soon after the program was away, as one more job in that repository's own queue: a
delivery that no log knows of is made good by it (#119). With several processes each duty is one's at a time (`bot.store.duties`).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from typing import TYPE_CHECKING

import structlog

from bot.core.errors import GapkeeperError, RateLimited
from bot.core.names import DeliveryId
from bot.jobs.inbox import keep
from bot.store import duties
from bot.store.records import Delivery

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from sqlalchemy import Connection

    from bot.core.names import RepositoryId
    from bot.github.hook import Hook
    from bot.github.model import Attempt
    from bot.jobs.inbox import Enqueue
    from bot.store.duties import Duty
    from bot.store.store import Store

ROUND = "gapkeeper.round"
"""The event of a round's delivery: a name that no webhook can bring, for it has a dot."""

TICK_SECONDS = 30.0
DUTY_SECONDS = 600.0
"""How long a duty may take before another process takes it for abandoned."""

REDELIVERY_SECONDS, ROUNDS_SECONDS, PRUNING_SECONDS = 15 * 60.0, TICK_SECONDS, 3600.0

SOON_SECONDS = 60.0
"""When the log is looked at again after something was asked for: just started, we may not be reachable yet."""

WINDOW_SECONDS = 3 * 86_400.0
"""So long GitHub keeps what it did not deliver."""

OVERLAP_SECONDS = 600.0
"""The log is read again for so long before the newest attempt that was seen: it is not written in strict order."""

ATTEMPTS = 6
"""What failed so often, the first attempt included, is not asked for again: we refuse it, and a round makes it good."""

ROUND_SECONDS = 86_400.0
AWAY_SECONDS = 3600.0
"""Who was away for longer looks at all repositories soon, spread over SPREAD_SECONDS."""

SPREAD_SECONDS = 600.0
ROUNDS_AT_ONCE = 20

DONE_SECONDS, FAILED_SECONDS = 14 * 86_400.0, 60 * 86_400.0
"""How old closed deliveries become: longer than GitHub redelivers, for a GUID must be known as long as it may come again."""

log = structlog.get_logger(__name__)


class Sweep:
    """The duties of this process, as far as no other one does them."""

    def __init__(
        self,
        store: Store,
        hook: Hook,
        enqueue: Enqueue,
        *,
        prune_jobs: Callable[[float], Awaitable[None]],
        wall: Callable[[], float] = time.time,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Keep what is needed; nothing runs before `start`. `prune_jobs` deletes the engine's rows that are so old."""
        self._store = store
        self._hook = hook
        self._enqueue = enqueue
        self._prune_jobs = prune_jobs
        self._wall = wall
        self._chance = chance
        self._task: asyncio.Task[None] | None = None
        self._soon = False
        self._duties: dict[str, tuple[float, Callable[[Duty], Awaitable[str | None]]]] = {
            "redelivery": (REDELIVERY_SECONDS, self._redeliver),
            "rounds": (ROUNDS_SECONDS, self._go_rounds),
            "pruning": (PRUNING_SECONDS, self._prune),
        }

    def start(self) -> None:
        """Begin: the log of deliveries is asked at once."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="sweep")

    async def stop(self) -> None:
        """End; what was begun is begun again by the next process."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        try:
            await self._store.write(duties.hasten, "redelivery")
        except Exception:
            log.exception("sweep.failed", duty="start")
        while True:
            await self.once()
            await asyncio.sleep(TICK_SECONDS)

    async def once(self) -> None:
        """Do the duties that are due and that no other process does."""
        for name, (seconds, act) in self._duties.items():
            try:
                await self._do(name, seconds, act)
            except Exception:
                log.exception("sweep.failed", duty=name)

    async def _do(self, name: str, seconds: float, act: Callable[[Duty], Awaitable[str | None]]) -> None:
        duty = await self._store.write(duties.take, name, seconds=DUTY_SECONDS)
        if duty is None:
            return
        self._soon = False
        try:
            mark = await act(duty)
        except GapkeeperError as error:
            wait = error.retry_after if isinstance(error, RateLimited) else min(seconds, 60.0)
            log.warning("sweep.put_off", duty=name, seconds=wait, reason=str(error))
            await self._store.write(duties.put_off, name, seconds=wait)
        else:
            await self._store.write(duties.finish, name, seconds=SOON_SECONDS if self._soon else seconds, mark=mark)

    # ── missed deliveries ───────────────────────────────────────────────────────────────────────────────────────────────

    async def _redeliver(self, duty: Duty) -> str:
        """Ask for what did not reach us since the last time; returns the time of the newest attempt in the log."""
        if duty.ago is not None and duty.ago > AWAY_SECONDS:
            log.info("sweep.was_away", seconds=round(duty.ago))
            for repository in await self._store.read(duties.all_known):
                await self._store.write(duties.go_round, repository, seconds=self._chance() * SPREAD_SECONDS)
        oldest = self._wall() - WINDOW_SECONDS
        mark = max(float(duty.mark) if duty.mark else oldest, oldest)
        attempts = await self._hook.attempts(since=mark - OVERLAP_SECONDS)
        missed = _missed(attempts)
        # Asked of the database last: what arrived in the meantime, by whatever way, is not asked for.
        here = await self._store.read(duties.known, [attempt.guid for attempt in missed])
        for attempt in missed:
            if attempt.guid not in here:
                self._soon = True
                await self._hook.redeliver(attempt)
                log.info("sweep.redelivery_asked", delivery=attempt.guid)
        return str(max([mark, *(attempt.at for attempt in attempts)]))

    # ── rounds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _go_rounds(self, _: Duty) -> None:
        """Give a job to the repositories whose round is due, and a time to those that have none; a day, more or less."""
        for repository in await self._store.read(duties.enlist):
            await self._store.write(duties.go_round, repository, seconds=self._a_day())
        for repository in await self._store.read(duties.due, ROUNDS_AT_ONCE):
            await self._store.write(self._send_round, repository, self._a_day())

    def _send_round(self, connection: Connection, repository: RepositoryId, seconds: float) -> None:
        now = self._wall()
        guid = DeliveryId(f"round-{repository}-{now:.3f}")
        delivery = Delivery(guid, ROUND, None, repository, None, b"{}", now)
        keep(connection, [(delivery, True)], self._enqueue)
        duties.go_round(connection, repository, seconds=seconds)

    def _a_day(self) -> float:
        return ROUND_SECONDS * (0.9 + 0.2 * self._chance())

    # ── the old ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _prune(self, _: Duty) -> None:
        """Delete what is closed and old, a part at a time."""
        more = True
        while more:
            more = await self._store.write(duties.prune, done=DONE_SECONDS, failed=FAILED_SECONDS) >= duties.BATCH
        await self._prune_jobs(DONE_SECONDS)


def _missed(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Returns the newest attempt of everything that never reached us, the oldest first; what failed too often is left out."""
    tries: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        tries.setdefault(attempt.guid, []).append(attempt)
    missed = []
    for guid, found in tries.items():
        if any(attempt.reached for attempt in found):
            continue
        if len(found) >= ATTEMPTS:
            log.warning("sweep.not_asked_again", delivery=guid, attempts=len(found))
            continue
        missed.append(max(found, key=lambda attempt: (attempt.at, attempt.id)))
    return sorted(missed, key=lambda attempt: (attempt.at, attempt.id))
