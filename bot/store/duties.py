"""Duties that one process does for all of them, the rounds of the repositories, and what is deleted when it is old.

A duty is taken by whoever comes first once it is due; taking it puts it off for as long as doing it may take, so that no other
process does it meanwhile, and one that died in it leaves it to the next. Each function runs in the caller's transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.core.names import RepositoryId
from bot.store.database import insert, now
from bot.store.tables import deliveries, duties, executors, parked, repositories, rounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.core.names import DeliveryId, InstallationId

RECENTLY = 60.0
"""A duty that was done so short a time ago is not hastened: many processes may start together."""

BATCH = 1000
"""So many rows are deleted in one transaction, so that deliveries never wait long for the database."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that was taken: how far it came the last time, and how many seconds ago that was; None for never."""

    mark: str | None
    ago: float | None


@dataclass(frozen=True, slots=True)
class Round:
    """What a round goes by: when the repository was last looked at, and when every issue of it was; None for never."""

    looked: float | None
    whole: float | None


def take(connection: sa.Connection, name: str, *, seconds: float) -> Duty | None:
    """Returns the duty if it is due, and puts it off for `seconds`; None while it is not, or another process does it."""
    time = now(connection)
    connection.execute(insert(connection, duties).values(name=name, due=0.0).on_conflict_do_nothing())
    mine = duties.update().where(duties.c.name == name, duties.c.due <= time).values(due=time + seconds)
    row = connection.execute(mine.returning(duties.c.mark, time - duties.c.done)).first()
    return None if row is None else Duty(row[0], row[1])


def finish(connection: sa.Connection, name: str, *, seconds: float, mark: str | None) -> None:
    """Note that the duty was done, how far it came, and that it is due again in `seconds`."""
    time = now(connection)
    connection.execute(duties.update().where(duties.c.name == name).values(due=time + seconds, done=time, mark=mark))


def put_off(connection: sa.Connection, name: str, *, seconds: float) -> None:
    """Make a duty that could not be done due again in `seconds`."""
    connection.execute(duties.update().where(duties.c.name == name).values(due=now(connection) + seconds))


def hasten(connection: sa.Connection, name: str) -> None:
    """Make a duty due now, unless it was done just so."""
    late = sa.or_(duties.c.done.is_(None), duties.c.done < now(connection) - RECENTLY)
    connection.execute(duties.update().where(duties.c.name == name, late).values(due=0.0))


def enlist(connection: sa.Connection) -> list[RepositoryId]:
    """The known repositories that have no round yet."""
    unlisted = sa.select(repositories.c.id).where(repositories.c.id.not_in(sa.select(rounds.c.repository)))
    return [RepositoryId(id_) for id_ in connection.execute(unlisted).scalars()]


def go_round(connection: sa.Connection, repository: RepositoryId, *, seconds: float) -> None:
    """Make the repository's next round due in `seconds`."""
    due = now(connection) + seconds
    row = insert(connection, rounds).values(repository=repository, due=due)
    connection.execute(row.on_conflict_do_update(index_elements=["repository"], set_={"due": due}))


def due(connection: sa.Connection, limit: int) -> list[RepositoryId]:
    """The repositories whose round is due, the longest overdue first."""
    found = sa.select(rounds.c.repository).where(rounds.c.due <= now(connection)).order_by(rounds.c.due).limit(limit)
    return [RepositoryId(id_) for id_ in connection.execute(found).scalars()]


def all_known(connection: sa.Connection) -> list[RepositoryId]:
    """All known repositories."""
    return [RepositoryId(id_) for id_ in connection.execute(sa.select(repositories.c.id).order_by(repositories.c.id)).scalars()]


def wake(connection: sa.Connection, installations: Iterable[InstallationId]) -> None:
    """Make the rounds of all known repositories of these installations due now."""
    theirs = sa.select(repositories.c.id).where(repositories.c.installation.in_(sorted(installations)))
    connection.execute(rounds.update().where(rounds.c.repository.in_(theirs)).values(due=0.0))


def round_of(connection: sa.Connection, repository: RepositoryId) -> Round:
    """What the repository's round goes by."""
    row = connection.execute(sa.select(rounds.c.looked, rounds.c.whole).where(rounds.c.repository == repository)).first()
    return Round(None, None) if row is None else Round(row.looked, row.whole)


def went_round(connection: sa.Connection, repository: RepositoryId, at: float, *, whole: bool) -> None:
    """Note that the repository was looked at, and whether every issue was; `at` is the time before the first request of it."""
    seen = {"looked": at, "whole": at} if whole else {"looked": at}
    row = insert(connection, rounds).values(repository=repository, due=0.0, **seen)
    connection.execute(row.on_conflict_do_update(index_elements=["repository"], set_=seen))


def known(connection: sa.Connection, guids: Sequence[DeliveryId]) -> frozenset[str]:
    """Those of the GUIDs whose delivery is stored here, whatever became of it."""
    found: set[str] = set()
    for first in range(0, len(guids), BATCH):
        some = guids[first : first + BATCH]
        found.update(connection.execute(sa.select(deliveries.c.id).where(deliveries.c.id.in_(some))).scalars())
    return frozenset(found)


def park(connection: sa.Connection, repository: RepositoryId, reason: str, *, seconds: float) -> float:
    """Note that nothing can be done in the repository for `seconds`, and why; returns for how long that has been so.

    Up to its first colon the reason names the kind of fault; for another kind than before the time begins anew.
    """
    time, kind = now(connection), reason.partition(":")[0]
    row = insert(connection, parked).values(repository=repository, since=time, until=time + seconds, reason=reason)
    since = sa.case((sa.func.substr(parked.c.reason, 1, len(kind)) == kind, parked.c.since), else_=time)
    again = row.on_conflict_do_update(
        index_elements=["repository"], set_={"since": since, "until": time + seconds, "reason": reason}
    )
    return float(connection.execute(again.returning(time - parked.c.since)).scalar_one())


def unpark(connection: sa.Connection, repository: RepositoryId) -> None:
    """Note that the repository can be worked in."""
    connection.execute(parked.delete().where(parked.c.repository == repository))


def prune(connection: sa.Connection, *, done: float, failed: float) -> int:
    """Delete deliveries that are closed and that old, in seconds; returns how many. What is not closed stays, however old."""
    time = now(connection)
    old = sa.or_(
        sa.and_(deliveries.c.state.in_(("done", "ignored")), deliveries.c.received < time - done),
        sa.and_(deliveries.c.state == "failed", deliveries.c.received < time - failed),
    )
    some = sa.select(deliveries.c.id).where(deliveries.c.received < time - min(done, failed), old).limit(BATCH)
    deleted = connection.execute(deliveries.delete().where(deliveries.c.id.in_(some)).returning(deliveries.c.id)).all()
    connection.execute(executors.delete().where(executors.c.expires < time - done))
    return len(deleted)
