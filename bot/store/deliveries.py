"""The deliveries, and the queue row of each repository: what the inbox, the jobs and the leases do with the database.

Each function runs in the caller's transaction (`Store.write`), since the job engine's own rows belong into the same commit.
Where rows of both tables are locked, the deliveries that the inbox adds come first there, the queue row first in every job;
repositories in ascending order: no two transactions wait for each other.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.core.names import DeliveryId, InstallationId, RepositoryId
from bot.store.database import insert, now
from bot.store.records import Arrival, Delivery
from bot.store.tables import deliveries, executors, queue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

OPEN = ("queued", "claimed")


def put(connection: sa.Connection, arrived: Sequence[tuple[Delivery, bool]]) -> Mapping[DeliveryId, Arrival]:
    """What became of each delivery; those with False concern no job, and are kept as ignored.

    A GUID is known by what became of it, not by having been seen: GitHub redelivers with the same one (#15-#17).
    """
    first = {delivery.id: (delivery, wanted) for delivery, wanted in reversed(arrived)}
    rows = [_row(*first[id_]) for id_ in sorted(first)]
    new = set(
        connection.execute(
            insert(connection, deliveries).on_conflict_do_nothing(index_elements=["id"]).returning(deliveries.c.id), rows
        ).scalars()
    )
    outcome = dict.fromkeys(new, Arrival.NEW)
    known = [row for row in rows if row["id"] not in new]
    if not known:
        return outcome
    columns = sa.select(deliveries.c.id, deliveries.c.digest, deliveries.c.state)
    stored = {row.id: row for row in connection.execute(columns.where(deliveries.c.id.in_([row["id"] for row in known])))}
    failed = sorted(id_ for id_, row in stored.items() if row.state == "failed")
    if failed:
        again = deliveries.update().where(deliveries.c.id.in_(failed), deliveries.c.state == "failed")
        connection.execute(again.values(state="queued", job=None, reason=None))
    for row in known:
        forged = stored[row["id"]].digest != row["digest"]
        outcome[row["id"]] = Arrival.FORGED if forged else Arrival.REQUEUED if row["id"] in failed else Arrival.REPEATED
    return outcome


def _row(delivery: Delivery, wanted: bool) -> dict[str, object]:
    return {
        "id": delivery.id,
        "event": delivery.event,
        "action": delivery.action,
        "repository": delivery.repository,
        "installation": delivery.installation,
        "payload": delivery.payload,
        "digest": hashlib.sha256(delivery.payload).hexdigest(),
        "received": delivery.received,
        "state": "queued" if wanted else "ignored",
        "job": None,
        "reason": None,
    }


def with_work(connection: sa.Connection, repositories: Iterable[RepositoryId]) -> list[RepositoryId]:
    """Those of the repositories that have deliveries without a job, in ascending order."""
    wanted = sorted(set(repositories))
    found = sa.select(deliveries.c.repository).where(deliveries.c.repository.in_(wanted), deliveries.c.state == "queued")
    return [RepositoryId(id_) for id_ in connection.execute(found.distinct().order_by(deliveries.c.repository)).scalars()]


def reserve(connection: sa.Connection, repository: RepositoryId, job: str) -> bool:
    """Make `job` the waiting sync of the repository; False when another one waits already and will take these deliveries too."""
    row = insert(connection, queue).values(repository=repository, waiting=job)
    reserved = row.on_conflict_do_update(index_elements=["repository"], set_={"waiting": job}, where=queue.c.waiting.is_(None))
    return connection.execute(reserved.returning(queue.c.repository)).first() is not None


def running(connection: sa.Connection, repository: RepositoryId) -> str | None:
    """The job that has the repository, None when none has."""
    return connection.execute(sa.select(queue.c.running).where(queue.c.repository == repository)).scalar()


def claim(connection: sa.Connection, repository: RepositoryId, job: str, *, instead_of: str | None = None) -> bool:
    """Give the repository and its open deliveries to `job`; False when another job has it, `instead_of` excepted.

    A new job takes those of other jobs too, which wait for a later try, or died with the engine's row of them. A job that tries again
    (`root.rN`) takes what no job has yet, and what its own first try had: what a younger one took along is for that one to try again,
    or each delivery would leave one more job that tries for as long as the repository cannot be synced.
    The queue row comes first: it is the lock. Saying it again changes nothing but to take what came meanwhile.
    """
    mine = sa.or_(queue.c.running.is_(None), queue.c.running.in_([job] if instead_of is None else [job, instead_of]))
    waiting = sa.case((queue.c.waiting == job, None), else_=queue.c.waiting)
    taken = queue.update().where(queue.c.repository == repository, mine).values(running=job, waiting=waiting)
    if connection.execute(taken.returning(queue.c.repository)).first() is None:
        return False
    root, again, _ = job.partition(".r")
    ours = sa.or_(deliveries.c.job.is_(None), deliveries.c.job == root, deliveries.c.job.startswith(f"{root}.r", autoescape=True))
    held = deliveries.update().where(
        deliveries.c.repository == repository, deliveries.c.state.in_(OPEN), ours if again else sa.true()
    )
    connection.execute(held.values(state="claimed", job=job))
    return True


def claimed(connection: sa.Connection, job: str) -> tuple[Delivery, ...]:
    """The deliveries that `job` has, in the order in which they came."""
    held = sa.select(deliveries).where(deliveries.c.job == job, deliveries.c.state == "claimed")
    rows = connection.execute(held.order_by(deliveries.c.received, deliveries.c.id))
    return tuple(
        Delivery(
            id=DeliveryId(row.id),
            event=row.event,
            action=row.action,
            repository=None if row.repository is None else RepositoryId(row.repository),
            installation=None if row.installation is None else InstallationId(row.installation),
            payload=row.payload,
            received=row.received,
        )
        for row in rows
    )


def settle(connection: sa.Connection, repository: RepositoryId, job: str, *, failed: str | None = None) -> None:
    """Close the job's deliveries, as done or as failed for that reason, and let the repository go."""
    release(connection, repository, job)
    held = deliveries.update().where(deliveries.c.job == job, deliveries.c.state == "claimed")
    connection.execute(held.values(state="done" if failed is None else "failed", reason=failed))


def release(connection: sa.Connection, repository: RepositoryId, job: str) -> None:
    """Let the repository go; the job's deliveries stay claimed, for its follow-up or whichever job comes first."""
    connection.execute(queue.update().where(queue.c.repository == repository, queue.c.running == job).values(running=None))


def succeed(connection: sa.Connection, repository: RepositoryId, job: str, follow_up: str) -> None:
    """Hand `job`'s place as the waiting sync over to `follow_up`, where it still has it."""
    place = queue.update().where(queue.c.repository == repository, queue.c.waiting == job)
    connection.execute(place.values(waiting=follow_up))


def named_jobs(connection: sa.Connection) -> dict[RepositoryId, frozenset[str]]:
    """The repositories with a waiting job or open deliveries, and the jobs that are said to care for them."""
    jobs: dict[RepositoryId, set[str]] = {}
    open_ = sa.select(deliveries.c.repository, deliveries.c.job).where(deliveries.c.state.in_(OPEN)).distinct()
    waiting = sa.select(queue.c.repository, queue.c.waiting).where(queue.c.waiting.is_not(None))
    for select in (open_, waiting):
        for repository, job in connection.execute(select):
            jobs.setdefault(RepositoryId(repository), set()).update({job} - {None})
    return {repository: frozenset(named) for repository, named in jobs.items()}


def replace(connection: sa.Connection, repository: RepositoryId, dead: Sequence[str], job: str) -> bool:
    """Make `job` the waiting sync in place of a dead one; False where a living one waits, or nothing is left to do."""
    mine = sa.or_(queue.c.waiting.is_(None), queue.c.waiting.in_(dead))
    freed = queue.update().where(queue.c.repository == repository, mine).values(waiting=None)
    connection.execute(freed)
    orphans = sa.select(deliveries.c.id).where(
        deliveries.c.repository == repository,
        sa.or_(deliveries.c.state == "queued", sa.and_(deliveries.c.state == "claimed", deliveries.c.job.in_(dead))),
    )
    return connection.execute(orphans.limit(1)).first() is not None and reserve(connection, repository, job)


def beat(connection: sa.Connection, executor: str, lease: float, *, first: bool) -> bool:
    """Extend the executor's life by `lease` seconds; False when its lease had run out before (and it is not its `first` beat).

    Run out is lost, also where nobody has forgotten the executor yet: its jobs may already be with another one.
    """
    until = now(connection) + lease
    if first:
        row = insert(connection, executors).values(id=executor, expires=until)
        connection.execute(row.on_conflict_do_update(index_elements=["id"], set_={"expires": until}))
        return True
    alive = executors.update().where(executors.c.id == executor, executors.c.expires >= now(connection))
    return connection.execute(alive.values(expires=until).returning(executors.c.id)).first() is not None


def hold(connection: sa.Connection, executor: str) -> bool:
    """Tells whether the executor's lease is in force, and keeps `bury` from ending it before this transaction has ended."""
    mine = sa.select(executors.c.id).where(executors.c.id == executor, executors.c.expires >= now(connection))
    return connection.execute(mine.with_for_update(read=True, key_share=True)).first() is not None


def bury(connection: sa.Connection) -> None:
    """Forget the executors whose lease has run out; waits for those that are just about to commit something."""
    connection.execute(executors.delete().where(executors.c.expires < now(connection)))


def living(connection: sa.Connection) -> frozenset[str]:
    """The executors whose lease has not run out."""
    return frozenset(connection.execute(sa.select(executors.c.id).where(executors.c.expires >= now(connection))).scalars())


def leave(connection: sa.Connection, executor: str) -> None:
    """Forget the executor, which ends in good order."""
    connection.execute(executors.delete().where(executors.c.id == executor))
