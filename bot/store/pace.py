"""The books of the installations' pace in the database: one for all processes, and one that outlives them (#30).

They go by the database's clock, since the processes may run on several machines.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from bot.core.pace import Book
from bot.store.database import insert, now
from bot.store.tables import paces

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.core.names import InstallationId
    from bot.store.store import Store

T = TypeVar("T")


class SharedLedger:
    """The books in the store's database; `clock` replaces the database's in tests."""

    def __init__(self, store: Store, *, clock: Callable[[], float] | None = None) -> None:
        """Use an open store."""
        self._store = store
        self._clock = clock

    async def look(self, installation: InstallationId) -> tuple[Book, float]:
        """Returns the book, and the time now."""
        return await self._store.read(lambda connection: (_book(connection, installation), self._now(connection)))

    async def change(self, installation: InstallationId, change: Callable[[Book, float], tuple[Book, T]]) -> T:
        """Returns what `change` makes of the book and the time, in one transaction that locks the book's row."""

        def act(connection: sa.Connection) -> T:
            empty = insert(connection, paces).values(installation=installation, book=asdict(Book()))
            connection.execute(empty.on_conflict_do_nothing())
            book, answer = change(_book(connection, installation, lock=True), self._now(connection))
            connection.execute(paces.update().where(paces.c.installation == installation).values(book=asdict(book)))
            return answer

        return await self._store.write(act)

    def _now(self, connection: sa.Connection) -> float:
        if self._clock is not None:
            return self._clock()
        return float(connection.execute(sa.select(now(connection))).scalar_one())


def books(connection: sa.Connection) -> dict[int, Book]:
    """The books of all installations."""
    return {row.installation: _read(row.book) for row in connection.execute(sa.select(paces).order_by(paces.c.installation))}


def _book(connection: sa.Connection, installation: InstallationId, *, lock: bool = False) -> Book:
    asked = sa.select(paces.c.book).where(paces.c.installation == installation)
    # SQLite knows no row locks and needs none: a writing transaction is alone from its beginning.
    found = connection.execute(asked.with_for_update() if lock else asked).scalar()
    return Book() if found is None else _read(found)


def _read(value: dict[str, Any]) -> Book:
    return Book(**{**value, "creations": tuple(value["creations"])})
