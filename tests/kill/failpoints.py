"""Places at which a server dies when a test says so: each call to GitHub, and each commit that changes something.

They are put into a server's process from outside, on the two ways by which it has effects at all: httpx's transport and
SQLAlchemy's commit (the job engine's too). The program knows nothing of them. A failpoint has a name, which says what just
happened or is about to happen; the n-th of a name is a place.
"""

from __future__ import annotations

import os
import re
import signal
import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

_ARMED, _TRACE = "armed", "trace"
_WRITES = re.compile(r"""\s*(?:WITH\b.*?\)\s*)?(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([\w."]+)""", re.IGNORECASE | re.DOTALL)
_NUMBER = re.compile(r"[0-9a-f]{7,}|\d+")
_UNEVENTFUL = {"executors", "duties", "rounds"}
"""Tables that are written by the clock, and not because something happened."""


@dataclass(frozen=True, slots=True)
class Place:
    """The n-th time, counted from one, at which a failpoint of this name is reached."""

    name: str
    time: int

    def __str__(self) -> str:
        return f"{self.name} #{self.time}"


class Board:
    """Where a test and the server's process speak of failpoints: two files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def arm(self, place: Place | None) -> None:
        """Let the server die at a place, counted from now on; None lets it live. What it passes is noted anew."""
        (self._folder / _TRACE).write_text("")
        new = self._folder / "armed.new"
        new.write_text("" if place is None else f"{place.time} {place.name}")
        new.replace(self._folder / _ARMED)

    def passed(self) -> list[Place]:
        """Returns the places that were passed since the last arming, in their order."""
        seen = Counter[str]()
        places = []
        for name in (self._folder / _TRACE).read_text().splitlines():
            seen[name] += 1
            places.append(Place(name, seen[name]))
        return places


class Failpoints:
    """In the server's process: notes each failpoint that is reached, and dies there when told to."""

    def __init__(self, folder: Path) -> None:
        self._armed = folder / _ARMED
        self._trace = os.open(folder / _TRACE, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._lock = threading.Lock()
        self._order = ""
        self._left = 0

    def reach(self, name: str) -> None:
        """Go on, or die."""
        with self._lock:
            os.write(self._trace, f"{name}\n".encode())
            order = self._armed.read_text()
            if order != self._order:
                self._order, self._left = order, int(order.partition(" ")[0] or 0)
            if name == order.partition(" ")[2]:
                self._left -= 1
                if self._left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)


def install(folder: Path) -> None:
    """Put the failpoints into this process."""
    failpoints = Failpoints(folder)
    _into_calls(failpoints)
    _into_commits(failpoints)


def _into_calls(failpoints: Failpoints) -> None:
    import httpx

    send = httpx.AsyncHTTPTransport.handle_async_request

    async def watched(self: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        name = f"{request.method} {_kind(request.url.path)}"
        if request.method != "GET":
            failpoints.reach(f"before {name}")
        response = await send(self, request)
        failpoints.reach(f"after {name}")
        return response

    httpx.AsyncHTTPTransport.handle_async_request = watched  # type: ignore[method-assign]  # in this process all calls are watched


def _kind(path: str) -> str:
    """Returns the path without what differs from run to run."""
    _, found, rest = path.partition("/repos/")
    return _NUMBER.sub("N", "/".join(rest.split("/")[2:]) if found else path.strip("/"))


def _into_commits(failpoints: Failpoints) -> None:
    import sqlalchemy as sa
    from sqlalchemy.engine.default import DefaultDialect

    transaction = threading.local()
    commit: Callable[[DefaultDialect, Any], None] = DefaultDialect.do_commit

    def begun(_connection: sa.Connection) -> None:
        transaction.tables = set()

    def executed(_connection: sa.Connection, cursor: Any, statement: str, *_: object) -> None:
        written = _WRITES.match(statement)
        # An INSERT that returns rows does not know yet how many there are.
        if written and (cursor.rowcount != 0 or "INSERT" in statement):
            tables: set[str] = transaction.__dict__.setdefault("tables", set())
            tables.add(written[1].rpartition(".")[2].strip('"'))

    def watched(self: DefaultDialect, connection: Any) -> None:
        tables: set[str] = transaction.__dict__.get("tables", set())
        transaction.tables = set()
        if tables <= _UNEVENTFUL:
            commit(self, connection)
            return
        name = "+".join(sorted(tables))
        failpoints.reach(f"before commit {name}")
        commit(self, connection)
        failpoints.reach(f"after commit {name}")

    sa.event.listen(sa.Engine, "begin", begun)
    sa.event.listen(sa.Engine, "after_cursor_execute", executed)
    DefaultDialect.do_commit = watched  # type: ignore[method-assign]  # SQLAlchemy has no event after a commit
