"""What a sync comes back with, and what a handler of jobs is. Light: no engine is imported here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.core.names import RepositoryId
from bot.store.records import Delivery


@dataclass(frozen=True, slots=True)
class Done:
    """The repository was brought to what its deliveries hinted at."""


@dataclass(frozen=True, slots=True)
class Later:
    """Come again in `seconds`, since `reason`; no worker is held meanwhile, and a push in between does not wait for it."""

    seconds: float
    reason: str


Outcome = Done | Later

Handler = Callable[[RepositoryId, tuple[Delivery, ...]], Awaitable[Outcome]]
"""Syncs a repository: idempotent, since after a crash it is called again with the same deliveries and those that came since.

An exception means try again, with growing pauses (`bot.jobs.runtime.RETRIES`), and at last give the deliveries up as failed.
"""
