"""What is remembered between syncs: repositories, pairs and intents; and the threads on which the database is talked to.

Every method is one transaction, durable when it returns (`synchronous=FULL`): an intent must be on disk before the request it
announces goes out. The deliveries and the queue of jobs are in `deliveries.py`; the engines in `database.py`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING, Concatenate, ParamSpec, Self, TypeVar

import sqlalchemy as sa

from bot.core.edit.values import Trace
from bot.core.names import BlobSha, CommitSha, DocumentPath, GapKey, InstallationId, IssueNumber, RepositoryId, RepositoryName
from bot.core.pair import Asked, Base, Moment, Pair, Wanting
from bot.store import carried, dashboards, labels, progress
from bot.store.carried import base_of
from bot.store.database import Database, insert, reading
from bot.store.journal import note
from bot.store.records import RepositoryState
from bot.store.tables import documents, heard, intents, pairs, repositories

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from bot.core.journal import Change
    from bot.store.records import Shown

P = ParamSpec("P")
T = TypeVar("T")

THREADS = 4

FENCE: ContextVar[Callable[[sa.Connection], None] | None] = ContextVar("fence", default=None)
"""Called first in every writing transaction of this context: raises where its work has become another process's (bot.jobs.lease)."""


class Store:
    """The memory of one process. Open it before use; `async with Store(url) as store` does."""

    def __init__(self, database_url: str) -> None:
        """Remember where the database is; nothing is opened yet."""
        self.database = Database(database_url)
        # Own threads: the job engine swaps the loop's default executor, and shuts it down when it stops.
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="store")
        self._engine: sa.Engine | None = None

    async def open(self) -> None:
        """Open and migrate the database. Raises `DatabaseUnusable`, or `SchemaMismatch` when its schema is newer than we are."""
        await self._in_thread(self.database.open)
        self._engine = self.database.engine(pool=THREADS)

    async def close(self) -> None:
        """Close all connections; the file may then be opened by another process."""
        await self._in_thread(self.database.close)
        self._engine = None
        self._threads.shutdown()

    async def __aenter__(self) -> Self:
        """Open."""
        await self.open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close."""
        await self.close()

    @property
    def engine(self) -> sa.Engine:
        """The engine of this open store."""
        if self._engine is None:
            raise RuntimeError("the store is not open")
        return self._engine

    async def write(self, act: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `act` returns, run in one transaction on a thread of the store. Raises what the context's `FENCE` raises."""
        fence = FENCE.get()

        def run() -> T:
            with self.engine.begin() as connection:
                if fence is not None:
                    fence(connection)
                return act(connection, *args, **kwargs)

        return await self._in_thread(run)

    async def read(self, ask: Callable[Concatenate[sa.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `ask` returns, from one consistent state of the database."""

        def run() -> T:
            with reading(self.engine) as connection:
                return ask(connection, *args, **kwargs)

        return await self._in_thread(run)

    async def _in_thread(self, act: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, act)

    async def ping(self) -> None:
        """Return if the database answers."""
        await self.read(lambda connection: connection.execute(sa.select(1)))

    async def repository(self, repository: RepositoryId) -> RepositoryState | None:
        """What is remembered of a repository, None when we never met it."""
        return await self.read(_repository, repositories.c.id == repository)

    async def repositories_named(self, name: RepositoryName) -> RepositoryState | None:
        """The repository of that name, in any case; the younger one where a name was used again."""
        return await self.read(_repository, sa.func.lower(repositories.c.name) == name.lower())

    async def save_repository(self, state: RepositoryState) -> None:
        """Remember all of `state`, in place of what was remembered."""
        await self.write(_save_repository, state)

    async def pairs(self, repository: RepositoryId) -> tuple[Pair, ...]:
        """All pairs of a repository, in the order of their issues."""
        return await self.read(_pairs, repository)

    async def save_pair(self, repository: RepositoryId, pair: Pair, change: Change | None = None) -> None:
        """Remember a pair by its key, note the change that made it so, and settle what was announced of it, in one transaction.

        Raises `sqlalchemy.exc.IntegrityError` when another key has that issue: two gaps never share one (I4).
        """
        await self.write(_save_pair, repository, pair, change)

    async def label_ids(self, repository: RepositoryId) -> dict[str, int]:
        """The ids of our labels by their names in lower case, as far as they are known."""
        return await self.read(labels.ids_of, repository)

    async def note_labels(self, repository: RepositoryId, found: Mapping[str, int], *, all_of_them: bool = False) -> None:
        """Remember the ids of labels beside those that are known, or as all that there are."""
        await self.write(labels.replace if all_of_them else labels.note, repository, found)

    async def carried(self, repository: RepositoryId) -> dict[IssueNumber, Base]:
        """What issues said when it was being written into their documents, as far as nobody noted how that ended."""
        return await self.read(carried.of, repository)

    async def carry(self, repository: RepositoryId, said: Mapping[IssueNumber, Base]) -> None:
        """Announce that what issues say will be written into a document; on disk when this returns."""
        await self.write(carried.note, repository, said)

    async def drop_carried(self, repository: RepositoryId, numbers: Iterable[IssueNumber]) -> None:
        """Take the announcement back: it is known how it ended."""
        await self.write(carried.drop, repository, tuple(numbers))

    async def intents(self, repository: RepositoryId) -> frozenset[GapKey]:
        """The gaps whose issue may or may not have been created."""
        return await self.read(_intents, repository)

    async def intend(self, repository: RepositoryId, key: GapKey) -> None:
        """Announce that the issue of `key` will be created; on disk when this returns. Saying it again changes nothing."""
        await self.write(_intend, repository, key)

    async def unsettled(self, repository: RepositoryId, key: GapKey, *, now: float, settle: float) -> float:
        """For how many seconds yet an issue of `key` may show up that was announced, and that a list just now lacked.

        0 where nothing was announced, or where two lists at least `settle` seconds apart lacked it (#44).
        """
        return await self.write(_unsettled, repository, key, now, settle)

    async def begin_import(self, repository: RepositoryId, opening: int) -> None:
        """Note that so many issues are about to be opened; in an import that goes on, that so many are left."""
        await self.write(progress.begin, repository, opening)

    async def end_import(self, repository: RepositoryId) -> None:
        """Note that no issue is left to be opened."""
        await self.write(progress.end, repository)

    async def drop_intent(self, repository: RepositoryId, key: GapKey) -> None:
        """Take the announcement back: the issue was surely not created."""
        await self.write(_drop_intent, repository, key)

    async def shown(self, repository: RepositoryId) -> Shown | None:
        """What is remembered of a repository's dashboard, None where it never had one."""
        return await self.read(dashboards.shown, repository)

    async def save_shown(self, repository: RepositoryId, record: Shown) -> None:
        """Remember this of a repository's dashboard, in place of what was remembered."""
        await self.write(dashboards.save, repository, record)

    async def heard(self, repository: RepositoryId, mark: str) -> bool:
        """Tells whether the commands of a comment, as `mark` names this writing of it, were carried out and answered."""
        return await self.read(_heard, repository, mark)

    async def hear(self, repository: RepositoryId, mark: str) -> None:
        """Remember that they were."""
        await self.write(_hear, repository, mark)


def _heard(connection: sa.Connection, repository: RepositoryId, mark: str) -> bool:
    asked = sa.select(heard.c.mark).where(heard.c.repository == repository, heard.c.mark == mark)
    return connection.execute(asked).first() is not None


def _hear(connection: sa.Connection, repository: RepositoryId, mark: str) -> None:
    connection.execute(insert(connection, heard).values(repository=repository, mark=mark).on_conflict_do_nothing())


def _repository(connection: sa.Connection, which: sa.ColumnElement[bool]) -> RepositoryState | None:
    row = connection.execute(sa.select(repositories).where(which).order_by(repositories.c.id.desc()).limit(1)).mappings().first()
    if row is None:
        return None
    held = connection.execute(sa.select(documents.c.path, documents.c.blob).where(documents.c.repository == row["id"]))
    return RepositoryState(
        id=RepositoryId(row["id"]),
        name=RepositoryName(row["name"]),
        installation=InstallationId(row["installation"]),
        default_branch=row["default_branch"],
        head=None if row["head"] is None else CommitSha(row["head"]),
        documents={DocumentPath(path): BlobSha(blob) for path, blob in held},
        config_sha=None if row["config_sha"] is None else BlobSha(row["config_sha"]),
        config_text=row["config_text"],
        labels=frozenset(row["labels"]),
        notice=None if row["notice"] is None else IssueNumber(row["notice"]),
        known=row["known"],
        pending=frozenset(map(IssueNumber, row["pending"])),
    )


def _save_repository(connection: sa.Connection, state: RepositoryState) -> None:
    values = {
        "id": state.id,
        "name": state.name,
        "installation": state.installation,
        "default_branch": state.default_branch,
        "head": state.head,
        "config_sha": state.config_sha,
        "config_text": state.config_text,
        "labels": sorted(state.labels),
        "notice": state.notice,
        "known": state.known,
        "pending": sorted(state.pending),
    }
    connection.execute(insert(connection, repositories).values(values).on_conflict_do_update(index_elements=["id"], set_=values))
    connection.execute(documents.delete().where(documents.c.repository == state.id))
    if state.documents:
        rows = [{"repository": state.id, "path": path, "blob": blob} for path, blob in state.documents.items()]
        connection.execute(documents.insert(), rows)


def _pairs(connection: sa.Connection, repository: RepositoryId) -> tuple[Pair, ...]:
    rows = connection.execute(sa.select(pairs).where(pairs.c.repository == repository).order_by(pairs.c.number)).mappings()
    return tuple(
        Pair(
            key=GapKey(row["key"]),
            number=IssueNumber(row["number"]),
            path=DocumentPath(row["path"]),
            own_id=row["own_id"],
            section=tuple(row["section"]),
            ordinal=row["ordinal"],
            text=row["text"],
            base=base_of(row["base"]),
            present=row["present"],
            lost=row["lost"],
            traces=tuple(Trace(**trace) for trace in row["traces"]),
            recent=tuple(Moment(**moment) for moment in row["recent"]),
            asked=tuple(Asked(Wanting(asked["what"]), tuple(asked["words"])) for asked in row["asked"]),
        )
        for row in rows
    )


def _save_pair(connection: sa.Connection, repository: RepositoryId, pair: Pair, change: Change | None) -> None:
    values = {
        "repository": repository,
        "key": pair.key,
        "number": pair.number,
        "path": pair.path,
        "own_id": pair.own_id,
        "section": list(pair.section),
        "ordinal": pair.ordinal,
        "text": pair.text,
        "base": dataclasses.asdict(pair.base),
        "present": pair.present,
        "lost": pair.lost,
        "traces": [dataclasses.asdict(trace) for trace in pair.traces],
        "recent": [dataclasses.asdict(moment) for moment in pair.recent],
        "asked": [dataclasses.asdict(asked) for asked in pair.asked],
    }
    upsert = insert(connection, pairs).values(values).on_conflict_do_update(index_elements=["repository", "key"], set_=values)
    connection.execute(upsert)
    _drop_intent(connection, repository, pair.key)
    carried.drop(connection, repository, (pair.number,))
    if change is not None:
        note(connection, repository, pair, change)


def _intents(connection: sa.Connection, repository: RepositoryId) -> frozenset[GapKey]:
    return frozenset(connection.execute(sa.select(intents.c.key).where(intents.c.repository == repository)).scalars())


def _unsettled(connection: sa.Connection, repository: RepositoryId, key: GapKey, now: float, settle: float) -> float:
    mine = sa.and_(intents.c.repository == repository, intents.c.key == key)
    row = connection.execute(sa.select(intents.c.missed).where(mine)).first()
    if row is None:
        return 0.0
    if row.missed is None:
        connection.execute(intents.update().where(mine).values(missed=now))
        return settle
    return max(float(row.missed) + settle - now, 0.0)


def _intend(connection: sa.Connection, repository: RepositoryId, key: GapKey) -> None:
    values = {"repository": repository, "key": key, "created": time.time(), "missed": None}
    connection.execute(
        insert(connection, intents).values(values).on_conflict_do_update(index_elements=["repository", "key"], set_=values)
    )


def _drop_intent(connection: sa.Connection, repository: RepositoryId, key: GapKey) -> None:
    connection.execute(intents.delete().where(intents.c.repository == repository, intents.c.key == key))
