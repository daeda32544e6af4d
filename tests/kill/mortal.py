"""The server as a process of its own that can die: `bot.app.serve`, as `gapkeeper serve` runs it, with failpoints in it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal as signals
from dataclasses import dataclass, field, replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import TYPE_CHECKING

from bot.app import Role, serve
from bot.settings import Settings
from tests.frontdoor.running_bot import HOOK_PATH, free_port, wait_until_ready
from tests.kill.failpoints import Board, install

if TYPE_CHECKING:
    from tests.frontdoor.world import Access

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["bot.app", "bot.jobs.sync", "dbos", "githubkit", "uvicorn", "alembic.command", __name__])
"""A second of imports, done once: each server is a fork of a process that has them behind it and runs no thread yet."""

_END_SECONDS = 30.0
LEASE_SECONDS = 2.0


@dataclass(slots=True)
class MortalBot:
    """A bot that can be killed, at a failpoint or at once, and started again on the same database."""

    settings: Settings
    folder: Path
    role: Role = Role.WHOLE
    url: str = ""
    _process: ForkServerProcess | None = field(default=None, init=False)

    @property
    def board(self) -> Board:
        """The failpoints."""
        return Board(self.folder)

    @property
    def hook(self) -> str:
        """Where it takes deliveries."""
        return self.url + HOOK_PATH

    @property
    def embedded(self) -> bool:
        """Tells whether its database is a file."""
        return self.settings.database_url.startswith("sqlite")

    @property
    def alive(self) -> bool:
        """Tells whether its process runs."""
        return self._process is not None and self._process.is_alive()

    @property
    def log(self) -> str:
        """All that it wrote so far."""
        return (self.folder / "serve.log").read_text()

    def start(self) -> None:
        """Start it; it is ready on return."""
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._process = _PROCESSES.Process(target=_serve, args=(replace(self.settings, port=port), self.role, self.folder))
        self._process.start()
        wait_until_ready(self.url, alive=lambda: self.alive)

    def stop(self) -> int | None:
        """Ask it to end; returns its exit status, None where it did not run."""
        return self._end(signals.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signals.SIGKILL)

    def signal(self, number: signals.Signals) -> None:
        """Send its process a signal."""
        if self._process is not None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def _end(self, how: signals.Signals) -> int | None:
        process, self._process = self._process, None
        if process is None or process.pid is None:
            return None
        if process.is_alive():
            os.kill(process.pid, how)
        process.join(_END_SECONDS)
        status = process.exitcode
        process.kill()
        process.join()
        process.close()
        return status


def settings_for(access: Access, database_url: str) -> Settings:
    """Returns the settings of a bot in a world, in a hurry."""
    return Settings(
        app_id=access.app_id,
        private_key=access.private_key,
        webhook_secrets=(access.secret,),
        github_api_url=access.api_url,
        database_url=database_url,
        write_spacing_ms=0,
        coalesce_seconds=0.0,
        polling_seconds=0.03,
        lease_seconds=LEASE_SECONDS,
    )


def _serve(settings: Settings, role: Role, folder: Path) -> None:
    """What the server's process does."""
    log = os.open(folder / "serve.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.captureWarnings(capture=True)
    install(folder)
    serve(settings, role=role)
