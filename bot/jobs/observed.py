"""Around the handler of jobs: one line in the log for each sync, and what it cost, for whoever counts."""

from __future__ import annotations

import asyncio
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from bot.jobs.outcome import Done, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.names import RepositoryId
    from bot.jobs.outcome import Handler
    from bot.store.records import Delivery

NAMED = 20
"""So many deliveries are named in a line of the log; a burst has more."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Tally:
    """What a sync has come to so far."""

    calls: int = 0
    writes: int = 0
    conflicts: int = 0


_TALLY: ContextVar[Tally | None] = ContextVar("tally", default=None)


def called(*, write: bool) -> None:
    """Note that the sync which runs here called GitHub; outside a sync nothing is noted."""
    tally = _TALLY.get()
    if tally is not None:
        tally.calls += 1
        tally.writes += write


def disputed() -> None:
    """Note that the sync which runs here asked people about a conflict."""
    tally = _TALLY.get()
    if tally is not None:
        tally.conflicts += 1


class Observed:
    """A handler that tells the end of each sync: its outcome in a word, its seconds, and its tally."""

    def __init__(
        self, handler: Handler, ended: Callable[[str, float, Tally], None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Handle by this handler, and tell `ended`."""
        self._handler = handler
        self._ended = ended
        self._clock = clock

    async def __call__(self, repository: RepositoryId, deliveries: tuple[Delivery, ...]) -> Outcome:
        """Handle; whatever the handler returns or raises goes on to the caller."""
        tally, started, outcome = Tally(), self._clock(), "failed"
        before = _TALLY.set(tally)
        try:
            with structlog.contextvars.bound_contextvars(deliveries=[delivery.id for delivery in deliveries[:NAMED]]):
                try:
                    result = await self._handler(repository, deliveries)
                    outcome = "done" if isinstance(result, Done) else "later"
                except asyncio.CancelledError:
                    outcome = "cut off"
                    raise
                finally:
                    seconds = self._clock() - started
                    log.info(
                        "sync.ended", repository=repository, outcome=outcome, seconds=round(seconds, 3), count=len(deliveries),
                        calls=tally.calls, writes=tally.writes, conflicts=tally.conflicts,
                    )  # fmt: skip
                    self._ended(outcome, seconds, tally)
        finally:
            _TALLY.reset(before)
        return result
