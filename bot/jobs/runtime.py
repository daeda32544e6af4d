"""Starts and stops the job engine, and runs the one workflow: claim the repository, sync it, settle its deliveries.

DBOS stands behind this port and is imported nowhere else. How it is set up, and why each setting, is in
docs/decisions/0001-job-engine.md. The steps are idempotent, since a crash repeats the open one; the handler is one of them and
keeps its own progress in the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import socket
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from bot.core.errors import LeaseLost
from bot.core.names import RepositoryId
from bot.core.redaction import without_secrets
from bot.jobs.lease import Lease
from bot.jobs.mend import ALIVE, ENDED, mend
from bot.jobs.outcome import Done, Later
from bot.store import deliveries
from bot.store.store import FENCE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from dbos import DBOSClient
    from sqlalchemy import Connection, Engine

    from bot.jobs.outcome import Handler
    from bot.store.store import Store

RETRIES = (0.5, 2.0, 10.0, 60.0, 300.0)
"""Seconds before each further try of a sync that raised; after the last its deliveries have failed."""

BUSY_SECONDS = 1.0
"""How long a job stands back whose repository another one still has."""

GRACE_SECONDS = 10.0
"""How long running syncs may take to end when the program stops; what is cut off then runs again at the next start."""

CRASHES = 20
"""A job that took its process down so often is given up by the engine; its deliveries go to the repository's next job."""

APPLICATION, QUEUE, WORKFLOW = "gapkeeper", "repositories", "sync_repository"
VERSION = "1"
"""Of the workflow's sequence of steps: the engine recovers only jobs of this version. By itself it would hash our sources."""

MEND_SECONDS = 60.0
PRUNED_AT_ONCE = 500

T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Jobs:
    """How many syncs wait for a worker, run, and wait for their time."""

    queued: int
    running: int
    delayed: int

    @property
    def idle(self) -> bool:
        """Tells whether there is nothing left to do, now or later."""
        return self == Jobs(0, 0, 0)


