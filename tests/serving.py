"""Serves an ASGI app from a thread on a free loopback port, for as long as a `with` block lasts."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

_START_SECONDS = 30.0
_STOP_SECONDS = 30.0


def listening_socket() -> socket.socket:
    """Returns a bound socket on a port that the system picked: nobody else can take it before the server does."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", 0))
    return bound


def url_of(bound: socket.socket) -> str:
    """Returns the address under which a bound socket is reached."""
    return f"http://127.0.0.1:{bound.getsockname()[1]}"


@contextmanager
def serving(app: ASGIApp, *, bound: socket.socket | None = None) -> Iterator[str]:
    """Yields the URL of `app`, started (its lifespan included); on the way out the app has stopped and its thread is gone."""
    bound = bound or listening_socket()
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=5))
    thread = threading.Thread(target=_run, args=(server, bound), daemon=True)
    thread.start()
    try:
        _wait_until_started(server, thread)
        yield url_of(bound)
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        bound.close()
    if thread.is_alive():
        raise RuntimeError("the server did not stop")


def _run(server: uvicorn.Server, bound: socket.socket) -> None:
    with suppress(SystemExit):  # uvicorn leaves so when an app fails to start; it has logged why
        server.run(sockets=[bound])


def _wait_until_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    end = time.monotonic() + _START_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > end:
            raise RuntimeError("the server did not start")
        time.sleep(0.002)
