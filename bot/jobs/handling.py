"""Around the sync of a repository: what becomes of its job when GitHub refuses or fails, and the rounds that come by the clock.

The verdicts are a table (`bot.jobs.verdict`). A job that waits holds no worker and loses nothing: its deliveries stay open until it
comes again, or until the next delivery of the repository takes them along. Where nothing can be done at all the job ends, and a
round finds out what there is to do once something can be. `parked` in the store says why, for people.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import structlog

from bot.core.errors import GapkeeperError, RateLimited, Unsettled
from bot.jobs.outcome import Done, Later, Outcome
from bot.jobs.sweep import ROUND
from bot.jobs.verdict import GIVE_UP_SECONDS, Course, verdict_of
from bot.store import duties

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.names import RepositoryId
    from bot.jobs.sync import Sync
    from bot.store.records import Delivery
    from bot.store.store import Store

JITTER = 0.1
"""Jobs that wait for one and the same limit do not all come at once: each waits up to that part longer."""

log = structlog.get_logger(__name__)


class Handling:
    """The handler of the job engine: a sync, and a course for whatever it meets."""

    def __init__(self, sync: Sync, store: Store, *, chance: Callable[[], float] = random.random) -> None:
        """Handle by this sync."""
        self._sync = sync
        self._store = store
        self._chance = chance

    async def __call__(self, repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
        """Sync a repository; raises what is no fault of GitHub's, and what has lasted for too long."""
        outcome = await self._attempt(repository, deliveries)
        match outcome:
            case None:
                return Done()
            case Done():
                await self._store.write(duties.unpark, repository)
            case Later(seconds, reason):
                seconds *= 1 + JITTER * self._chance()
                await self._store.write(duties.park, repository, reason, seconds=seconds)
                outcome = Later(seconds, reason)
        return outcome

    async def _attempt(self, repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome | None:
        """Returns what became of it, None where nothing can be done in the repository."""
        said = tuple(delivery for delivery in deliveries if delivery.event != ROUND)
        try:
            outcome: Outcome = await self._sync(repository, said) if said else Done()
            if isinstance(outcome, Done) and len(said) < len(deliveries):
                outcome = await self._sync.round(repository)
        except GapkeeperError as error:
            return await self._course(repository, error)
        return outcome

    async def _course(self, repository: RepositoryId, error: GapkeeperError) -> Outcome | None:
        verdict = verdict_of(error)
        if verdict is None:
            raise error
        reason = f"{verdict.meaning}: {error}"[:1000]
        match verdict.course:
            case Course.WAIT if isinstance(error, RateLimited | Unsettled):
                return Later(error.retry_after, reason)
            case Course.REFUSE | Course.ASK:
                log.warning("sync.refused", repository=repository, reason=reason)
                return Done()
            case Course.PARK:
                log.warning("sync.parked", repository=repository, reason=reason)
                lasted = await self._store.write(duties.park, repository, reason, seconds=verdict.shortest)
                await self._store.write(duties.park, repository, reason, seconds=verdict.pause(lasted))
                await self._store.write(duties.go_round, repository, seconds=verdict.pause(lasted))
                return None
            case _:
                lasted = await self._store.write(duties.park, repository, reason, seconds=verdict.shortest)
                if lasted > GIVE_UP_SECONDS:
                    raise error
                return Later(verdict.pause(lasted), reason)