class Runtime:
    """The job engine of this process; one at a time in a process, since the engine is a global of its library."""

    def __init__(
        self,
        store: Store,
        handler: Handler | None,
        *,
        retries: tuple[float, ...] = RETRIES,
        polling_seconds: float = 0.2,
        workers: int = 8,
        lease_seconds: float = 15.0,
    ) -> None:
        """Keep what is needed; nothing runs before `start`. Without a handler, jobs are added and counted here, and run elsewhere."""
        self._store = store
        self._embedded = store.database.embedded
        self._handler = handler
        self._retries = retries
        self._polling = polling_seconds
        self._workers = workers
        # Never the same twice: a second process with the same id would run everything again (decision 0001, trap 3).
        self.executor = f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._started = False
        self._client: DBOSClient | None = None
        self._handlers: set[asyncio.Future[Any]] = set()
        self._workflows = 0
        self._none_left = asyncio.Event()
        self._mending: asyncio.Task[None] | None = None
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="jobs")
        self._lease = Lease(
            store,
            self.executor,
            executors_with_jobs=self._executors_with_jobs,
            recover=self._recover,
            lost=self._stop_handlers,
            seconds=lease_seconds,
        )

    async def start(self) -> None:
        """Start the engine in this loop, and take over the jobs of processes that died."""
        await self._in_thread(_import_engine)
        from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer

        engine = self._store.database.engine(pool=4 if self._embedded else 20, synchronous="NORMAL", plain=True)
        _quiet_engine_log()
        self._client = await self._in_thread(lambda: self._prepared(engine))
        if self._handler is None:
            return
        DBOS(
            config=DBOSConfig(
                name=APPLICATION,
                system_database_engine=engine,
                application_version=VERSION,
                executor_id=self.executor,
                serializer=DBOSPortableJSONSerializer(),
                log_level="WARNING",
            )
        )
        self._started = True
        self._register()
        DBOS.launch()
        await self._lease.start()
        await self.mend()
        self._mending = asyncio.get_running_loop().create_task(self._keep_mending(), name="mend")

    async def stop(self, *, grace: float = GRACE_SECONDS) -> None:
        """Let running syncs end within `grace` seconds, then stop; whatever is cut off is taken up again at the next start."""
        if not self._started:
            self._threads.shutdown()
            return
        self._started = False
        from dbos import DBOS

        if self._mending is not None:
            self._mending.cancel()
        await self._workflows_end(grace)
        await self._lease.stop_watching()
        # In a thread: called in the loop it would block what it waits for (decision 0001, trap 9).
        await self._in_thread(lambda: DBOS.destroy(destroy_registry=True))
        self._client = None
        self._stop_handlers()
        await self._workflows_end(1.0)
        # Not before: whose lease has ended, his running jobs are taken over.
        with contextlib.suppress(Exception):
            await self._lease.stop()
        # The engine left its own pool, now shut down, as the loop's default executor.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(thread_name_prefix="default"))
        self._threads.shutdown()

    def _prepared(self, engine: Engine) -> DBOSClient:
        """Bring the engine's tables up to date and add the queue, beside the loop and before the engine looks for queues.

        It looks once a second: a queue that is added after the launch would wait for that.
        """
        from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer

        DBOS.migrate(self._store.database.engine_url)
        client = DBOSClient(
            system_database_engine=engine, application_name=APPLICATION, serializer=DBOSPortableJSONSerializer(), lazy=True
        )
        client.register_queue(
            QUEUE,
            partition_concurrency=1,
            worker_concurrency=self._workers,
            # On PostgreSQL it brings the serializable dequeue, without which two of a repository can start at once; on
            # SQLite it does the opposite (decision 0001, trap 5).
            global_concurrency=None if self._embedded else 256,
            polling_interval_sec=self._polling,
        )
        return client

    def enqueue(
        self, connection: Connection, repository: RepositoryId, job: str, *, delay: float = 0.0, attempt: int = 0
    ) -> None:
        """Add a sync job in the caller's transaction: the one place where jobs come from, since the engine accepts any name."""
        from dbos import EnqueueOptions

        if self._client is None:
            raise RuntimeError("the job engine does not run")
        options = EnqueueOptions(
            workflow_name=WORKFLOW, queue_name=QUEUE, workflow_id=job, queue_partition_key=str(repository), app_version=VERSION
        )
        if delay > 0:
            options["delay_seconds"] = delay
        self._client.enqueue_in_transaction(connection, options, repository, attempt)

    def may_write(self) -> None:
        """Return where this process may change something at GitHub now. Raises LeaseLost."""
        self._lease.check()

    async def counts(self) -> Jobs:
        """How many jobs there are, of all processes."""
        if self._client is None:
            raise RuntimeError("the job engine does not run")
        found = await self._client.list_workflows_async(status=list(ALIVE), name=WORKFLOW, load_input=False, load_output=False)
        states = [status.status for status in found]
        return Jobs(queued=states.count("ENQUEUED"), running=states.count("PENDING"), delayed=states.count("DELAYED"))

    async def wait_idle(self, *, timeout: float = 30.0) -> None:  # noqa: ASYNC109  a deadline of our own, with our own message
        """Return once no job is left, now or later. Raises `TimeoutError` with what is left."""
        deadline = time.monotonic() + timeout
        while not (left := await self.counts()).idle:
            if time.monotonic() > deadline:
                raise TimeoutError(f"after {timeout} s there are still {left}")
            await asyncio.sleep(0.02)

    async def prune(self, seconds: float) -> None:
        """Delete the engine's rows of jobs that ended that long ago; it keeps them for ever by itself (decision 0001, trap 12)."""
        from dbos import DBOS

        before = datetime.fromtimestamp(time.time() - seconds, UTC).isoformat()
        while found := await DBOS.list_workflows_async(
            status=list(ENDED), completed_before=before, limit=PRUNED_AT_ONCE, load_input=False, load_output=False
        ):
            await DBOS.delete_workflows_async([status.workflow_id for status in found])

    async def mend(self) -> None:
        """Give a job to every repository whose work no living job will do."""
        await mend(self._store, self._statuses, self.enqueue)

    async def _keep_mending(self) -> None:
        while True:
            await asyncio.sleep(MEND_SECONDS)
            try:
                await self.mend()
            except Exception:
                log.exception("sync.not_mended")

    async def _statuses(self, jobs: list[str]) -> dict[str, str]:
        """The engine's word for each of the jobs that it knows."""
        from dbos import DBOS

        if not jobs:
            return {}
        found = await DBOS.list_workflows_async(workflow_ids=jobs, load_input=False, load_output=False)
        return {status.workflow_id: status.status for status in found}

    # ── the workflow ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _register(self) -> None:
        """Tell the engine the workflow and its steps; their names are in its tables, and must stay."""
        from dbos import DBOS

        # The handler's own exceptions are an outcome: what is left to retry here is a database that does not answer.
        retried = functools.partial(DBOS.step, retries_allowed=True, max_attempts=10, interval_seconds=0.5, backoff_rate=2.0)
        claim, handle, settle = (retried(name=name)(step) for name, step in self._steps().items())

        async def sync_repository(repository: int, attempt: int) -> None:
            self._workflows += 1
            self._none_left.clear()
            FENCE.set(self._lease.fence())
            try:
                job = DBOS.workflow_id or ""
                outcome = await handle(repository, job) if await claim(repository, job) else {"kind": "busy"}
                await settle(repository, job, attempt, outcome)
            finally:
                self._workflows -= 1
                if self._workflows == 0:
                    self._none_left.set()

        DBOS.workflow(name=WORKFLOW, max_recovery_attempts=CRASHES)(sync_repository)

    def _steps(self) -> dict[str, Callable[..., Any]]:
        async def claim(repository: int, job: str) -> bool:
            return await self._claim(RepositoryId(repository), job)

        async def handle(repository: int, job: str) -> dict[str, Any]:
            return await self._handle(RepositoryId(repository), job)

        async def settle(repository: int, job: str, attempt: int, outcome: dict[str, Any]) -> None:
            await self._store.write(self._settle, RepositoryId(repository), job, attempt, outcome)

        return {name: _fenced(step) for name, step in (("claim", claim), ("handle", handle), ("settle", settle))}

    async def _claim(self, repository: RepositoryId, job: str) -> bool:
        """Tells whether the repository is now the job's. A holder that the engine knows no more, or as ended, is passed over."""
        if await self._store.write(deliveries.claim, repository, job):
            return True
        holder = await self._store.read(deliveries.running, repository)
        if holder is not None:
            if (await self._statuses([holder])).get(holder) in ALIVE:
                return False
            log.warning("sync.holder_gone", repository=repository, holder=holder, job=job)
        return await self._store.write(deliveries.claim, repository, job, instead_of=holder)

    async def _handle(self, repository: RepositoryId, job: str) -> dict[str, Any]:
        if self._handler is None:
            raise RuntimeError("this process runs no jobs")
        held = await self._store.read(deliveries.claimed, job)
        if not held:
            return {"kind": "done"}  # Another job of the repository has done their work meanwhile.
        with structlog.contextvars.bound_contextvars(repository=repository, job=job):
            task = asyncio.ensure_future(self._handler(repository, held))
            self._handlers.add(task)
            task.add_done_callback(self._handlers.discard)
            try:
                outcome = await task
            except LeaseLost:
                raise
            except Exception as error:
                log.exception("sync.raised", deliveries=[delivery.id for delivery in held])
                return {"kind": "raised", "reason": without_secrets(f"{type(error).__name__}: {error}")[:1000]}
        match outcome:
            case Done():
                return {"kind": "done"}
            case Later(seconds, reason):
                log.info("sync.later", repository=repository, seconds=seconds, reason=reason)
                return {"kind": "later", "seconds": seconds}

    def _settle(self, connection: Connection, repository: RepositoryId, job: str, attempt: int, outcome: dict[str, Any]) -> None:
        """Close the deliveries, or add the follow-up that tries again; one transaction, which says the same when repeated."""
        follow_up = _follow_up(job)
        match outcome:
            case {"kind": "done"}:
                deliveries.settle(connection, repository, job)
            case {"kind": "busy"}:
                deliveries.succeed(connection, repository, job, follow_up)
                self.enqueue(connection, repository, follow_up, delay=BUSY_SECONDS, attempt=attempt)
            case {"kind": "later", "seconds": seconds}:
                deliveries.release(connection, repository, job)
                self.enqueue(connection, repository, follow_up, delay=seconds, attempt=attempt)
            case {"kind": "raised"} if attempt < len(self._retries):
                deliveries.release(connection, repository, job)
                self.enqueue(connection, repository, follow_up, delay=self._retries[attempt], attempt=attempt + 1)
            case {"reason": reason}:
                log.error("sync.given_up", repository=repository, job=job, attempts=attempt + 1, reason=reason)
                deliveries.settle(connection, repository, job, failed=reason)

    # ── executors ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _executors_with_jobs(self) -> frozenset[str]:
        from dbos import DBOS

        found = await DBOS.list_workflows_async(status="PENDING", load_input=False, load_output=False)
        return frozenset(status.executor_id for status in found if status.executor_id is not None)

    async def _recover(self, executors: list[str]) -> None:
        from dbos import DBOS

        # Private, and the only way that keeps queue, partition and the count of attempts (decision 0001, trap 4).
        await self._in_thread(lambda: DBOS._recover_pending_workflows(executors))  # noqa: SLF001

    async def _workflows_end(self, seconds: float) -> None:
        if self._workflows:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._none_left.wait(), seconds)

    def _stop_handlers(self) -> None:
        for task in self._handlers:
            task.cancel()

    async def _in_thread(self, act: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)


def _fenced(step: Callable[..., Awaitable[T]]) -> Callable[..., Awaitable[T]]:
    """A step that counts as cut off, not as failed, when the lease was lost: the engine tries it no more, and keeps no outcome."""

    async def cut_off(*args: Any) -> T:
        try:
            return await step(*args)
        except LeaseLost as lost:
            log.warning("sync.fenced_off", reason=str(lost))
            raise asyncio.CancelledError from lost

    return cut_off


def _follow_up(job: str) -> str:
    """The id of the job after this one: the same for the same job, so that a repeated step adds no second one."""
    root, _, number = job.partition(".r")
    return f"{root}.r{int(number or 0) + 1}"


def _import_engine() -> None:
    import dbos  # noqa: F401  a second of work, done beside the loop


def _quiet_engine_log() -> None:
    """Send the engine's log where ours goes; by itself it writes to stderr in a format of its own."""
    engine_log = logging.getLogger("dbos")
    engine_log.handlers[:] = [logging.NullHandler()]
    engine_log.propagate = True
