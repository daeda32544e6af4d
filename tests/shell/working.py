"""A store, an engine and an inbox that work together, around a handler that the test gives."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import sqlalchemy as sa

from bot.core.names import DeliveryId, InstallationId, RepositoryId
from bot.jobs.inbox import Inbox
from bot.jobs.runtime import Runtime
from bot.store import Arrival, Delivery
from bot.store.store import Store
from bot.store.tables import deliveries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.jobs import Handler

T = TypeVar("T")

R = RepositoryId(7)


def delivery(guid: str, repository: int | None = R, payload: bytes = b"{}") -> Delivery:
    return Delivery(
        id=DeliveryId(guid),
        event="push",
        action=None,
        repository=None if repository is None else RepositoryId(repository),
        installation=InstallationId(100),
        payload=payload,
        received=1_700_000_000.0,
    )


@dataclass(frozen=True)
class Working:
    store: Store
    runtime: Runtime
    inbox: Inbox

    async def put(self, guid: str, repository: int = R) -> Arrival:
        return await self.inbox.put(delivery(guid, repository), wanted=True)

    async def until(self, ask: Callable[[], Awaitable[T]], answer: T) -> None:
        """Return once what is asked for is so."""
        for _ in range(1000):
            if (last := await ask()) == answer:
                return
            await asyncio.sleep(0.01)
        raise TimeoutError(f"it stays {last}")

    async def states(self) -> dict[str, str]:
        return await states(self.store)


async def states(store: Store) -> dict[str, str]:
    """What became of each delivery."""

    def ask(connection: sa.Connection) -> dict[str, str]:
        return {row.id: row.state for row in connection.execute(sa.select(deliveries.c.id, deliveries.c.state))}

    return await store.read(ask)


@asynccontextmanager
async def working(
    database_url: str,
    handler: Handler,
    *,
    retries: tuple[float, ...] = (0, 0),
    delay: float = 0,
    grace: float = 5,
    lease: float = 15.0,
) -> AsyncIterator[Working]:
    async with Store(database_url) as store:
        runtime = Runtime(store, handler, retries=retries, polling_seconds=0.02, lease_seconds=lease)
        inbox: Inbox | None = None
        try:
            await runtime.start()
            inbox = Inbox(store, runtime.enqueue, delay=delay)
            inbox.start()
            yield Working(store, runtime, inbox)
        finally:
            if inbox is not None:
                await inbox.stop()
            await runtime.stop(grace=grace)
