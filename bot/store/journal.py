"""The journal of what the bot changed: bounded for each gap, written with the record it belongs to, in one transaction.

Each function runs in the caller's transaction (`Store.read`, `Store.write`). A sync that changed nothing writes nothing here.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from bot.core.journal import Cause, Change, Noted, Step
from bot.core.names import GapKey, IssueNumber
from bot.store.database import now
from bot.store.tables import journal

if TYPE_CHECKING:
    from bot.core.names import RepositoryId
    from bot.core.pair import Pair

KEPT = 50
"""So many changes of each gap are remembered; the oldest go first."""


def note(connection: sa.Connection, repository: RepositoryId, pair: Pair, change: Change) -> None:
    """Add a change of a gap, and forget the oldest above the bound; one without steps is none."""
    if not change.steps:
        return
    steps = [dataclasses.asdict(step) for step in change.steps]
    values = {"repository": repository, "key": pair.key, "number": pair.number, "at": now(connection), "steps": steps}
    connection.execute(journal.insert().values(**values, **dataclasses.asdict(change.cause)))
    mine = _of(repository, pair.key)
    oldest = sa.select(journal.c.id).where(mine).order_by(journal.c.id.desc()).offset(KEPT).limit(1).scalar_subquery()
    connection.execute(journal.delete().where(mine, journal.c.id <= oldest))


def newest(connection: sa.Connection, repository: RepositoryId, key: GapKey) -> Noted | None:
    """The last change of a gap, None where none is remembered."""
    return _first(connection, _of(repository, key))


def changes(connection: sa.Connection, repository: RepositoryId, key: GapKey) -> tuple[Noted, ...]:
    """All changes of a gap that are remembered, the newest first."""
    rows = connection.execute(sa.select(journal).where(_of(repository, key)).order_by(journal.c.id.desc()))
    return tuple(_noted(row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's own name for a row as a mapping


def taken_back(connection: sa.Connection, repository: RepositoryId, mark: str) -> Noted | None:
    """The change that the comment with this mark took back, None where it has not."""
    return _first(connection, sa.and_(journal.c.repository == repository, journal.c.undone == mark))


def take_back(connection: sa.Connection, id_: int, mark: str) -> None:
    """Remember which comment takes a change back, before anything is done about it: said again, it is the same change."""
    connection.execute(journal.update().where(journal.c.id == id_).values(undone=mark))


def _of(repository: RepositoryId, key: GapKey) -> sa.ColumnElement[bool]:
    return sa.and_(journal.c.repository == repository, journal.c.key == key)


def _first(connection: sa.Connection, which: sa.ColumnElement[bool]) -> Noted | None:
    row = connection.execute(sa.select(journal).where(which).order_by(journal.c.id.desc()).limit(1)).mappings().first()
    return None if row is None else _noted(row)


def _noted(row: Any) -> Noted:
    steps = tuple(Step(step["field"], _value(step["before"]), _value(step["after"])) for step in row["steps"])
    change = Change(Cause(row["person"], row["delivery"], row["commit"]), steps)
    return Noted(row["id"], GapKey(row["key"]), IssueNumber(row["number"]), row["at"], change, row["undone"])


def _value(value: Any) -> str | tuple[str, ...] | None:
    return tuple(value) if isinstance(value, list) else value
