"""The inbox: a delivery and the job for its repository in one commit, shared by all deliveries that came in meanwhile.

One task takes what has gathered, one thread commits it (`synchronous=FULL`); `put` returns after the commit, never before. So
an answer 202 means that a crash at any later moment loses nothing, and a busy second costs a handful of commits. A repository
has at most one waiting sync, however many deliveries come (design: docs/decisions/0001-job-engine.md).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import structlog

from bot.core.errors import GapkeeperError
from bot.jobs.mend import new_job
from bot.store import deliveries, duties
from bot.store.records import Arrival, Delivery

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from bot.core.names import DeliveryId, RepositoryId
    from bot.store.store import Store

BATCH = 64
BURST_SECONDS, QUICK = 10.0, 2
"""So many syncs of a repository start quickly within that time; the next one waits for its end, and takes all of a burst along."""

MAX_REMEMBERED = 10_000

WAKING = frozenset(
    {
        ("installation", "created"),
        ("installation", "unsuspend"),
        ("installation", "new_permissions_accepted"),
        ("installation_repositories", "added"),
    }
)
"""What lets us into repositories again: each of the installation is looked at, for nobody told us what happened meanwhile (#32)."""

MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Payloads that wait for their commit; above, deliveries are refused until the database has caught up (memory stays flat)."""

log = structlog.get_logger(__name__)


class Closed(GapkeeperError):
    """The inbox takes nothing now: it is not open, is closing, or is full."""


class Enqueue(Protocol):
    """Adds a sync job in the caller's transaction (`bot.jobs.runtime.Runtime.enqueue`)."""

    def __call__(self, connection: Connection, repository: RepositoryId, job: str, *, delay: float) -> None:
        """Add the job."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    delivery: Delivery
    wanted: bool
    arrival: asyncio.Future[Arrival]


class Bursts:
    """How long a sync waits for more deliveries of its repository, longer once there were several syncs in a short time."""

    def __init__(self, seconds: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Wait for so many seconds where nothing happened before; 0 never waits."""
        self._seconds = seconds
        self._clock = clock
        self._starts: dict[RepositoryId, tuple[float, ...]] = {}

    def delay(self, repository: RepositoryId) -> float:
        """Returns how long the next sync of the repository waits, and takes it for granted that there is one."""
        if self._seconds <= 0:
            return 0.0
        now = self._clock()
        if len(self._starts) >= MAX_REMEMBERED:
            self._starts = {id_: starts for id_, starts in self._starts.items() if starts[-1] > now - BURST_SECONDS}
        recent = [start for start in self._starts.get(repository, ()) if start > now - BURST_SECONDS]
        wait = self._seconds
        if len(recent) >= QUICK:
            wait = max(wait, recent[-QUICK] + BURST_SECONDS - now)
        self._starts[repository] = (*recent, now + wait)[-QUICK:]
        return wait


class Inbox:
    """Takes deliveries in; `enqueue` is the engine's, `delay` the seconds for which a sync waits for more of its repository."""

    def __init__(self, store: Store, enqueue: Enqueue, *, delay: float) -> None:
        """Keep what is needed; nothing runs before `start`."""
        self._store = store
        self._enqueue = enqueue
        self._bursts = Bursts(delay)
        self._engine = store.database.engine(pool=1)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self._waiting: deque[_Waiting] = deque()
        self._bytes = 0
        self._more = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to take deliveries."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="inbox")

    async def stop(self) -> None:
        """Refuse what comes now, commit what waits, and end."""
        task, self._task = self._task, None
        if task is not None:
            self._more.set()
            await task
        self._thread.shutdown()
        self._engine.dispose()

    async def put(self, delivery: Delivery, *, wanted: bool) -> Arrival:
        """What became of the delivery, once it is on disk. Not `wanted` ones are kept without a job.

        Raises `Closed`, or whatever the database raised: then nothing was kept, and the sender must hear of it (#22).
        """
        if self._task is None or self._bytes + len(delivery.payload) > MAX_WAITING_BYTES:
            raise Closed("the inbox takes nothing now")
        waiting = _Waiting(delivery, wanted, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._bytes += len(delivery.payload)
        self._more.set()
        arrival = await waiting.arrival
        if arrival is Arrival.FORGED:
            log.warning("delivery.other_body", delivery=delivery.id, detail="known with another body; the first one is kept")
        return arrival

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._task is not None or self._waiting:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                batch = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                try:
                    arrivals = await loop.run_in_executor(self._thread, self._commit, batch)
                except Exception as error:  # noqa: BLE001  each sender gets it, and the next batch its chance
                    for waiting in batch:
                        _answer(waiting.arrival, error)
                else:
                    for waiting in batch:
                        _answer(waiting.arrival, arrivals[waiting.delivery.id])
                finally:
                    self._bytes -= sum(len(waiting.delivery.payload) for waiting in batch)

    def _commit(self, batch: list[_Waiting]) -> dict[DeliveryId, Arrival]:
        with self._engine.begin() as connection:
            arrived = [(waiting.delivery, waiting.wanted) for waiting in batch]
            return keep(connection, arrived, self._enqueue, delay=self._bursts.delay)


def keep(
    connection: Connection,
    arrived: list[tuple[Delivery, bool]],
    enqueue: Enqueue,
    *,
    delay: Callable[[RepositoryId], float] = lambda _: 0.0,
) -> dict[DeliveryId, Arrival]:
    """What became of the deliveries, each wanted or not, and a job for every repository with work; in the caller's transaction."""
    arrivals = deliveries.put(connection, arrived)
    repositories = {delivery.repository for delivery, _ in arrived if delivery.repository is not None}
    for repository in deliveries.with_work(connection, repositories):
        job = new_job(repository)
        if deliveries.reserve(connection, repository, job):
            enqueue(connection, repository, job, delay=delay(repository))
    back = {one.installation for one, _ in arrived if (one.event, one.action) in WAKING and one.installation is not None}
    if back:
        duties.wake(connection, back)
    return dict(arrivals)


def _answer(future: asyncio.Future[Arrival], answer: Arrival | Exception) -> None:
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
        future.exception()  # Its sender may have gone: then nobody else would fetch it, and asyncio would complain.
    else:
        future.set_result(answer)
