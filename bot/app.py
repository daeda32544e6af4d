"""The one place where settings, store, engine, inbox and web are built and joined: `build` for an ASGI app, `serve` for a process.

The socket opens at once; database, engine and GitHub client (1.5 s of imports) come up behind it. A delivery that arrives
meanwhile waits for them, within the time that GitHub gives it, instead of being refused: GitHub does not send it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from bot.core.errors import DatabaseUnusable, GapkeeperError
from bot.core.redaction import Redaction
from bot.web.guarded import Guarded, failed
from bot.web.health import Readiness, health_routes
from bot.web.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from types import TracebackType

    import httpx
    from structlog.typing import Processor

    from bot.core.names import InstallationId
    from bot.github.auth import GitHubApp
    from bot.github.pacing import Ledger
    from bot.jobs.inbox import Inbox
    from bot.jobs.observed import Tally
    from bot.jobs.outcome import Handler
    from bot.jobs.runtime import Runtime
    from bot.jobs.sweep import Sweep
    from bot.settings import Settings
    from bot.store.glance import Glance
    from bot.store.records import Arrival, Delivery
    from bot.store.store import Store
    from bot.web.metrics import Metrics

START_SECONDS = 8.0
"""How long a delivery waits for the start; GitHub hangs up after ten seconds."""

CHECK_SECONDS = 3.0
HOOK = "/webhooks/github"


class Role(StrEnum):
    """What a process does: all of it, or its half of it beside other processes on one PostgreSQL database."""

    WHOLE = "whole"
    RECEIVER = "receiver"
    """Takes deliveries, and runs no jobs."""
    WORKER = "worker"
    """Runs jobs, and takes no deliveries; its port answers for its health only."""


log = structlog.get_logger(__name__)


class NotReady(GapkeeperError):
    """The program is starting or stopping, and takes no deliveries."""


class Gapkeeper:
    """The parts of a running server, and their life: `start` brings all up or raises, `stop` ends them in good order."""

    def __init__(self, settings: Settings, *, transport: httpx.AsyncBaseTransport | None = None, role: Role = Role.WHOLE) -> None:
        """Keep the settings; nothing is opened yet. `transport` carries the calls to GitHub in tests and in the demo."""
        self._settings = settings
        self._role = role
        self._transport = transport
        self._parts = contextlib.AsyncExitStack()
        self._started = asyncio.Event()
        self._store: Store | None = None
        self.runtime: Runtime | None = None
        self._inbox: Inbox | None = None
        self.metrics = _metrics() if settings.metrics else None
        self.sweep: Sweep | None = None
        self.status: Literal["starting", "ok", "stopping", "failed"] = "starting"

    async def start(self) -> None:
        """Bring everything up. Raises `DatabaseUnusable` or `SchemaMismatch`; what was up is then down again."""
        try:
            await self._start()
        except BaseException:
            self.status = "failed"
            await self._parts.aclose()
            raise
        finally:
            self._started.set()
        self.status = "ok"
        log.info("server.ready", database=self._store.database.location if self._store else None)

    async def _start(self) -> None:
        with ThreadPoolExecutor(1) as importing:
            await asyncio.get_running_loop().run_in_executor(importing, _import_heavy_parts)
        from bot.jobs.runtime import Runtime
        from bot.store.store import Store

        settings = self._settings
        self._store = Store(settings.database_url)
        if self._role is not Role.WHOLE and self._store.database.embedded:
            raise DatabaseUnusable(
                f"a SQLite file serves one process: a {self._role} needs GAPKEEPER_DATABASE_URL=postgresql://…; "
                "on SQLite `gapkeeper serve` does all of it"
            )
        self._parts.push_async_callback(self._store.close)
        await self._store.open()
        github = None if self._role is Role.RECEIVER else self._github(self._store)
        handler = None if github is None else self._handler(self._store, github)
        self.runtime = Runtime(
            self._store, handler, polling_seconds=settings.polling_seconds, lease_seconds=settings.lease_seconds
        )
        self._parts.push_async_callback(self.runtime.stop)
        await self.runtime.start()
        if self._role is not Role.WORKER:
            self._open_inbox(self._store, self.runtime)
        if github is not None:
            self._look_around(self._store, github, self.runtime)

    def _github(self, store: Store) -> GitHubApp:
        from bot.store.pace import SharedLedger

        github = github_app(
            self._settings, transport=self._transport, ledger=SharedLedger(store), permit=self._permit, spent=self._called
        )
        self._parts.push_async_callback(github.aclose)
        return github

    def _handler(self, store: Store, github: GitHubApp) -> Handler:
        from bot.jobs.handling import Handling
        from bot.jobs.observed import Observed
        from bot.jobs.sync import Sync

        sync = Sync(github, store, self._settings)
        self._parts.push_async_callback(sync.aclose)
        return Observed(Handling(sync, store), self._ended)

    def _ended(self, outcome: str, seconds: float, tally: Tally) -> None:
        if self.metrics is not None:
            self.metrics.ended(outcome, seconds, tally.conflicts)

    def _called(self, installation: InstallationId, write: bool) -> None:
        from bot.jobs.observed import called

        called(write=write)
        if self.metrics is not None:
            self.metrics.called(installation, write=write)

    def heard(self, event: str, outcome: str) -> None:
        """Count a delivery, where somebody looks at the metrics."""
        if self.metrics is not None:
            self.metrics.delivered(event, outcome)

    def _open_inbox(self, store: Store, runtime: Runtime) -> None:
        from bot.jobs.inbox import Inbox

        self._inbox = Inbox(store, runtime.enqueue, delay=self._settings.coalesce_seconds)
        self._parts.push_async_callback(self._inbox.stop)
        self._inbox.start()

    def _look_around(self, store: Store, github: GitHubApp, runtime: Runtime) -> None:
        """Begin what is done by the clock, and ask who we are."""
        from bot.jobs.sweep import Sweep

        self.sweep = Sweep(store, github.hook, runtime.enqueue, prune_jobs=runtime.prune)
        self._parts.push_async_callback(self.sweep.stop)
        self.sweep.start()
        introduction = asyncio.create_task(_introduce(github), name="introduction")
        self._parts.callback(introduction.cancel)

    def _permit(self) -> None:
        if self.runtime is not None:
            self.runtime.may_write()

    async def stop(self) -> None:
        """Take no more, commit what waits, let running syncs end, close all; each of them even if another fails."""
        self.status = "stopping"
        await self._parts.aclose()

    async def take(self, delivery: Delivery, *, wanted: bool) -> Arrival:
        """Put a delivery on disk, once the start is over. Raises when it was not kept."""
        if self.status == "starting":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._started.wait(), START_SECONDS)
        if self.status != "ok" or self._inbox is None:  # A worker has no inbox, and no route that leads here.
            raise NotReady(f"the server is {self.status}")
        return await self._inbox.put(delivery, wanted=wanted)

    async def readiness(self) -> Readiness:
        """Whether deliveries are taken, as seen by asking the database."""
        if self.status != "ok" or self._store is None or self.runtime is None:
            return Readiness(self.status if self.status != "ok" else "starting")
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                # The store first: the engine itself would wait for its database for ever.
                await self._store.ping()
                return Readiness("ok", await self.runtime.counts())
        except Exception:
            log.exception("server.database_away")
            return Readiness("database away")

    async def look(self) -> Glance | None:
        """How things stand in the database; None where it cannot be seen."""
        from bot.store.glance import look

        if self.status != "ok" or self._store is None:
            return None
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                return await self._store.read(look)
        except Exception:
            log.exception("server.database_away")
            return None


async def _introduce(github: GitHubApp) -> None:
    """Ask GitHub who we are before the first delivery needs it, and say so early when the credentials are not good."""
    try:
        log.info("server.identity", login=await github.login())
    except GapkeeperError as error:
        log.warning("server.unknown_to_github", reason=str(error))


def github_app(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    ledger: Ledger | None = None,
    permit: Callable[[], None] | None = None,
    spent: Callable[[InstallationId, bool], None] | None = None,
) -> GitHubApp:
    """The App's client to GitHub, with a pace that is its own or goes by a shared ledger; whoever asks for it closes it.

    `permit` raises where this process may change nothing at GitHub any more.
    """
    from bot.github.auth import GitHubApp

    return GitHubApp(
        settings.app_id,
        settings.private_key,
        api_url=settings.github_api_url,
        write_spacing=settings.write_spacing,
        transport=transport,
        ledger=ledger,
        permit=permit,
        spent=spent,
    )


def build(
    settings: Settings,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    on_failure: Callable[[BaseException], None] | None = None,
    role: Role = Role.WHOLE,
) -> Starlette:
    """The server as an ASGI application, which starts and stops with its lifespan; `app.state.gapkeeper` are its parts.

    With `on_failure` the start goes on behind the open socket, and its failure is told there; without, the lifespan waits for
    it, and its failure is the lifespan's.
    """
    gapkeeper = Gapkeeper(settings, transport=transport, role=role)

    async def start_behind() -> None:
        try:
            await gapkeeper.start()
        except Exception as error:  # noqa: BLE001  told to whoever runs the server
            if on_failure is not None:
                on_failure(error)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        starting = None
        if on_failure is None:
            await gapkeeper.start()
        else:
            starting = asyncio.create_task(start_behind(), name="start")
        try:
            yield
        finally:
            if starting is not None:
                await starting
            await gapkeeper.stop()

    routes = health_routes(gapkeeper.readiness)
    if role is not Role.WORKER:
        routes.append(Route(HOOK, Webhook(settings.webhook_secrets, gapkeeper.take, tell=gapkeeper.heard)))
    if gapkeeper.metrics is not None:
        routes.append(gapkeeper.metrics.route(gapkeeper.look))
    app = Starlette(routes=routes, middleware=[Middleware(Guarded)], exception_handlers={Exception: failed}, lifespan=lifespan)
    app.router.redirect_slashes = False  # Routes are fixed; a redirect would be built from the Host header (#23).
    app.state.gapkeeper = gapkeeper
    return app


def serve(settings: Settings, *, role: Role = Role.WHOLE) -> None:
    """Serve until SIGTERM or SIGINT, and return. Raises what kept the start from succeeding."""
    import uvicorn

    from bot.web.protocol import BoundedProtocol

    failures: list[BaseException] = []

    def fail(error: BaseException) -> None:
        failures.append(error)
        server.should_exit = True

    configure_logging(settings.log, secrets=settings.secrets)
    if settings.weak_secrets:
        log.warning("settings.weak_secret", variable="GAPKEEPER_WEBHOOK_SECRET", remedy="openssl rand -hex 32")
    config = uvicorn.Config(
        build(settings, on_failure=fail, role=role),
        host=settings.host,
        port=settings.port,
        http=BoundedProtocol,
        ws="none",
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=10,
        # Longer than a proxy or a sender keeps an idle connection (nginx: 60 s): whoever uses it just as we close it loses a delivery.
        timeout_keep_alive=75,
    )
    server = uvicorn.Server(config)
    # uvicorn raises a caught signal again when it has ended; with its own handler in place that is an orderly exit 0 (#108).
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, server.handle_exit)
    server.run()
    if failures:
        raise failures[0]


def _metrics() -> Metrics:
    from bot.web.metrics import Metrics

    return Metrics()


def _import_heavy_parts() -> None:
    import bot.jobs.sync
    import bot.store.store  # noqa: F401


def configure_logging(kind: Literal["json", "console"], *, secrets: Iterable[str] = ()) -> None:
    """One line an event on stderr, ours and the libraries' alike, without tokens, keys, passwords and these secrets.

    What nobody catches ends the process by way of the log too, and not as a bare traceback.
    """
    redact = Redaction(secrets)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    render: list[Processor] = [
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer() if kind == "json" else structlog.dev.ConsoleRenderer(colors=False),
        lambda _logger, _name, text: redact(str(text)),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render]
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for chatty in ("httpx", "uvicorn.access", "alembic", "dbos"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    sys.excepthook = _last_words


def _last_words(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, Exception):
        log.critical("server.died", exc_info=(kind, error, trace))
    else:
        sys.__excepthook__(kind, error, trace)  # Ctrl-C: it holds nothing, and the shell wants to know.
