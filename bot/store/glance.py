"""A look into the database from beside a running server: nothing is locked, nothing migrated, nothing can be written.

For the commands that tell an operator how things stand.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.core.errors import DatabaseUnusable, SchemaMismatch
from bot.core.names import InstallationId, RepositoryId, RepositoryName
from bot.store import progress
from bot.store.database import Database, now, reading, revision_of
from bot.store.deliveries import OPEN
from bot.store.pace import books
from bot.store.tables import REVISION, deliveries, duties, parked, queue, repositories

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.core.pace import Book
    from bot.store.progress import Import


@dataclass(frozen=True, slots=True)
class Parked:
    """A repository that waits: why, and for how many seconds; `name` is empty for one that was never synced."""

    name: str
    reason: str
    since: float
    left: float


@dataclass(frozen=True, slots=True)
class Glance:
    """How things stand. `time` is the database's, by which the books go too; ages are in seconds.

    `deliveries` counts them by state, `oldest` is the age of the oldest that is not closed; `held` counts the plans that wait for an
    approval; `duties` are the ages of what is done by the clock, None for what was never done.
    """

    time: float
    deliveries: Mapping[str, int]
    oldest: float | None
    waiting: int
    running: int
    parked: Sequence[Parked]
    imports: Sequence[tuple[Import, int]]
    books: Mapping[int, Book]
    held: int
    duties: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Known:
    """A repository, and where it is read."""

    id: RepositoryId
    name: RepositoryName
    installation: InstallationId
    branch: str


@dataclass(frozen=True, slots=True)
class Record:
    """A delivery as it is kept, and what became of it."""

    event: str
    payload: bytes
    state: str


@contextmanager
def _looking(url: str) -> Iterator[sa.Connection]:
    """Yields a connection; raises DatabaseUnusable, or SchemaMismatch where the database is of another version."""
    database = Database(url)
    if database.embedded and not Path(database.url.database or "").is_file():
        raise DatabaseUnusable(f"there is no database {database.location}; has the server been started?")
    engine = database.engine(pool=1)
    try:
        with reading(engine) as connection:
            schema = revision_of(connection)
            if schema != REVISION:
                raise SchemaMismatch(f"the database has schema {schema}, and this program knows {REVISION}")
            yield connection
    except (sa.exc.DBAPIError, OSError) as error:
        raise DatabaseUnusable(f"cannot read the database {database.location}") from error
    finally:
        database.close()


def glance(url: str) -> Glance:
    """Returns how things stand in the database. Raises DatabaseUnusable or SchemaMismatch."""
    with _looking(url) as connection:
        return look(connection)


def look(connection: sa.Connection) -> Glance:
    """Returns how things stand, over a connection that sees one state of the database."""
    time = float(connection.execute(sa.select(now(connection))).scalar_one())
    states = sa.select(deliveries.c.state, sa.func.count()).group_by(deliveries.c.state)
    oldest = connection.execute(sa.select(sa.func.min(deliveries.c.received)).where(deliveries.c.state.in_(OPEN))).scalar()
    waits = sa.select(parked, repositories.c.name).outerjoin(repositories, repositories.c.id == parked.c.repository)
    belongs = {row.id: row.installation for row in connection.execute(sa.select(repositories))}
    return Glance(
        time=time,
        deliveries={row[0]: row[1] for row in connection.execute(states)},
        oldest=None if oldest is None else time - oldest,
        waiting=connection.execute(sa.select(sa.func.count(queue.c.waiting))).scalar_one(),
        running=connection.execute(sa.select(sa.func.count(queue.c.running))).scalar_one(),
        parked=[
            Parked(row.name or "", row.reason, time - row.since, max(row.until - time, 0.0))
            for row in connection.execute(waits.order_by(parked.c.until))
        ],
        imports=[(one, belongs.get(one.repository, 0)) for one in progress.under_way(connection)],
        books=books(connection),
        held=connection.execute(sa.select(sa.func.count(repositories.c.notice))).scalar_one(),
        duties={row.name: None if row.done is None else time - row.done for row in connection.execute(sa.select(duties))},
    )


def known(url: str) -> tuple[Known, ...]:
    """Returns the repositories that were synced, by name. Raises DatabaseUnusable or SchemaMismatch."""
    asked = sa.select(repositories).order_by(repositories.c.name)
    with _looking(url) as connection:
        return tuple(
            Known(RepositoryId(row.id), RepositoryName(row.name), InstallationId(row.installation), row.default_branch)
            for row in connection.execute(asked)
        )


def recorded(url: str, guid: str) -> Record | None:
    """Returns the delivery with this GUID, None where it is not kept. Raises DatabaseUnusable or SchemaMismatch."""
    with _looking(url) as connection:
        row = connection.execute(sa.select(deliveries).where(deliveries.c.id == guid.lower())).first()
        return None if row is None else Record(row.event, row.payload, row.state)
