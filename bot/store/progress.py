"""How far imports are: counted from the pairs that there are, so that no issue costs a write of its own for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa

from bot.core.names import RepositoryId
from bot.store.database import insert, now
from bot.store.tables import imports, pairs, repositories

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Import:
    """An import under way: so many issues of a total are opened."""

    repository: RepositoryId
    name: str
    done: int
    total: int


def begin(connection: sa.Connection, repository: RepositoryId, opening: int) -> None:
    """Note that so many issues are about to be opened; in an import that goes on, that so many are left."""
    there = _count(connection, repository)
    row = insert(connection, imports).values(repository=repository, started=now(connection), before=there, total=opening)
    total = sa.literal(there) - imports.c.before + opening
    connection.execute(row.on_conflict_do_update(index_elements=["repository"], set_={"total": total}))


def end(connection: sa.Connection, repository: RepositoryId) -> None:
    """Note that nothing is left to be opened."""
    connection.execute(imports.delete().where(imports.c.repository == repository))


def under_way(connection: sa.Connection) -> Sequence[Import]:
    """The imports that are under way."""
    asked = sa.select(imports, repositories.c.name).join(repositories, repositories.c.id == imports.c.repository)
    return [
        Import(RepositoryId(row.repository), row.name, _count(connection, row.repository) - row.before, row.total)
        for row in connection.execute(asked.order_by(imports.c.started)).all()
    ]


def _count(connection: sa.Connection, repository: int) -> int:
    return connection.execute(sa.select(sa.func.count()).where(pairs.c.repository == repository)).scalar_one()
