"""The bot under test: the real app on a free port, on a database file that outlives it; in a thread, or as a process to kill."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Protocol

import httpx

from tests.serving import serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.frontdoor.world import Access

HOOK_PATH = "/webhooks/github"
_START_SECONDS = 30.0
_POLLING_SECONDS = 0.03


class RunningBot(Protocol):
    """A bot that can be stopped and started again on the same database."""

    url: str

    @property
    def hook(self) -> str:
        """Where it takes deliveries."""

    def start(self) -> None:
        """Start it; it is ready on return."""

    def stop(self) -> object:
        """Stop it in order."""


class ThreadBot:
    """The app in a thread of this process: quick to start, and what it logs is in the test's output."""

    def __init__(self, access: Access, folder: Path) -> None:
        self._access, self._folder = access, folder
        self._stack = ExitStack()
        self.url = ""

    @property
    def hook(self) -> str:
        return self.url + HOOK_PATH

    def start(self) -> None:
        from bot.app import build
        from bot.settings import Settings

        settings = Settings(
            app_id=self._access.app_id,
            private_key=self._access.private_key,
            webhook_secrets=(self._access.secret,),
            github_api_url=self._access.api_url,
            database_url=f"sqlite:///{self._folder}/gapkeeper.db",
            write_spacing_ms=0,
            coalesce_seconds=0.0,
            dashboard_seconds=0.0,
            polling_seconds=_POLLING_SECONDS,
        )
        self.url = self._stack.enter_context(serving(build(settings)))
        wait_until_ready(self.url, alive=lambda: True)

    def stop(self) -> None:
        self._stack.close()


class ProcessBot:
    """`gapkeeper serve` as a process, with the environment that an operator would give it."""

    def __init__(self, access: Access, folder: Path) -> None:
        self._access, self._folder = access, folder
        self._process: subprocess.Popen[bytes] | None = None
        self.url = ""

    @property
    def hook(self) -> str:
        return self.url + HOOK_PATH

    @property
    def log(self) -> str:
        """All that it wrote so far."""
        path = self._folder / "serve.log"
        return path.read_text() if path.exists() else ""

    def start(self) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "GAPKEEPER_APP_ID": str(self._access.app_id),
            "GAPKEEPER_PRIVATE_KEY": self._access.private_key,
            "GAPKEEPER_WEBHOOK_SECRET": self._access.secret,
            "GAPKEEPER_GITHUB_API_URL": self._access.api_url,
            "GAPKEEPER_DATABASE_URL": f"sqlite:///{self._folder}/gapkeeper.db",
            "GAPKEEPER_PORT": str(port),
            "GAPKEEPER_WRITE_SPACING_MS": "0",
        }
        with (self._folder / "serve.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", "bot", "serve"], env=environment, stdout=log, stderr=log)
        self._process = process
        wait_until_ready(self.url, alive=lambda: process.poll() is None)

    def stop(self) -> int | None:
        """Ask it to end; returns its exit status, None where it did not run."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> int | None:
        if self._process is None:
            return None
        self._process.send_signal(how)
        status = self._process.wait(30)
        self._process = None
        return status


def wait_until_ready(url: str, *, alive: Callable[[], bool]) -> None:
    """Return once the bot at `url` takes deliveries."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and alive():
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", trust_env=False).is_success:
                return
        time.sleep(0.01)
    raise RuntimeError("the bot did not become ready")


def free_port() -> int:
    """Returns a port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
