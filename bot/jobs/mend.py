"""Finds deliveries that no living job will ever take, and gives them one; without it such a repository would stand still.

It happens when the engine gave a job up or a person cancelled it, when its row was lost, or when the database failed for longer
than the steps try. A job that took the process down time and again is not tried once more: its deliveries have failed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import structlog

from bot.store import deliveries

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sqlalchemy import Connection

    from bot.core.names import RepositoryId
    from bot.jobs.inbox import Enqueue
    from bot.store.store import Store

ALIVE = ("ENQUEUED", "PENDING", "DELAYED")
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
GIVEN_UP = {
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "the process ended too often while this was handled",
    "CANCELLED": "the job was cancelled",
}

log = structlog.get_logger(__name__)


def new_job(repository: RepositoryId) -> str:
    """An id for a sync of the repository, never given before."""
    return f"sync-{repository}-{uuid.uuid4().hex}"


async def mend(store: Store, statuses: Callable[[list[str]], Awaitable[Mapping[str, str]]], enqueue: Enqueue) -> None:
    """Give every repository with work a living job. `statuses` are the engine's, of those jobs that it knows."""
    # The store first, the engine after it: a job is in the engine from the moment at which the store names it.
    named = await store.read(deliveries.named_jobs)
    known = await statuses(sorted({job for jobs in named.values() for job in jobs}))
    for repository, jobs in sorted(named.items()):
        dead = sorted(job for job in jobs if known.get(job) not in ALIVE)
        if dead or not jobs:
            reasons = {job: GIVEN_UP[status] for job in dead if (status := known.get(job)) in GIVEN_UP}
            await store.write(_replace, repository, dead, reasons, enqueue)


def _replace(
    connection: Connection, repository: RepositoryId, dead: list[str], reasons: Mapping[str, str], enqueue: Enqueue
) -> None:
    """Close what the engine gave up; then, where there is still work, put a new job into the place of the dead one."""
    for job, reason in reasons.items():
        deliveries.settle(connection, repository, job, failed=reason)
    replacement = new_job(repository)
    if deliveries.replace(connection, repository, dead, replacement):
        log.warning("sync.mended", repository=repository, dead=dead, job=replacement)
        enqueue(connection, repository, replacement, delay=0.0)
